"""A network's shops and coupons as it tells them, page by page: what is new, what has changed, what is gone.

A walk through all pages is a run. Whatever a run saw is marked with it; when it has come to its end, what it did not
see has closed. A run that is cut off closes nothing and goes on where it stopped.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.offers.models import Coupon, Network, Shop, ShopChange
from coalition.offers.told import CouponTold, ShopTold
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import new_id, next_numbers

FIELDS = ("name", "site", "about", "rate_least", "rate_most", "fixed_most", "currency", "hold_days", "link")
GONE_PART = 5
GONE_LEAST = 10
"""More than a fifth of the shops, and more than ten, do not close at once: such an answer is rather half of one."""


def take_shops(session: Session, network: Network, run: UUID, told: Sequence[ShopTold]) -> None:
    """Take in a page of shops; a shop that is told twice in it is as it was told last."""
    by_id = {one.external_id: one for one in told}
    known = {one.external_id: one for one in shops_by_key(session, network, by_id)}
    fresh = [one for key, one in by_id.items() if key not in known]
    for one in list(fresh):
        if (moved := _moved(session, network, run, one)) is not None:
            known[one.external_id] = moved
            fresh.remove(one)
    for key, shop in known.items():
        _compare(session, shop, by_id[key], run)
    _add(session, network, fresh, run)
    session.flush()  # coupons and listings refer to them


def take_coupons(session: Session, network: Network, run: UUID, told: Sequence[CouponTold]) -> None:
    """Take in a page of coupons; those of shops that are not there are passed over."""
    by_id = {one.external_id: one for one in told}
    shops = {one.external_id: one.id for one in shops_by_key(session, network, {one.shop for one in told})}
    rows = [
        {
            "tenant_id": network.tenant_id, "network_id": network.id, "external_id": one.external_id,
            "shop_id": shops[one.shop], "name": one.name, "code": one.code, "discount": one.discount,
            "link": one.link, "starts_at": one.starts_at, "ends_at": one.ends_at, "run": run,
        }
        for one in by_id.values() if one.shop in shops
    ]  # fmt: skip
    if rows:
        made = insert(Coupon).values(rows)
        changed = {
            name: made.excluded[name]
            for name in rows[0]
            if name not in ("tenant_id", "network_id", "external_id")
        }
        keys = ["tenant_id", "network_id", "external_id"]
        session.execute(made.on_conflict_do_update(index_elements=keys, set_=changed))


def close_missing(session: Session, network: Network, run: UUID, *, believed: bool = False) -> int:
    """What a whole run did not see has closed; returns how many shops. So many that it cannot be are noted instead."""
    tenant_id = tenant_of(session)
    mine = (Shop.tenant_id == tenant_id, Shop.network_id == network.id, Shop.state == "active")
    gone = session.scalars(select(Shop).where(*mine, Shop.run != run).order_by(Shop.id)).all()
    count = session.scalar(select(func.count()).where(*mine)) or 0
    if not believed and len(gone) > GONE_LEAST and len(gone) * GONE_PART > count:
        network.missing = len(gone)
        return 0
    network.missing = 0
    for shop in gone:
        shop.state, shop.changed_at = "closed", clock.now()
        _note(session, shop, "closed", "", "")
    session.execute(
        delete(Coupon).where(
            Coupon.tenant_id == tenant_id, Coupon.network_id == network.id, Coupon.run != run
        )
    )
    return len(gone)


def shops_by_key(
    session: Session, network: Network, keys: Sequence[str] | set[str] | dict[str, ShopTold]
) -> Sequence[Shop]:
    """The network's shops of these ids of its own."""
    return session.scalars(
        select(Shop).where(
            Shop.tenant_id == tenant_of(session),
            Shop.network_id == network.id,
            Shop.external_id.in_(set(keys)),
        )
    ).all()


def _moved(session: Session, network: Network, run: UUID, told: ShopTold) -> Shop | None:
    """The shop that has changed its id: of the same name and site, not seen in this run under the id it had."""
    if not host_of(told.site):
        return None
    named = session.scalars(
        select(Shop).where(
            Shop.tenant_id == tenant_of(session), Shop.network_id == network.id, Shop.name == told.name,
            Shop.run != run,
        )
    ).all()  # fmt: skip
    same = [one for one in named if host_of(one.site) == host_of(told.site)]
    if len(same) != 1:
        return None
    _note(session, same[0], "renumbered", same[0].external_id, told.external_id)
    same[0].external_id = told.external_id
    return same[0]


def host_of(site: str) -> str:
    """The host of a shop's address, without www."""
    try:
        return (urlsplit(site).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _compare(session: Session, shop: Shop, told: ShopTold, run: UUID) -> None:
    """The shop is as told from now on; what members notice of that is noted."""
    state = "active" if told.active else "closed"
    for kind, before, after in _differences(shop, told, state):
        _note(session, shop, kind, before, after)
    same = all(getattr(shop, name) == getattr(told, name) for name in FIELDS)
    if not same or shop.state != state or shop.categories != list(told.categories):
        shop.changed_at = clock.now()
    for name in FIELDS:
        setattr(shop, name, getattr(told, name))
    shop.state, shop.run = state, run
    if shop.categories != list(told.categories):
        shop.categories = list(told.categories)


def _differences(shop: Shop, told: ShopTold, state: str) -> list[tuple[str, str, str]]:
    found = []
    if shop.state != state:
        found.append(("closed" if state == "closed" else "reopened", "", ""))
    for name in ("rate_most", "fixed_most"):
        was, now = getattr(shop, name), getattr(told, name)
        if was != now:
            kind = "fixed" if name == "fixed_most" else "rate"
            found.append((f"{kind}_{'down' if now < was else 'up'}", str(was), str(now)))
    if shop.name != told.name:
        found.append(("renamed", shop.name, told.name))
    if shop.hold_days != told.hold_days:
        found.append(("hold", str(shop.hold_days or ""), str(told.hold_days or "")))
    return found


def _add(session: Session, network: Network, told: Sequence[ShopTold], run: UUID) -> None:
    if not told:
        return
    first, now = next_numbers(session, "network_shop", len(told)), clock.now()
    whole = network.synced_at is not None  # the first run of all would report every shop
    for number, one in enumerate(told, first):
        shop = Shop(
            tenant_id=network.tenant_id,
            id=number,
            network_id=network.id,
            external_id=one.external_id,
            categories=list(one.categories),
            state="active" if one.active else "closed",
            run=run,
            first_seen_at=now,
            changed_at=now,
            **{name: getattr(one, name) for name in FIELDS},
        )
        session.add(shop)
        if whole and one.active:
            session.flush()  # the change refers to it
            _note(session, shop, "new", "", "")


def _note(session: Session, shop: Shop, kind: str, before: str, after: str) -> None:
    session.add(
        ShopChange(
            tenant_id=shop.tenant_id, id=new_id(), shop_id=shop.id, kind=kind, before=before, after=after,
            at=clock.now(),
        )
    )  # fmt: skip
