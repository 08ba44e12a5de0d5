"""Points that wait: what a version gives is pending until its condition is met, or lapses (seed 002, golden P2)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.promotions.case import Units
from coalition.promotions.part import Part


class AfterPurchases(Part):
    """So many further purchases, of any seller."""

    kind: Literal["purchases"] = "purchases"
    count: int = Field(ge=1, le=10_000)


class AfterTurnover(Part):
    """Further purchases worth so much, net of returns."""

    kind: Literal["turnover"] = "turnover"
    amount: Decimal = Field(gt=0, le=1_000_000_000, decimal_places=2)

    def sums(self) -> list[tuple[str, Decimal]]:
        """The turnover."""
        return [("amount", self.amount)]


class AfterEvent(Part):
    """An event of the tenant's own."""

    kind: Literal["event"] = "event"
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


class Activation(Part):
    """The condition, counted from the moment that gave the points to the end of the day `within_days` later."""

    condition: Annotated[AfterPurchases | AfterTurnover | AfterEvent, Field(discriminator="kind")]
    within_days: int = Field(ge=1, le=366)

    def goal(self, units: Units) -> int:
        """How much meets it: purchases, minor units of money, events."""
        match self.condition:
            case AfterPurchases():
                return self.condition.count
            case AfterTurnover():
                return int(self.condition.amount.scaleb(units.exponent))
            case AfterEvent():
                return 1
