"""What a promotion's numbers are in: points, money off the cheque, or pieces of a benefit (seeds 001, 003).

One engine reckons all of them. Only points are posted to the ledger; a discount is taken off at the till, and what is
granted is kept by `coalition.benefits`. Each has limits and budgets in its own units.
"""

from enum import IntEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.programmes.titles import Titles
from coalition.promotions.case import Setting, Units
from coalition.promotions.part import Part
from tenants.translations import N_


class Giving(IntEnum):
    """What an award is of."""

    POINTS = 0
    DISCOUNT = 1
    BENEFIT = 2


class GivesPoints(Part):
    """Points of the programme."""

    giving: ClassVar[Giving] = Giving.POINTS
    kind: Annotated[Literal["points"], named(points=N_("Points"))] = "points"

    def setting(self, setting: Setting) -> Setting:
        """Points are the programme's own."""
        return setting

    def counts(self) -> tuple[object, ...]:
        """Points."""
        return (self.kind,)


class GivesDiscount(Part):
    """Money off the cheque instead of points: every number that is points elsewhere is main units of money."""

    giving: ClassVar[Giving] = Giving.DISCOUNT
    kind: Annotated[Literal["discount"], named(discount=N_("Discount at the till"))] = "discount"

    def counts(self) -> tuple[object, ...]:
        """Money."""
        return (self.kind,)

    def setting(self, setting: Setting) -> Setting:
        """As if a point were the smallest coin."""
        return setting._replace(units=Units(setting.units.exponent, setting.units.exponent), exchange=(1, 1))


class GivesBenefit(Part):
    """So many pieces of a benefit of the tenant's; `name` is what members read of it, for ever."""

    giving: ClassVar[Giving] = Giving.BENEFIT
    kind: Annotated[Literal["benefit"], named(benefit=N_("Benefit: a coupon, a certificate, game units"))] = (
        "benefit"
    )
    code: Annotated[str, Asks(N_("Benefit"), of="benefit")] = Field(min_length=1, max_length=64)
    name: Annotated[Titles, Asks(N_("What members read of it"))]

    def counts(self) -> tuple[object, ...]:
        """Pieces of the one benefit."""
        return (self.kind, self.code)

    def setting(self, setting: Setting) -> Setting:
        """Pieces are whole."""
        return setting._replace(units=Units(0, setting.units.exponent))


Gives = Annotated[GivesPoints | GivesDiscount | GivesBenefit, Field(discriminator="kind")]
