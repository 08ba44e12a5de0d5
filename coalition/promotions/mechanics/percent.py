"""A percentage of the amount (seed 001, golden R1: 5 % of 1,999.00 is 99)."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from coalition.promotions.case import Linear, Setting
from coalition.promotions.mechanics.base import Arithmetic


class Percent(Arithmetic):
    """`rate` percent of the amount in main units of money, floored to the point's scale."""

    kind: Literal["percent"] = "percent"
    rate: Decimal = Field(gt=0, le=1000, max_digits=6, decimal_places=2)

    def compile(self, setting: Setting) -> Linear:
        """The rate as an exact fraction of minor units."""
        return Linear(
            0, 1, int(self.rate * 100) * 10**setting.units.scale, 10_000 * 10**setting.units.exponent
        )
