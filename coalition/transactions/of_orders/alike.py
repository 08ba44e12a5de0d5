"""Whether an order and a sale are one, and which of several are: pure, and of everything that is known."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from coalition.transactions.of_orders.terms import OrderTerms
from coalition.transactions.two_channels.alike import CERTAIN, chosen

Edge = tuple[UUID, UUID, str]
"""An order, a sale, and `CERTAIN` or why it is not."""


class Decided(NamedTuple):
    """What people have said of pairs (order, sale): those that are one, and those that are two."""

    same: Collection[tuple[UUID, UUID]]
    two: Collection[tuple[UUID, UUID]]


def is_called(name: str, seller: str) -> bool:
    """Whether a seller's name is the one that a shop is known by; one that ends in an asterisk is a beginning."""
    told = " ".join(name.lower().split())
    return told.startswith(seller[:-1]) if seller.endswith("*") else told == seller


def alike(terms: OrderTerms, sums: Iterable[int], sale: int) -> str | None:
    """Whether a sale of this sum can be an order that has ever cost one of these: `CERTAIN`, "amount", or nothing.

    Member, seller and days are the caller's. Sums are compared in minor units, in percent of the sale's.
    """
    differ = min((abs(sale - one) for one in sums), default=sale) * 100
    if differ <= terms.tolerance_percent * sale:
        return CERTAIN
    return "amount" if differ <= terms.asked_percent * sale else None


def paired(edges: Iterable[Edge], decided: Decided) -> tuple[dict[UUID, UUID], dict[tuple[UUID, UUID], str]]:
    """Which sale each order is, and which pairs a person has to look at, with why.

    What people said comes first. Of the others an order and a sale that fit each other certainly, and certainly
    nothing else, are one. It depends on nothing but what is known, so the order in which it came to be known is none.
    """
    same = dict(decided.same)
    sales = set(same.values())
    left = [
        edge
        for edge in edges
        if edge[0] not in same and edge[1] not in sales and (edge[0], edge[1]) not in decided.two
    ]
    found = chosen(left)
    return same | dict(found.same), {(order, sale): why for order, sale, why in found.suspect}


def who_pays(rule: str, order_points: int, sale_points: int) -> str:
    """ "order" or "sale", by the rule; of equal points the order's stand, as its shop is who has promised them."""
    if rule != "greater":
        return rule
    return "order" if order_points >= sale_points else "sale"


def sale_worth(booked: int, net: int, amount: int) -> int:
    """What a sale is worth beside an order: its points as it was booked, less what came back; rounded down."""
    return booked * net // amount if amount else 0


def joined(edges: Iterable[Edge], payers: Mapping[UUID, UUID]) -> set[Edge]:
    """The same edges with the sale that pays in place of its other telling; of two that fit, the surer one."""
    found: dict[tuple[UUID, UUID], str] = {}
    for order, sale, how in edges:
        pair = order, payers.get(sale, sale)
        found[pair] = CERTAIN if CERTAIN in (how, found.get(pair)) else how
    return {(*pair, how) for pair, how in found.items()}
