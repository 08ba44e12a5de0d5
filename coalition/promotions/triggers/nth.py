"""The n-th purchase, or every n-th (seed 001, golden R3: the 5th, 10th, 15th; seed 003, golden N1: every second)."""

from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counters, Counting, Failed, Setting
from coalition.promotions.part import Part
from coalition.promotions.triggers.counting import next_number, numbered
from tenants.translations import N_


class Nth(Part):
    """Pays for purchase number `n` of a member, with `every` for each n-th; returned purchases do not count.

    With `per_partner` the purchases of each partner are counted apart. n = 1 is the first purchase.
    """

    kind: Annotated[Literal["nth"], named(nth=N_("A purchase by its number"))] = "nth"
    n: Annotated[int, Asks(N_("Number of the purchase"))] = Field(ge=1, le=10_000)
    every: Annotated[bool, Asks(N_("Each one of that number: 5th, 10th, 15th"))] = False
    per_partner: Annotated[bool, Asks(N_("At each partner apart"))] = False

    def counts(self) -> tuple[object, ...]:
        """Purchases."""
        return ("purchases", self.per_partner)

    def is_over(self, counters: Counters, promotion: int) -> bool:
        """The n-th has come, where it is one alone; there may always be another partner."""
        return not (self.every or self.per_partner) and numbered(counters, promotion) >= self.n

    def compile(self, setting: Setting) -> Counting:
        """Count, and compare."""

        def counting(case: Case, promotion: int) -> Failed | None:
            number = next_number(case, promotion, per_partner=self.per_partner)
            if (number % self.n == 0) if self.every else number == self.n:
                return None
            wanted = (number // self.n + 1) * self.n if self.every else self.n
            return Failed("nth", wanted, number)

        return counting
