"""The ledger: what it does, what it refuses, and that it agrees with a plain model."""
