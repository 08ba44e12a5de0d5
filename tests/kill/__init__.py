"""Loads that are killed, and end as if they had not been."""
