"""Purchases told by their points alone, and as they stand after their returns."""

from typing import Any

from coalition.promotions.case import Failed, Line
from coalition.promotions.engine import Past
from coalition.promotions.index import FAR, Index, microseconds
from coalition.promotions.kinds import OperationKind
from tests.promotions.parts.sales import NOON, sell


def gives(index: Index, *args: Any, **more: Any) -> int:
    """The points of one purchase, whatever it failed."""
    found = sell(index, *args, **more)
    return 0 if isinstance(found, Failed) else found


def past(*amounts: int) -> list[Past]:
    """Purchases of one day, one after the other, with what is left of each."""
    lines = [
        Line(microseconds(NOON) + number, 202611, OperationKind.PURCHASE, amount, 0, -1)
        for number, amount in enumerate(amounts)
    ]
    return [Past(line, NOON.date(), FAR - 1, 0) for line in lines]
