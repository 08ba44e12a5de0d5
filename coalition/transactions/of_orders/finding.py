"""Which orders and sales of members may be one, as far as anything is known of them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from coalition.offers.models import Order, ShopSeller
from coalition.partners.models import Merchant
from coalition.promotions.kinds import OperationKind
from coalition.transactions.models import Purchase, PurchaseReturn
from coalition.transactions.of_orders.alike import Decided, Edge, alike, is_called, joined
from coalition.transactions.of_orders.models import OrderSale
from coalition.transactions.of_orders.terms import OrderTerms
from coalition.transactions.two_channels.alike import CERTAIN
from tenants.runtime.db import tenant_of

KINDS = (OperationKind.PURCHASE, OperationKind.SERVICE)


@dataclass
class Known:
    """What is known of one member: her orders that may be sales, the sales, pairs as they stand, marks by pair."""

    orders: dict[UUID, Order] = field(default_factory=dict)
    sales: dict[UUID, Purchase] = field(default_factory=dict)
    rows: dict[tuple[UUID, UUID], OrderSale] = field(default_factory=dict)
    marks: dict[tuple[UUID, UUID], PurchaseReturn] = field(default_factory=dict)
    payers: dict[UUID, UUID] = field(default_factory=dict)
    returned: dict[UUID, int] = field(default_factory=dict)
    fits: set[Edge] = field(default_factory=set)

    def edges(self) -> set[Edge]:
        """What fits by the terms, and what was one already, of orders that are worth something."""
        stood = {(*pair, CERTAIN) for pair, row in self.rows.items() if row.rule and row.decision is None}
        living = {number for number, order in self.orders.items() if lives(order)}
        return {edge for edge in joined(self.fits | stood, self.payers) if edge[0] in living}

    def decided(self) -> Decided:
        """What people have said of orders that are worth something."""
        said: dict[str, list[tuple[UUID, UUID]]] = {"same": [], "two": []}
        for (order, sale), row in self.rows.items():
            if row.decision is not None and (row.decision == "two" or lives(self.orders[order])):
                said[row.decision].append((order, self.payers.get(sale, sale)))
        return Decided(said["same"], said["two"])


def lives(order: Order) -> bool:
    """Whether an order is worth anything by its network's last word."""
    return order.problem is None and order.state != "declined"


def known_of(session: Session, terms: OrderTerms | None, members: Collection[UUID]) -> dict[UUID, Known]:
    """By member, those of whom anything has to be looked at; without terms, only at pairs that there are."""
    found: dict[UUID, Known] = defaultdict(Known)
    pairs = _pairs(session, members)
    for row in pairs:
        found[row.member_id].rows[row.order_id, row.sale_id] = row
    if terms is not None:
        for order, sale in _candidates(session, terms, members):
            known = found[order.member_id]
            known.orders[order.id], known.sales[sale.id] = order, sale
            if how := alike(terms, order.sums, sale.amount):
                known.fits.add((order.id, sale.id, how))
    if found:
        _complete(session, found)
    return dict(found)


def has_pairs(session: Session, members: Collection[UUID]) -> bool:
    """Whether any of these members has an order and a sale that are one, or were asked about: they stay so."""
    known = select(OrderSale.member_id).where(
        OrderSale.tenant_id == tenant_of(session), OrderSale.member_id.in_(members)
    )
    return session.scalars(known.limit(1)).first() is not None


def _pairs(session: Session, members: Collection[UUID]) -> Sequence[OrderSale]:
    return session.scalars(
        select(OrderSale)
        .where(OrderSale.tenant_id == tenant_of(session), OrderSale.member_id.in_(members))
        .execution_options(populate_existing=True)
    ).all()


def _candidates(
    session: Session, terms: OrderTerms, members: Collection[UUID]
) -> Sequence[tuple[Order, Purchase]]:
    """Orders with the sales of their member around them whose seller is known as their shop."""
    apart, tenant_id = timedelta(days=terms.days), tenant_of(session)
    sellers: dict[int, list[ShopSeller]] = defaultdict(list)
    for seller in session.scalars(select(ShopSeller).where(ShopSeller.tenant_id == tenant_id)):
        sellers[seller.shop_id].append(seller)
    if not sellers:
        return []
    rows = session.execute(
        select(Order, Purchase, Merchant.name)
        .join(
            Purchase,
            and_(
                Purchase.tenant_id == tenant_id,
                Purchase.member_id == Order.member_id,
                Purchase.occurred_at.between(Order.ordered_at - apart, Order.ordered_at + apart),
                Purchase.kind.in_([int(kind) for kind in KINDS]),
                Purchase.amount > 0,
            ),
        )
        .join(Merchant, and_(Merchant.tenant_id == tenant_id, Merchant.id == Purchase.merchant_id))
        .where(Order.tenant_id == tenant_id, Order.member_id.in_(members), Order.shop_id.in_(sellers))
    )
    return [
        (order, sale)
        for order, sale, name in rows
        if any(
            one.partner_id == sale.partner_id if one.name is None else is_called(name, one.name)
            for one in sellers[order.shop_id]
        )
    ]


def _complete(session: Session, found: dict[UUID, Known]) -> None:
    """What pairs refer to, what stands back for what, and what has come back."""
    tenant_id = tenant_of(session)
    orders = {number for known in found.values() for number, _ in known.rows}
    for order in session.scalars(
        select(Order)
        .where(Order.tenant_id == tenant_id, Order.member_id.in_(found), Order.id.in_(orders))
        .execution_options(populate_existing=True)
    ):
        found[order.member_id].orders[order.id] = order
    for back in session.scalars(
        select(PurchaseReturn)
        .where(PurchaseReturn.tenant_id == tenant_id, PurchaseReturn.member_id.in_(found))
        .execution_options(populate_existing=True)
    ):
        _note(found[back.member_id], back)
    sales = {
        number
        for known in found.values()
        for number in (*(sale for _, sale in known.rows), *known.payers.values())
    }
    for sale in session.scalars(
        select(Purchase).where(
            Purchase.tenant_id == tenant_id, Purchase.member_id.in_(found), Purchase.id.in_(sales)
        )
    ):
        found[sale.member_id].sales[sale.id] = sale


def _note(known: Known, back: PurchaseReturn) -> None:
    if back.purchase_id is None:
        return
    if back.same_order is not None:
        known.marks[back.same_order, back.purchase_id] = back
    elif back.same_as is not None:
        known.payers[back.purchase_id] = back.same_as
    elif back.state == "applied":
        known.returned[back.purchase_id] = known.returned.get(back.purchase_id, 0) + back.amount
