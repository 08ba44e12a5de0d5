"""Webhooks: what is told, to whom, when again, and where nothing is ever sent."""
