"""So many points for every whole step of the amount (seed 004, golden B1: 1 per 100, 199.99 gives 1)."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Linear, Setting
from coalition.promotions.mechanics.base import Arithmetic
from tenants.translations import N_


class PerStep(Arithmetic):
    """`points` for each whole `step` of money; the rest of the amount gives nothing."""

    counts_pieces: ClassVar[bool] = True
    kind: Annotated[Literal["per_step"], named(per_step=N_("For every full step of the amount"))] = "per_step"
    points: Annotated[Decimal, Asks(N_("Gives"), unit="points")] = Field(gt=0, le=1_000_000, decimal_places=2)
    step: Annotated[Decimal, Asks(N_("For every"), unit="money")] = Field(
        gt=0, le=1_000_000_000, decimal_places=2
    )

    def awards(self) -> list[tuple[str, Decimal]]:
        """The one number."""
        return [("points", self.points)]

    def sums(self) -> list[tuple[str, Decimal]]:
        """The step."""
        return [("step", self.step)]

    def compile(self, setting: Setting) -> Linear:
        """Whole steps first, then points, so no remainder carries over."""
        step = setting.minor(self.step)
        if not step:
            raise ValueError("the step is less than the smallest coin")
        return Linear(0, step, setting.points(self.points), 1)
