"""Segments by definition: who belongs to one, how many they are, and how the bit that marks them is kept true.

The bit stays with the member (`coalition.members`), where promotions read it and purchases take it from. A criterion is
one file of `criteria/` and compiles to a query of members; a refresh is one statement for all members of a programme,
whose differences are written in slices. Lists that were imported change by imports alone.
"""
