"""Goods of a receipt for mechanics that count them: which lines count, and what every n-th piece costs. Pure."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import NamedTuple

from coalition.promotions.base import Goods
from coalition.promotions.case import Case, Failed, Item, Setting, Worth
from coalition.promotions.mechanics.base import STEP_MOST

WHOLE = 1000  # quantities are in thousandths


def bought(case: Case, fits: Callable[[Item], bool], amount: int) -> list[Item] | Failed:
    """The lines that count: of named goods, with a quantity and a sum above zero, as far as the amount reaches.

    A receipt whose lines cost more than was paid is not trusted beyond the line with which the amount is used up.
    """
    if case.receipt is None or not case.receipt.items:
        return Failed("receipt")
    found = []
    for item in case.receipt.items:
        if amount <= 0:
            break
        if item.amount > 0 and item.quantity > 0 and fits(item):
            found.append(item)
            amount -= item.amount
    return found


class Gifts(NamedTuple):
    """Of every `buy` + `get` pieces, the dearest first, the last `get` come back: `rate` in hundredths of a percent."""

    goods: Goods
    buy: int
    get: int
    rate: int

    def compile(self, setting: Setting) -> Callable[[Case, int, int], Worth | Failed]:
        """The gifts' price as points at the programme's exchange; the step is how many gifts."""
        fits, (points, minor) = self.goods.match(), setting.exchange

        def worth(case: Case, amount: int, promotion: int) -> Worth | Failed:
            items = bought(case, fits, amount)
            if isinstance(items, Failed):
                return items
            pieces = sum(item.quantity // WHOLE for item in items if item.quantity % WHOLE == 0)
            if pieces <= self.buy:
                return Failed("pieces", self.buy + 1, pieces)
            count, price = self._given(items)
            price = min(price, amount)
            return Worth(price, price * self.rate * points // (10_000 * minor), min(count, STEP_MOST))

        return worth

    def _given(self, items: Iterable[Item]) -> tuple[int, int]:
        """How many gifts, and their price in minor units; weighed goods are no pieces, a line's remainder is lost."""
        lines = [(item.amount, item.quantity // WHOLE) for item in items if item.quantity % WHOLE == 0]
        lines.sort(key=lambda line: Fraction(*line), reverse=True)
        count = price = seen = 0
        for amount, pieces in lines:
            gifts = self._among(seen + pieces) - self._among(seen)
            count, price, seen = count + gifts, price + amount * gifts // pieces, seen + pieces
        return count, price

    def _among(self, pieces: int) -> int:
        """Gifts among the dearest so many pieces."""
        rounds, rest = divmod(pieces, self.buy + self.get)
        return rounds * self.get + max(rest - self.buy, 0)
