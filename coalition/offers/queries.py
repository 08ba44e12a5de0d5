"""Reads of networks, shops, clicks and orders. A member's reach ends at her own rows."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from coalition.offers.approving import BEFORE, LATELY, Decided, fallen
from coalition.offers.models import (
    Click,
    Coupon,
    Listing,
    ListingRule,
    LostOrder,
    Network,
    Order,
    Postback,
    Shop,
    ShopChange,
)
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.ids import first_id

AWAY_AFTER = timedelta(hours=6)
"""For so long a network may be away before that is told."""
SILENT_AFTER = timedelta(hours=26)
"""So old may be what is known of orders before that is told."""


class Shown(NamedTuple):
    """A shop with the terms that it is shown by, if it was ever picked."""

    shop: Shop
    listing: Listing | None


class MyOrder(NamedTuple):
    """An order of a member's with its shop."""

    order: Order
    shop: Shop


class Alert(NamedTuple):
    """Something about a network that a person should look at: what, and how much of it."""

    kind: str
    network: Network
    many: int
    shop: str = ""


def networks(session: Session) -> Sequence[Network]:
    """All of the tenant's."""
    return session.scalars(
        select(Network).where(Network.tenant_id == tenant_of(session)).order_by(Network.id)
    ).all()


def demonstrates(session: Session, programme_id: int) -> bool:
    """Whether shops of a demonstration are shown to the programme's members."""
    return any(one.demonstration and one.programme_id == programme_id for one in networks(session))


def network_by_code(session: Session, code: str) -> Network | None:
    """The network of that code, if there is one."""
    return session.scalars(
        select(Network).where(Network.tenant_id == tenant_of(session), Network.code == code)
    ).one_or_none()


def network_by_id(session: Session, network_id: int) -> Network:
    """One of them; NotFound("network_unknown")."""
    found = session.get(Network, (tenant_of(session), network_id))
    if found is None:
        raise NotFound("network_unknown")
    return found


def shop_by_id(session: Session, shop_id: int) -> Shop:
    """A network's shop; NotFound("shop_unknown")."""
    found = session.get(Shop, (tenant_of(session), shop_id))
    if found is None:
        raise NotFound("shop_unknown")
    return found


def listing_of(session: Session, shop_id: int) -> Listing | None:
    """By what terms a shop is shown, if it was ever picked."""
    return session.get(Listing, (tenant_of(session), shop_id))


def all_shops(session: Session) -> list[Shown]:
    """Every shop of every network, with its listing, by name."""
    rows = session.execute(
        select(Shop, Listing)
        .outerjoin(Listing, and_(Listing.tenant_id == Shop.tenant_id, Listing.shop_id == Shop.id))
        .where(Shop.tenant_id == tenant_of(session))
        .order_by(func.lower(Shop.name), Shop.id)
    )
    return [Shown(shop, listing) for shop, listing in rows]


def shown_shops(session: Session, programme_id: int) -> list[Shown]:
    """The shops that members of a programme see, by name."""
    rows = session.execute(
        select(Shop, Listing)
        .join(Listing, and_(Listing.tenant_id == Shop.tenant_id, Listing.shop_id == Shop.id))
        .join(Network, and_(Network.tenant_id == Shop.tenant_id, Network.id == Shop.network_id))
        .where(
            Shop.tenant_id == tenant_of(session),
            Network.programme_id == programme_id,
            Listing.shown,
            Shop.state == "active",
        )
        .order_by(func.lower(Shop.name), Shop.id)
    )
    return [Shown(shop, listing) for shop, listing in rows]


def coupons_of(session: Session, shop_id: int) -> Sequence[Coupon]:
    """A shop's coupons that hold now."""
    now = clock.now()
    return session.scalars(
        select(Coupon)
        .where(
            Coupon.tenant_id == tenant_of(session),
            Coupon.shop_id == shop_id,
            (Coupon.starts_at.is_(None)) | (Coupon.starts_at <= now),
            (Coupon.ends_at.is_(None)) | (Coupon.ends_at > now),
        )
        .order_by(Coupon.ends_at, Coupon.external_id)
    ).all()


