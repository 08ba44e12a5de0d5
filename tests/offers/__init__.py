"""Shops of networks: walks, clicks, orders, postbacks."""
