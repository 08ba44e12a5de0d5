"""Members and the bases they come from."""
