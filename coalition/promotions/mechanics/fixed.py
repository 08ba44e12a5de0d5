"""The same points whatever the amount (seed 004, golden B3: 5 for a transfer between own accounts)."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from coalition.promotions.mechanics.base import Linear, Part, Units


class Fixed(Part):
    """`points` for the operation."""

    kind: Literal["fixed"] = "fixed"
    points: Decimal = Field(gt=0, le=1_000_000, decimal_places=2)

    def compile(self, units: Units) -> Linear:
        """Nothing of the amount counts: no unit of it is ever whole."""
        return Linear(int(self.points * 10**units.scale), 1, 0, 1)
