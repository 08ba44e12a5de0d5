"""Files, purchases and returns."""
