"""Receipts as they are kept, and what is left of one after its returns. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coalition import money
from coalition.promotions.case import Item, Outlet, Receipt

Receipts = Mapping[bytes, Receipt]  # by the key of their line
NO_RECEIPTS: Receipts = {}


def kept(receipt: Receipt) -> dict[str, Any]:
    """The receipt as JSON: items as lists, sums in minor units, quantities in thousandths; its outlet by code."""
    document: dict[str, Any] = {
        "items": [
            [
                *(item.sku, item.quantity, item.amount, item.brand, item.category, sorted(item.tags)),
                *((item.discount,) if item.discount else ()),
            ]
            for item in receipt.items
        ]
    }
    if receipt.payments:
        document["payments"] = [list(payment) for payment in receipt.payments]
    if receipt.channel:
        document["channel"] = receipt.channel
    if receipt.outlet:
        document["outlet"] = receipt.outlet.code
    if receipt.points_spent:
        document["points_spent"] = receipt.points_spent
    if receipt.discounts:
        document["discounts"] = [list(discount) for discount in receipt.discounts]
    if receipt.card_reference or receipt.card_last_four:
        document["card"] = [receipt.card_reference, receipt.card_last_four]
    return document


def receipt_of(document: Mapping[str, Any], outlets: Mapping[str, Outlet]) -> Receipt:
    """The receipt that was kept."""
    card_reference, card_last_four = document.get("card", ("", ""))
    return Receipt(
        items=tuple(
            Item(sku, quantity, amount, brand, category, frozenset(tags), *discount)
            for sku, quantity, amount, brand, category, tags, *discount in document["items"]
        ),
        payments=tuple((name, amount) for name, amount in document.get("payments", ())),
        channel=document.get("channel", ""),
        outlet=outlets.get(document.get("outlet", "")),
        points_spent=document.get("points_spent", 0),
        discounts=tuple((code, minor) for code, minor in document.get("discounts", ())),
        card_reference=card_reference,
        card_last_four=card_last_four,
    )


def quantities(items: Iterable[Item]) -> dict[str, int]:
    """Thousandths of each article, where there are any."""
    found: dict[str, int] = {}
    for item in items:
        if item.quantity > 0:
            found[item.sku] = found.get(item.sku, 0) + item.quantity
    return found


def points_left(
    points: int,
    by_line: Sequence[int],
    items: Sequence[Item],
    amount: int,
    backs: Iterable[tuple[int, Mapping[str, int]]],
) -> int:
    """How many of the points that paid a part of a sale stay spent after its returns (sum, goods).

    Goods take with them what was paid for their lines, in proportion to their quantity; a return that tells none takes
    its part of the money that is left then. What is left is rounded down, so a sequence of returns gives back what one
    return of all does.
    """
    told = list(backs)
    gone: dict[str, int] = {}
    without_goods, rest = 0, amount
    for back, goods in told:
        if not goods or not by_line:
            without_goods += back
        else:
            rest -= back
        for sku, quantity in goods.items():
            gone[sku] = gone.get(sku, 0) + quantity
    left = points
    if by_line:
        left = 0
        for item, paid in zip(items, by_line, strict=True):
            taken = min(item.quantity, gone.get(item.sku, 0))
            gone[item.sku] = gone.get(item.sku, 0) - taken
            left += paid * (item.quantity - taken) // item.quantity
    if rest > 0:
        return left * max(rest - without_goods, 0) // rest
    return left if by_line or not told else 0


def less(receipt: Receipt, returned: Iterable[Item], amount: int, net: int) -> Receipt:
    """What is left of a receipt: returned quantities go from its lines in their order, sums with them in proportion.

    Payments shrink with the amount, from `amount` to `net`, the remainder lost. Discounts are what the lines that are
    left have, shared in proportion; without lines they shrink with the amount, too.
    """
    gone = quantities(returned)
    amount = amount or 1  # of a sale that points paid altogether, no money is left or gone
    items = []
    for item in receipt.items:
        taken = min(item.quantity, gone.get(item.sku, 0)) if item.quantity > 0 else 0
        if taken:
            gone[item.sku] -= taken
            left = item.quantity - taken
            item = item._replace(
                quantity=left,
                amount=item.amount * left // item.quantity,
                discount=item.discount * left // item.quantity,
            )
        items.append(item)
    told = [minor for _, minor in receipt.discounts]
    if receipt.items and any(told):
        told = money.share(sum(item.discount for item in items), told)
    else:
        told = [minor * net // amount for minor in told]
    payments = tuple((name, paid * net // amount) for name, paid in receipt.payments)
    return Receipt(
        tuple(item for item in items if item.quantity or item.amount),
        payments,
        receipt.channel,
        receipt.outlet,
        receipt.points_spent,
        tuple((code, minor) for (code, _), minor in zip(receipt.discounts, told, strict=True)),
        receipt.card_reference,
        receipt.card_last_four,
    )
