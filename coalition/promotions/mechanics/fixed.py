"""The same points whatever the amount (seed 004, golden B3: 5 for a transfer between own accounts)."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Linear, Setting
from coalition.promotions.mechanics.base import Arithmetic
from tenants.translations import N_


class Fixed(Arithmetic):
    """`points` for the operation."""

    of_purchase: ClassVar[bool] = False
    counts_pieces: ClassVar[bool] = True
    kind: Annotated[Literal["fixed"], named(fixed=N_("A fixed number"))] = "fixed"
    points: Annotated[Decimal, Asks(N_("Gives"), unit="points")] = Field(gt=0, le=1_000_000, decimal_places=2)

    def awards(self) -> list[tuple[str, Decimal]]:
        """The one number."""
        return [("points", self.points)]

    def compile(self, setting: Setting) -> Linear:
        """Nothing of the amount counts: no unit of it is ever whole."""
        return Linear(setting.points(self.points), 1, 0, 1)
