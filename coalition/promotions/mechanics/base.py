"""What every mechanic is made of."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from coalition.promotions.case import Setting
from coalition.promotions.part import Part

STEP_MOST = 1 << 40  # the largest step that an explanation keeps

RATE_MOST = Decimal(1000)
"""No rate is above it, whoever writes it where: above the whole it is doubted (`doubts`), above this refused."""

Rate = Annotated[Decimal, Field(gt=0, le=RATE_MOST, max_digits=6, decimal_places=2)]
"""Percent of an amount, given as points that are worth as many main units of money."""

Share = Annotated[Decimal, Field(gt=0, le=100, max_digits=5, decimal_places=2)]
"""Percent of a price, given as points at the programme's exchange."""


class Arithmetic(Part):
    """How many points. `late` mechanics look at what the other promotions gave, and are asked after them.

    Those that count in pieces (`awards`, as written) and not in parts of money can grant benefits, too.
    """

    late: ClassVar[bool] = False
    counts_pieces: ClassVar[bool] = False

    def awards(self) -> list[tuple[str, Decimal]]:
        """Every number of points or pieces that is written in it, with its field."""
        return []

    def percents(self) -> list[tuple[str, Decimal]]:
        """Every rate of the amount that is written in it, with its field."""
        return []

    def least_award(self) -> Decimal | None:
        """The least that it ever gives before any limit; nothing where that goes by the amount."""
        return min((most for _, most in self.awards()), default=None)


def fraction(rate: Decimal, setting: Setting) -> tuple[int, int]:
    """What minor units are multiplied and divided by to be that many percent of themselves in points."""
    return int(rate * 100) * 10**setting.units.scale, 10_000 * 10**setting.units.exponent
