"""Backtests: a promotion tried on stored purchases before it goes live. Nothing that members have is touched."""
