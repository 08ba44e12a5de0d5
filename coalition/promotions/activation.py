"""Points that wait: what a version gives is pending until its condition is met, or lapses (seed 002, golden P2)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Units
from coalition.promotions.part import Part
from tenants.translations import N_


class AfterPurchases(Part):
    """So many further purchases, of any seller."""

    kind: Annotated[Literal["purchases"], named(purchases=N_("Further purchases"))] = "purchases"
    count: Annotated[int, Asks(N_("How many purchases"))] = Field(ge=1, le=10_000)


class AfterTurnover(Part):
    """Further purchases worth so much, net of returns."""

    kind: Annotated[Literal["turnover"], named(turnover=N_("Further purchases for a sum"))] = "turnover"
    amount: Annotated[Decimal, Asks(N_("For how much"), unit="money")] = Field(
        gt=0, le=1_000_000_000, decimal_places=2
    )

    def sums(self) -> list[tuple[str, Decimal]]:
        """The turnover."""
        return [("amount", self.amount)]


class AfterEvent(Part):
    """An event of the tenant's own."""

    kind: Annotated[Literal["event"], named(event=N_("An event"))] = "event"
    name: Annotated[str, Asks(N_("Name of the event"))] = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


class Activation(Part):
    """The condition, counted from the moment that gave the points to the end of the day `within_days` later."""

    condition: Annotated[
        Annotated[AfterPurchases | AfterTurnover | AfterEvent, Field(discriminator="kind")],
        Asks(N_("What they wait for")),
    ]
    within_days: Annotated[int, Asks(N_("Within, days"))] = Field(ge=1, le=366)

    def goal(self, units: Units) -> int:
        """How much meets it: purchases, minor units of money, events."""
        match self.condition:
            case AfterPurchases():
                return self.condition.count
            case AfterTurnover():
                return int(self.condition.amount.scaleb(units.exponent))
            case AfterEvent():
                return 1
