"""What an explanation is made of: what was given, and what was not. The engine itself says both."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from coalition.promotions.document import Document

CONTROL = "control"
"""What is missed by whoever is in a test's control group: for clerks only, since telling members spoils the test."""


class Applied(NamedTuple):
    """One entry of a stored explanation: what a version gave, and what its limits cut."""

    version: int
    document: Document
    starts_at: datetime
    base: int
    points: int
    cut: int
    step: int = 0
    cut_by: int = 0


class Missed(NamedTuple):
    """A version that gave nothing: the first condition that failed, wanted and actual in the condition's own units."""

    version: int
    condition: str
    wanted: Any = None
    actual: Any = None


def entries(reason: Sequence[int]) -> list[tuple[int, int, int, int, int, int]]:
    """A kept explanation as (version, base, points, cut, step, cut by)."""
    return [
        (reason[i], reason[i + 1], reason[i + 2], reason[i + 3], reason[i + 4] >> 3, reason[i + 4] & 7)
        for i in range(0, len(reason), 5)
    ]
