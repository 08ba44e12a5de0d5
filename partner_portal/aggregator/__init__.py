"""Affiliate networks asked and listened to: one adapter a kind, the walks through their answers, and postbacks.

What is told goes to `coalition.offers`, which owns the tables and decides what it comes to.
"""
