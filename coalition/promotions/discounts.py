"""Discounts: money off the cheque instead of points, to the kopeck and by line (seed 001, golden T3). Pure.

A till asks first: then a discount is reckoned from the prices as they are. When the sale is told, the till says what it
took off, and the same promotion is asked again about the prices before that; it vouches for no more than it would have
given. So what is counted, and what somebody will be asked to pay for, is never more than the terms.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from coalition import money
from coalition.promotions.case import Case, Item, Receipt
from coalition.promotions.document import Document


def before_discounts(case: Case) -> Case:
    """The case with the prices as they were before any promotion took something off."""
    if case.receipt is None or not case.receipt.discounts:
        return case
    amount, receipt = full_price(case.line.amount, case.receipt)
    return replace(case, line=case.line._replace(amount=amount), receipt=receipt)


def full_price(amount: int, receipt: Receipt) -> tuple[int, Receipt]:
    """The sum and the receipt before any discount."""
    return taken_back(amount, receipt, {code for code, _ in receipt.discounts})


def taken_back(amount: int, receipt: Receipt, codes: Container[str]) -> tuple[int, Receipt]:
    """The sum and the receipt before what these codes took off; what others took off stays.

    Lines do not say which code took what off them: of a sale with both, each line gives back its part in proportion.
    """
    off = sum(minor for code, minor in receipt.discounts if code in codes)
    stays = tuple(one for one in receipt.discounts if one[0] not in codes)
    weights = [item.discount for item in receipt.items]
    if weights:
        off = min(off, sum(weights))  # lines know best
    back = money.share(off, weights) if off and weights else [0] * len(weights)
    items = tuple(
        item._replace(amount=item.amount + part, discount=item.discount - part)
        for item, part in zip(receipt.items, back, strict=True)
    )
    return amount + off, replace(receipt, items=items, discounts=stays)


def taken(receipt: Receipt | None, promotions: Mapping[str, int], promotion: int) -> int:
    """What the till says that the promotion took off, in minor units."""
    told = receipt.discounts if receipt else ()
    return sum(minor for code, minor in told if promotions.get(code) == promotion)


def spread(document: Document, items: Sequence[Item], discount: int) -> list[int]:
    """What of a promotion's discount each line bears: those of its goods, in proportion, to the last kopeck.

    No line bears more than it costs: what all of them cost is the most that can be taken off.
    """
    fits = document.base.goods.match() if document.base and document.base.goods else None
    weights = [item.amount if item.amount > 0 and (fits is None or fits(item)) else 0 for item in items]
    return money.share(min(discount, sum(weights)), weights) if any(weights) else [0] * len(items)


def taken_off(
    amount: int, receipt: Receipt | None, offered: Sequence[tuple[str, Document, int]]
) -> tuple[int, Receipt]:
    """The sum and the receipt after the discounts (code, terms, minor units): what the till would tell of the sale.

    Without lines a discount is of the sum alone. The smallest coin is always left to be paid.
    """
    receipt = receipt or Receipt()
    items, left, told = list(receipt.items), amount, list(receipt.discounts)
    for code, document, discount in offered:
        off = min(discount, left - 1)  # something is left to be paid: what costs nothing is no sale
        if items:
            parts = spread(document, items, off)
            items = [
                item._replace(amount=item.amount - part, discount=item.discount + part)
                for item, part in zip(items, parts, strict=True)
            ]
            off = sum(parts)
        if off:
            told.append((code, off))
            left -= off
    return left, replace(receipt, items=tuple(items), discounts=tuple(told))
