"""A percentage of what was paid in some ways (seed 003: cashback on the part paid by instant transfer)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.base import paid_by_way
from coalition.promotions.case import Case, Failed, Setting, Special, Worth
from coalition.promotions.mechanics.base import Arithmetic, Rate, fraction
from tenants.translations import N_


class ByPayment(Arithmetic):
    """`rates` percent of the part of the amount that was paid in each way; ways that are not named earn nothing.

    Parts are taken of the amount that counts, in the proportion in which the receipt was paid; change that is given
    back is less of its own way.
    """

    kind: Annotated[Literal["by_payment"], named(by_payment=N_("Percent by the way of paying"))] = (
        "by_payment"
    )
    rates: Annotated[
        dict[str, Rate],
        Asks(
            N_("Rates by the way of paying"),
            help=N_("Ways that are not named earn nothing"),
            key=N_("Way of paying"),
            value=N_("Rate, %"),
        ),
    ] = Field(min_length=1, max_length=20)

    def percents(self) -> list[tuple[str, Decimal]]:
        """The rate of each way."""
        return [(f"rates.{name}", rate) for name, rate in self.rates.items()]

    def compile(self, setting: Setting) -> Special:
        """Exact parts, floored once."""
        rates = {name: fraction(rate, setting)[0] for name, rate in self.rates.items()}
        divisor = 10_000 * 10**setting.units.exponent

        def worth(case: Case, amount: int, promotion: int) -> Worth | Failed:
            if case.receipt is None:
                return Failed("receipt")
            parts = paid_by_way(case.receipt)
            whole, named = sum(parts.values()), sum(parts[name] for name in rates.keys() & parts.keys())
            if named <= 0 or amount <= 0:
                return Failed("paid_by", sorted(rates), sorted(parts))
            weighted = sum(parts[name] * rate for name, rate in rates.items() if name in parts)
            return Worth(amount * named // whole, amount * weighted // (whole * divisor))

        return worth
