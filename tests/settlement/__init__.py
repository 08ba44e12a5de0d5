"""Settlement: who owes whom."""
