"""A purchase below a sum (seed 001: what large purchases earn is another promotion's, golden R5)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Requirement
from tenants.translations import N_


class AmountBelow(Requirement):
    """The purchase's sum is less than `amount`, which itself is not: it is where another offer begins."""

    kind: Annotated[Literal["amount_below"], named(amount_below=N_("Purchase below a sum"))] = "amount_below"
    amount: Annotated[Decimal, Asks(N_("Less than"), unit="money")] = Field(
        gt=0, le=1_000_000_000, decimal_places=2
    )

    def sums(self) -> list[tuple[str, Decimal]]:
        """The bound."""
        return [("amount", self.amount)]

    def compile(self, setting: Setting) -> Check:
        """The sum against the bound, in minor units."""
        bound = setting.minor(self.amount)

        def check(case: Case) -> Failed | None:
            amount = case.line.amount
            return None if amount < bound else Failed("amount_below", bound, amount)

        return check
