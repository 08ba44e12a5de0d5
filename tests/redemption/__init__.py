"""Spending: quote, redeem, cancel, pools and payouts."""
