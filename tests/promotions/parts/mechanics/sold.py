"""Purchases as they stand after their returns."""

from coalition.promotions.case import Line
from coalition.promotions.engine import Past
from coalition.promotions.index import FAR, microseconds
from coalition.promotions.kinds import OperationKind
from tests.promotions.parts.sales import NOON


def past(*amounts: int) -> list[Past]:
    """Purchases of one day, one after the other, with what is left of each."""
    lines = [
        Line(microseconds(NOON) + number, 202611, OperationKind.PURCHASE, amount, 0, -1)
        for number, amount in enumerate(amounts)
    ]
    return [Past(line, NOON.date(), FAR - 1, 0) for line in lines]