def coupon_counts(session: Session) -> dict[int, int]:
    """How many coupons each shop has."""
    rows = session.execute(
        select(Coupon.shop_id, func.count().label("many"))
        .where(Coupon.tenant_id == tenant_of(session))
        .group_by(Coupon.shop_id)
    )
    return {row.shop_id: row.many for row in rows}


def rules(session: Session) -> Sequence[ListingRule]:
    """Rules in force, oldest first."""
    return session.scalars(
        select(ListingRule)
        .where(ListingRule.tenant_id == tenant_of(session), ListingRule.ended_at.is_(None))
        .order_by(ListingRule.id)
    ).all()


def shop_changes(session: Session, *, limit: int = 200) -> Sequence[tuple[ShopChange, Shop]]:
    """What walks found changed, newest first."""
    rows = session.execute(
        select(ShopChange, Shop)
        .join(Shop, and_(Shop.tenant_id == ShopChange.tenant_id, Shop.id == ShopChange.shop_id))
        .where(ShopChange.tenant_id == tenant_of(session))
        .order_by(ShopChange.id.desc())
        .limit(limit)
    )
    return [(change, shop) for change, shop in rows]


def click_of(session: Session, member_id: UUID, click_id: UUID) -> Click:
    """A click of the member's; NotFound("click_unknown")."""
    found = session.get(Click, (tenant_of(session), member_id, click_id))
    if found is None:
        raise NotFound("click_unknown")
    return found


def clicks_of(session: Session, member_id: UUID, *, limit: int = 50) -> Sequence[tuple[Click, Shop]]:
    """The member's latest ways to shops."""
    rows = session.execute(
        select(Click, Shop)
        .join(Shop, and_(Shop.tenant_id == Click.tenant_id, Shop.id == Click.shop_id))
        .where(Click.tenant_id == tenant_of(session), Click.member_id == member_id)
        .order_by(Click.id.desc())
        .limit(limit)
    )
    return [(click, shop) for click, shop in rows]


def orders_of(session: Session, member_id: UUID, *, limit: int = 100) -> Sequence[MyOrder]:
    """The member's orders, newest first."""
    rows = session.execute(
        select(Order, Shop)
        .join(Shop, and_(Shop.tenant_id == Order.tenant_id, Shop.id == Order.shop_id))
        .where(Order.tenant_id == tenant_of(session), Order.member_id == member_id)
        .order_by(Order.id.desc())
        .limit(limit)
    )
    return [MyOrder(order, shop) for order, shop in rows]


def points_ordered(session: Session, member_id: UUID) -> int:
    """The points of a member's orders that wait for their shops."""
    total = select(func.coalesce(func.sum(Order.pending), 0)).where(
        Order.tenant_id == tenant_of(session), Order.member_id == member_id
    )
    return int(session.scalar(total) or 0)


def orders_by_id(session: Session, member_id: UUID, ids: Collection[UUID]) -> dict[UUID, MyOrder]:
    """These orders of a member's, with their shops."""
    if not ids:
        return {}
    rows = session.execute(
        select(Order, Shop)
        .join(Shop, and_(Shop.tenant_id == Order.tenant_id, Shop.id == Order.shop_id))
        .where(Order.tenant_id == tenant_of(session), Order.member_id == member_id, Order.id.in_(set(ids)))
    )
    return {order.id: MyOrder(order, shop) for order, shop in rows}


def latest_orders(session: Session, *, state: str = "", limit: int = 100) -> Sequence[MyOrder]:
    """Orders of all members, newest first; of one state, or with a "problem"."""
    query = (
        select(Order, Shop)
        .join(Shop, and_(Shop.tenant_id == Order.tenant_id, Shop.id == Order.shop_id))
        .where(Order.tenant_id == tenant_of(session))
    )
    if state == "problem":
        query = query.where(Order.problem.is_not(None))
    elif state:
        query = query.where(Order.state == state)
    rows = session.execute(query.order_by(Order.id.desc()).limit(limit))
    return [MyOrder(order, shop) for order, shop in rows]


