"""Mailings of participants: who gets them, how many, and what their companies are told."""
