"""Purchases on which no points were spent (seed 001: who pays with points does not earn on the same receipt)."""

from typing import Annotated, Literal

from coalition.programmes.asks import named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Requirement
from tenants.translations import N_


class WithoutSpending(Requirement):
    """Nothing of the receipt was paid with points. What came without a receipt shows it not, and does not qualify."""

    kind: Annotated[Literal["without_spending"], named(without_spending=N_("Nothing paid with points"))] = (
        "without_spending"
    )

    def compile(self, setting: Setting) -> Check:
        """The points spent, in whole units."""

        def check(case: Case) -> Failed | None:
            if case.receipt is None:
                return Failed("receipt")
            spent = case.receipt.points_spent
            return None if spent <= 0 else Failed("without_spending", 0, spent)

        return check
