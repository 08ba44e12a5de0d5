"""What waits for a person, and which sale and order are one."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from coalition.offers.models import Order, Shop
from coalition.offers.queries import MyOrder
from coalition.transactions.models import Purchase
from coalition.transactions.of_orders.models import OrderSale
from tenants.runtime.db import tenant_of


class Doubtful(NamedTuple):
    """An order and a sale that may be one."""

    row: OrderSale
    order: Order
    shop: Shop
    sale: Purchase


_WAITS = (OrderSale.why.is_not(None), OrderSale.decision.is_(None))


def doubtful_orders(session: Session, *, limit: int = 200) -> Sequence[Doubtful]:
    """What a person has to decide about, the oldest first."""
    rows = session.scalars(
        select(OrderSale)
        .where(OrderSale.tenant_id == tenant_of(session), *_WAITS)
        .order_by(OrderSale.found_at, OrderSale.order_id, OrderSale.sale_id)
        .limit(limit)
    ).all()
    return [_with_both(session, row) for row in rows]


def doubtful_order(session: Session, member_id: UUID, order_id: UUID, sale_id: UUID) -> Doubtful | None:
    """One of them, decided or not."""
    row = session.get(OrderSale, (tenant_of(session), member_id, order_id, sale_id))
    return _with_both(session, row) if row and row.why else None


def doubtful_orders_count(session: Session) -> int:
    """How many wait for a decision."""
    waiting = (OrderSale.tenant_id == tenant_of(session), *_WAITS)
    return session.scalar(select(func.count()).select_from(OrderSale).where(*waiting)) or 0


def _with_both(session: Session, row: OrderSale) -> Doubtful:
    order = session.get_one(Order, (row.tenant_id, row.member_id, row.order_id))
    shop = session.get_one(Shop, (row.tenant_id, order.shop_id))
    return Doubtful(row, order, shop, session.get_one(Purchase, (row.tenant_id, row.member_id, row.sale_id)))


def orders_of_sales(
    session: Session, member_id: UUID, purchases: Collection[UUID]
) -> dict[UUID, tuple[MyOrder, str]]:
    """By sale that is an order, too: the order with its shop, and which of both pays ("order" or "sale")."""
    rows = session.execute(
        select(OrderSale.sale_id, OrderSale.pays, Order, Shop)
        .join(
            Order,
            (Order.tenant_id == OrderSale.tenant_id)
            & (Order.member_id == OrderSale.member_id)
            & (Order.id == OrderSale.order_id),
        )
        .join(Shop, (Shop.tenant_id == Order.tenant_id) & (Shop.id == Order.shop_id))
        .where(
            OrderSale.tenant_id == tenant_of(session),
            OrderSale.member_id == member_id,
            OrderSale.sale_id.in_(purchases),
            or_(OrderSale.pays == "order", OrderSale.pays == "sale"),
        )
    )
    return {sale: (MyOrder(order, shop), str(pays)) for sale, pays, order, shop in rows}
