"""Goods on the receipt: which, how many, for how much, how large a part of it (seed 003, golden N3)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions import base
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Requirement
from tenants.translations import N_

_QUANTITY, _PERCENT = 1_000, 10_000  # thousandths of a piece; hundredths of a percent in a whole


class Goods(Requirement):
    """The receipt has the goods; with a bound, at least that quantity, sum, or share of the receipt in percent.

    Lines that cost nothing or less do not count: they are gifts and returns.
    """

    several = True

    kind: Annotated[Literal["goods"], named(goods=N_("Goods on the receipt"))] = "goods"
    goods: Annotated[base.Goods, Asks(N_("Which goods"), help=N_("None named: all of the receipt"))]
    quantity_from: Annotated[Decimal | None, Asks(N_("At least, pieces or kilograms"))] = Field(
        default=None, gt=0, le=1_000_000, decimal_places=3
    )
    amount_from: Annotated[Decimal | None, Asks(N_("For at least"), unit="money")] = Field(
        default=None, gt=0, le=1_000_000_000, decimal_places=2
    )
    share_from: Annotated[Decimal | None, Asks(N_("At least of the purchase, %"))] = Field(
        default=None, gt=0, le=100, decimal_places=2
    )

    def empty(self) -> tuple[str, str] | None:
        """It would hold for whatever has a line."""
        if self == Goods(goods=base.Goods()):
            return "goods.skus", "a condition on goods names some, or how much of them"
        return None

    def sums(self) -> list[tuple[str, Decimal]]:
        """The least sum."""
        return [] if self.amount_from is None else [("amount_from", self.amount_from)]

    def compile(self, setting: Setting) -> Check:
        """The goods' lines, added up; what failed is told in thousandths, minor units or hundredths of a percent."""
        fits = self.goods.match()
        quantity_from = int(self.quantity_from * _QUANTITY) if self.quantity_from else 0
        amount_from = setting.minor(self.amount_from) if self.amount_from else 0
        share_from = int(self.share_from * 100) if self.share_from else 0

        def check(case: Case) -> Failed | None:
            if case.receipt is None or not case.receipt.items:
                return Failed("receipt")
            found = [
                item for item in case.receipt.items if item.amount > 0 and item.quantity > 0 and fits(item)
            ]
            quantity = sum(item.quantity for item in found)
            amount = min(sum(item.amount for item in found), max(case.line.amount, 0))
            if not found:
                return Failed("goods")
            if quantity < quantity_from:
                return Failed("quantity", quantity_from, quantity)
            if amount < amount_from:
                return Failed("goods_amount", amount_from, amount)
            if amount * _PERCENT < share_from * case.line.amount:
                return Failed("goods_share", share_from, amount * _PERCENT // case.line.amount)
            return None

        return check
