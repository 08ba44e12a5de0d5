"""A percentage of the amount (seed 001, golden R1: 5 % of 1,999.00 is 99)."""

from decimal import Decimal
from typing import Annotated, Literal

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Linear, Setting
from coalition.promotions.mechanics.base import Arithmetic, Rate, fraction
from tenants.translations import N_


class Percent(Arithmetic):
    """`rate` percent of the amount in main units of money, floored to the point's scale."""

    kind: Annotated[Literal["percent"], named(percent=N_("Percent of the amount"))] = "percent"
    rate: Annotated[Rate, Asks(N_("Rate, %"))]

    def percents(self) -> list[tuple[str, Decimal]]:
        """The one rate."""
        return [("rate", self.rate)]

    def compile(self, setting: Setting) -> Linear:
        """The rate as an exact fraction of minor units."""
        return Linear(0, 1, *fraction(self.rate, setting))
