"""Two that wait for each other in a circle are parted by PostgreSQL, which stops one: that one is done anew.

A savepoint would not do: of what it has locked, others may wait for the end of the whole transaction.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError

CIRCLES_MAX = 5
"""How often work is done anew that had waited in a circle."""
_CIRCLE = "40P01"  # PostgreSQL's own code for that
Done = TypeVar("Done")


def in_circle(stopped: OperationalError) -> bool:
    """Whether nothing but others' locks was in the way."""
    return getattr(stopped.orig, "sqlstate", None) == _CIRCLE


def anew(work: Callable[[], Done]) -> Done:
    """Do the work, which is one transaction of its own, and do it again where it had waited in a circle."""
    for _ in range(CIRCLES_MAX):
        try:
            return work()
        except OperationalError as stopped:
            if not in_circle(stopped):
                raise
    return work()
