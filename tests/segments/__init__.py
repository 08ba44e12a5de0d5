"""Segments: who belongs, how the bits are kept true, lists, and what cannot be named any more."""
