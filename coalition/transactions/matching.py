"""Which purchase a return undoes: a pure function of everything known about the member.

Because it looks at the whole set, and not at what came first, the answer is the same whatever order files came in.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID


class Sale(NamedTuple):
    """A purchase, as far as its returns are concerned; `goods` are thousandths of each article, where it is known."""

    id: UUID
    key: UUID
    at: datetime
    amount: int
    merchant: int
    goods: Mapping[str, int] = {}
    by_till: bool | None = (
        None  # where both channels told the sale: whose telling this is, and whose returns it takes
    )


class Back(NamedTuple):
    """A return; `original` is the key of the purchase that its source names, `goods` what was brought back."""

    id: UUID
    key: UUID
    original: UUID | None
    at: datetime
    amount: int
    merchant: int
    goods: Mapping[str, int] = {}
    stays: bool = False  # with the purchase that `original` names, whatever becomes known of others
    by_till: bool = False


def match(sales: Iterable[Sale], backs: Iterable[Back], *, window_days: int) -> dict[UUID, UUID | None]:
    """For each return the purchase it undoes, or None while there is none.

    A return that names its purchase takes that one, if so much of it is left; those that stay come first. Of the
    others, in the order of their time, each takes a purchase of the same member at the same merchant, not later than
    itself and within the window, of which at least its amount is left, and all of its goods: an equal amount rather
    than a larger one, then the latest.
    """
    by_id = {sale.id: sale for sale in sales}
    by_key = {sale.key: sale for sale in by_id.values()}
    left = {sale.id: sale.amount for sale in by_id.values()}
    goods = {sale.id: dict(sale.goods) for sale in by_id.values()}
    found: dict[UUID, UUID | None] = {}
    for back in sorted(backs, key=lambda b: (not b.stays, b.original is None, b.at, b.key)):
        if back.original is not None:
            named = by_key.get(back.original)
            fits = [named] if named is not None and left[named.id] >= back.amount else []
        else:
            earliest = back.at - timedelta(days=window_days)
            fits = [
                sale
                for sale in by_id.values()
                if sale.merchant == back.merchant
                and sale.by_till in (None, back.by_till)
                and earliest <= sale.at <= back.at
                and left[sale.id] >= back.amount
                and all(goods[sale.id].get(sku, 0) >= quantity for sku, quantity in back.goods.items())
            ]
        best = max(fits, key=lambda s: (left[s.id] == back.amount, s.at, s.key), default=None)
        found[back.id] = best.id if best else None
        if best:
            left[best.id] -= back.amount
            for sku, quantity in back.goods.items():
                goods[best.id][sku] = goods[best.id].get(sku, 0) - quantity
    return found
