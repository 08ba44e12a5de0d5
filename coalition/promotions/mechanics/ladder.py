"""A rate for each purchase in turn (seed 003, golden N1: 10 % on the first, 5 % on the second)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import EVER, Case, Failed, Setting, Special, Worth, slot_of
from coalition.promotions.mechanics.base import Arithmetic, Rate, fraction
from tenants.translations import N_

_PLACE = 4


class Ladder(Arithmetic):
    """`steps[0]` percent of a member's first purchase, `steps[1]` of the second; a purchase of which nothing counts is
    none.

    After the last: "none" gives nothing, "last" keeps the last rate, "again" begins anew. With `per_partner` each
    partner has a ladder of its own. The step of an explanation is the rung, from 1.
    """

    kind: Annotated[Literal["ladder"], named(ladder=N_("A rate for each purchase in turn"))] = "ladder"
    steps: Annotated[tuple[Rate, ...], Asks(N_("Rates in turn, %"), help=N_("Like 10; 5; 3"))] = Field(
        min_length=1, max_length=100
    )
    then: Annotated[
        Literal["none", "last", "again"],
        Asks(
            N_("After the last"),
            choices={
                "none": N_("nothing"),
                "last": N_("the last rate stays"),
                "again": N_("all begins anew"),
            },
        ),
    ] = "none"
    per_partner: Annotated[bool, Asks(N_("At each partner apart"))] = False

    def counts(self) -> tuple[object, ...]:
        """Rungs."""
        return ("ladder", self.per_partner)

    def percents(self) -> list[tuple[str, Decimal]]:
        """The largest of them: they stand in one field."""
        return [("steps", max(self.steps))]

    def compile(self, setting: Setting) -> Special:
        """Count, and climb."""
        rates = [fraction(rate, setting) for rate in self.steps]

        def worth(case: Case, amount: int, promotion: int) -> Worth | Failed:
            if amount <= 0:
                return Worth(0, 0)
            slot = slot_of(promotion, _PLACE, case.line.partner if self.per_partner else 0)
            number = case.count(EVER, slot) + 1
            case.set(EVER, slot, number)
            rung = (number - 1) % len(rates) + 1 if self.then == "again" else min(number, len(rates))
            if number > len(rates) and self.then == "none":
                return Failed("ladder", len(rates), number)
            numerator, denominator = rates[rung - 1]
            return Worth(amount, amount * numerator // denominator, rung)

        return worth
