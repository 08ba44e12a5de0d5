"""The first few purchases (seed 003, golden N1: cashback on the first purchase, or on the first ones)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counters, Counting, Failed, Setting
from coalition.promotions.part import Part
from coalition.promotions.triggers.counting import next_number, numbered
from tenants.translations import N_


class FirstPurchases(Part):
    """Pays for each of a member's first `n` purchases, with `per_partner` for the first at each partner."""

    kind: Annotated[Literal["first_n_purchases"], named(first_n_purchases=N_("First purchases"))] = (
        "first_n_purchases"
    )
    n: Annotated[int, Asks(N_("How many first ones"))] = Field(ge=1, le=10_000)
    per_partner: Annotated[bool, Asks(N_("At each partner apart"))] = False

    def counts(self) -> tuple[object, ...]:
        """Purchases."""
        return ("purchases", self.per_partner)

    def is_over(self, counters: Counters, promotion: int) -> bool:
        """The n-th has come; there may always be another partner."""
        return not self.per_partner and numbered(counters, promotion) >= self.n

    def compile(self, setting: Setting) -> Counting:
        """Count, and compare."""

        def counting(case: Case, promotion: int) -> Failed | None:
            number = next_number(case, promotion, per_partner=self.per_partner)
            return None if number <= self.n else Failed("first_n_purchases", self.n, number)

        return counting
