"""Points for two members at once (seed 001, golden F1: both or none)."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Linear, Setting
from coalition.promotions.mechanics.base import Arithmetic
from tenants.translations import N_


class BothSides(Arithmetic):
    """So many points to the `friend`, and so many to the `referrer`, who brought her: one award, never cut."""

    of_purchase: ClassVar[bool] = False
    kind: Annotated[Literal["both_sides"], named(both_sides=N_("To the friend and to who brought her"))] = (
        "both_sides"
    )
    friend: Annotated[Decimal, Asks(N_("To the friend"), unit="points")] = Field(
        gt=0, le=1_000_000, decimal_places=2
    )
    referrer: Annotated[Decimal, Asks(N_("To who brought the friend"), unit="points")] = Field(
        gt=0, le=1_000_000, decimal_places=2
    )

    def awards(self) -> list[tuple[str, Decimal]]:
        """Those of both."""
        return [("friend", self.friend), ("referrer", self.referrer)]

    def least_award(self) -> Decimal:
        """Both together."""
        return self.friend + self.referrer

    def sides(self, setting: Setting) -> tuple[int, int]:
        """What the friend gets and what the referrer gets; ValueError when the scale leaves one of them nothing."""
        friend, referrer = setting.points(self.friend), setting.points(self.referrer)
        if not (friend and referrer):
            raise ValueError("each of the two gets a point at least")
        return friend, referrer

    def compile(self, setting: Setting) -> Linear:
        """One sum, so that limits and budgets see both."""
        return Linear(sum(self.sides(setting)), 1, 0, 1)
