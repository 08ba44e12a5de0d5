"""Whether a shop confirms far fewer orders than it did. Pure."""

from datetime import timedelta
from typing import NamedTuple

LATELY, BEFORE = timedelta(days=30), timedelta(days=90)
"""Decisions of these days are compared with those of the days before them."""
DECIDED_LEAST = 10
"""Of fewer decided orders nothing is said."""


class Decided(NamedTuple):
    """How many orders of a shop were confirmed, of how many that were decided."""

    approved: int
    all: int


def fallen(before: Decided, lately: Decided) -> bool:
    """Whether a shop confirms less than half the share of before, of enough orders to say so."""
    enough = min(before.all, lately.all) >= DECIDED_LEAST
    return enough and 2 * lately.approved * before.all < before.approved * lately.all
