"""So many purchases, or so large a turnover, in a period (seed 002: conditional points for reaching a goal)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting, slot_of
from coalition.promotions.part import Part
from coalition.promotions.periods import SPANS, Span, period_in
from tenants.translations import N_

_REACHED = 1


class Mission(Part):
    """Pays for the purchase with which the period's purchases or turnover reach `at_least`: once per period.

    Only purchases that meet the conditions are added up; turnover is in money, purchases are whole.
    """

    kind: Annotated[Literal["mission"], named(mission=N_("A goal in a period"))] = "mission"
    measure: Annotated[
        Literal["purchases", "turnover"],
        Asks(
            N_("What counts"),
            choices={"purchases": N_("number of purchases"), "turnover": N_("sum of purchases")},
        ),
    ]
    at_least: Annotated[Decimal, Asks(N_("Goal"), help=N_("Purchases or money"))] = Field(
        gt=0, le=1_000_000_000, decimal_places=2
    )
    span: Annotated[Span, Asks(N_("In a"), choices=SPANS)]

    @model_validator(mode="after")
    def _whole(self) -> "Mission":
        if self.measure == "purchases" and self.at_least != int(self.at_least):
            raise ValueError("a number of purchases is whole")
        return self

    def sums(self) -> list[tuple[str, Decimal]]:
        """The turnover, where that is its measure."""
        return [("at_least", self.at_least)] if self.measure == "turnover" else []

    def looks_back(self) -> tuple[Span, ...]:
        """Its own period."""
        return (self.span,)

    def counts(self) -> tuple[object, ...]:
        """The period's measure."""
        return ("mission", self.measure, self.span)

    def compile(self, setting: Setting) -> Counting:
        """The measure before and after the purchase; turnover in minor units."""
        turnover = self.measure == "turnover"
        goal = setting.minor(self.at_least) if turnover else int(self.at_least)

        def counting(case: Case, promotion: int) -> Failed | None:
            period, slot = period_in(self.span, case.day), slot_of(promotion, _REACHED)
            before = case.count(period, slot)
            after = before + (max(case.line.amount, 0) if turnover else 1)
            case.set(period, slot, after)
            return None if before < goal <= after else Failed("mission", goal, after)

        return counting
