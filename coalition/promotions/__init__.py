"""Promotions: offers of points as validated, dated documents, and the one engine that evaluates them.

A version is immutable once live; every award names its version. The engine is a pure function of a compiled index, a
member's facts and counters, and purchases; it serves files and single purchases alike. Posting what it found is
`coalition.transactions`' work.
"""