def lost_orders_of(session: Session, member_id: UUID) -> Sequence[tuple[LostOrder, Shop]]:
    """What the member has asked networks about, newest first."""
    rows = session.execute(
        select(LostOrder, Shop)
        .join(
            Click,
            and_(
                Click.tenant_id == LostOrder.tenant_id,
                Click.member_id == LostOrder.member_id,
                Click.id == LostOrder.click_id,
            ),
        )
        .join(Shop, and_(Shop.tenant_id == Click.tenant_id, Shop.id == Click.shop_id))
        .where(LostOrder.tenant_id == tenant_of(session), LostOrder.member_id == member_id)
        .order_by(LostOrder.id.desc())
        .limit(50)
    )
    return [(lost, shop) for lost, shop in rows]


def alerts(session: Session) -> list[Alert]:
    """What a person should look at: networks that are away or silent, short answers, odd orders, forgeries."""
    now, found = clock.now(), []
    for network in networks(session):
        if network.failing_since is not None and now - network.failing_since >= AWAY_AFTER:
            hours = int((now - network.failing_since).total_seconds() // 3600)
            found.append(Alert("away", network, hours))
        elif now - network.reconciled_until > SILENT_AFTER:
            found.append(
                Alert("silent", network, int((now - network.reconciled_until).total_seconds() // 3600))
            )
        if network.missing:
            found.append(Alert("missing", network, network.missing))
        if count := _problems(session, network):
            found.append(Alert("problem", network, count))
        if count := _forged(session, network):
            found.append(Alert("forged", network, count))
        if count := _missigned(session, network):
            found.append(Alert("missigned", network, count))
        found += [Alert("approval", network, percent, name) for name, percent in _falling(session, network)]
    return found


def _falling(session: Session, network: Network) -> list[tuple[str, int]]:
    """Shops that confirm far fewer orders lately than before, with the share in percent, rounded down."""
    now, good = clock.now(), Order.state.in_(("approved", "paid"))
    late = Order.told_at >= now - LATELY
    rows = session.execute(
        select(
            Shop.name,
            func.count().filter(good & ~late),
            func.count().filter(~late),
            func.count().filter(good & late),
            func.count().filter(late),
        )
        .join(Shop, and_(Shop.tenant_id == Order.tenant_id, Shop.id == Order.shop_id))
        .where(
            Order.tenant_id == network.tenant_id,
            Order.network_id == network.id,
            Order.state.in_(("approved", "paid", "declined")),
            Order.told_at >= now - LATELY - BEFORE,
        )
        .group_by(Shop.tenant_id, Shop.id)
        .order_by(Shop.id)
    )
    return [
        (name, 100 * approved // many)
        for name, approved_before, before, approved, many in rows
        if fallen(Decided(approved_before, before), Decided(approved, many))
    ]


def _problems(session: Session, network: Network) -> int:
    return session.scalar(
        select(func.count()).where(
            Order.tenant_id == network.tenant_id, Order.network_id == network.id, Order.problem.is_not(None)
        )
    ) or 0  # fmt: skip


def _forged(session: Session, network: Network) -> int:
    """Postbacks of the last day that nobody signed, or that were of no click of ours."""
    return _told_lately(
        session, network, ~Postback.missigned, Postback.outcome.in_(("unsigned", "unknown_click"))
    )


def _missigned(session: Session, network: Network) -> int:
    """Postbacks of the last day whose signature was wrong."""
    return _told_lately(session, network, Postback.missigned.is_(True))


def _told_lately(session: Session, network: Network, *which: ColumnElement[bool]) -> int:
    since = first_id(clock.now() - timedelta(days=1))
    return session.scalar(
        select(func.count()).where(
            Postback.tenant_id == network.tenant_id, Postback.network_id == network.id, Postback.id > since, *which
        )
    ) or 0  # fmt: skip
