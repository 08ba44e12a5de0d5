"""The same points whatever the amount (seed 004, golden B3: 5 for a transfer between own accounts)."""

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from coalition.promotions.case import Linear, Setting
from coalition.promotions.mechanics.base import Arithmetic


class Fixed(Arithmetic):
    """`points` for the operation."""

    of_purchase: ClassVar[bool] = False
    counts_pieces: ClassVar[bool] = True
    kind: Literal["fixed"] = "fixed"
    points: Decimal = Field(gt=0, le=1_000_000, decimal_places=2)

    def awards(self) -> list[tuple[str, Decimal]]:
        """The one number."""
        return [("points", self.points)]

    def compile(self, setting: Setting) -> Linear:
        """Nothing of the amount counts: no unit of it is ever whole."""
        return Linear(setting.points(self.points), 1, 0, 1)
