"""Donations: campaigns, receipts and what a fund is paid."""
