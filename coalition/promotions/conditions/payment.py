"""How the receipt was paid (seed 003: cashback for payments of some types)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Codes, Requirement
from tenants.translations import N_

_PERCENT = 10_000  # hundredths of a percent in a whole


class Payment(Requirement):
    """At least `share_from` percent of the receipt was paid by the named types; without a share, anything of it."""

    kind: Annotated[Literal["payment"], named(payment=N_("Way of paying"))] = "payment"
    types: Annotated[Codes, Asks(N_("Ways of paying"), help=N_("Several with commas between them"))]
    share_from: Annotated[Decimal | None, Asks(N_("At least of the receipt, %"))] = Field(
        default=None, gt=0, le=100, decimal_places=2
    )

    def compile(self, setting: Setting) -> Check:
        """The paid sums; what failed is told in hundredths of a percent."""
        types, share_from = frozenset(self.types), int(self.share_from * 100) if self.share_from else 0

        def check(case: Case) -> Failed | None:
            if case.receipt is None:
                return Failed("receipt")
            payments = [(name, paid) for name, paid in case.receipt.payments if paid > 0]
            whole, part = sum(paid for _, paid in payments), sum(p for name, p in payments if name in types)
            if part and part * _PERCENT >= share_from * whole:
                return None
            return Failed("payment", share_from, part * _PERCENT // whole if whole else 0)

        return check
