"""A network's shops and coupons as it tells them, page by page: what is new, what has changed, what is gone.

A walk through all pages is a run. Whatever a run saw is marked with it; when it has come to its end, what it did not
see has closed. A run that is cut off closes nothing and goes on where it stopped. Only at its end is it known that an
id is gone, so only then is a shop found to have changed its own.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.offers.models import Click, Coupon, Listing, Network, Shop, ShopChange
from coalition.offers.told import CouponTold, ShopTold
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import moment_of, new_id, next_numbers

FIELDS = ("name", "site", "about", "rate_least", "rate_most", "fixed_most", "currency", "hold_days", "link")
GONE_PART = 5
GONE_LEAST = 10
"""More than a fifth of the shops, and more than ten, do not close at once: such an answer is rather half of one."""


def take_shops(session: Session, network: Network, run: UUID, told: Sequence[ShopTold]) -> None:
    """Take in a page of shops; a shop that is told twice in it is as it was told last."""
    by_id = {one.external_id: one for one in told}
    known = {one.external_id: one for one in shops_by_key(session, network, by_id)}
    fresh = [one for key, one in by_id.items() if key not in known]
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


def note_new(session: Session, network: Network, run: UUID) -> None:
    """Note at a run's end which shops it was the first to see; the first run of all would report every one."""
    if network.synced_at is None:
        return
    for shop in session.scalars(_seen_first(network, run).order_by(Shop.id)).all():
        _note(session, shop, "new", "", "")


def _seen_first(network: Network, run: UUID) -> Select[Shop]:
    return select(Shop).where(
        Shop.tenant_id == network.tenant_id, Shop.network_id == network.id, Shop.run == run,
        Shop.state == "active", Shop.first_seen_at >= moment_of(run),
    )  # fmt: skip


def close_missing(session: Session, network: Network, run: UUID, *, believed: bool = False) -> int:
    """What a whole run did not see has closed; returns how many shops. So many that it cannot be are noted instead."""
    tenant_id = tenant_of(session)
    mine = (Shop.tenant_id == tenant_id, Shop.network_id == network.id, Shop.state == "active")
    unseen = session.scalars(select(Shop).where(*mine, Shop.run != run).order_by(Shop.id)).all()
    gone = _renumber(session, network, unseen, run)
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


def _renumber(session: Session, network: Network, gone: Sequence[Shop], run: UUID) -> list[Shop]:
    """Of shops that a whole run did not see, those that it saw under another id: they go on under that one.

    It is the same shop where one of its name and site is gone and one is new in this run, and nobody has met the new
    one yet: neither a tenant that shows it nor a member who went there. Returns those that are gone.
    """
    left, olds = [], _by_face(gone)
    named = _seen_first(network, run).where(Shop.name.in_({one.name for one in gone}))
    fresh = _by_face(session.scalars(named).all())
    for shop in gone:
        same = fresh.get(_face(shop), [])
        if not host_of(shop.site) or len(olds[_face(shop)]) != 1 or len(same) != 1 or _met(session, same[0]):
            left.append(shop)
        else:
            _go_on_as(session, shop, same[0])
    return left


def _face(shop: Shop) -> tuple[str, str]:
    return shop.name, host_of(shop.site)


def _by_face(shops: Sequence[Shop]) -> dict[tuple[str, str], list[Shop]]:
    found: dict[tuple[str, str], list[Shop]] = {}
    for one in shops:
        found.setdefault(_face(one), []).append(one)
    return found


def _met(session: Session, shop: Shop) -> bool:
    mine = (shop.tenant_id, shop.id)
    return any(
        session.scalars(select(one.shop_id).where(one.tenant_id == mine[0], one.shop_id == mine[1]).limit(1)).first()
        for one in (Listing, Click)
    )  # fmt: skip


def _go_on_as(session: Session, shop: Shop, fresh: Shop) -> None:
    """The shop has the new one's id and all that is told of that; the new one is what is gone."""
    said = {name: getattr(fresh, name) for name in FIELDS}
    told = ShopTold(external_id=fresh.external_id, categories=tuple(fresh.categories), **said)
    session.execute(
        update(Coupon)
        .where(Coupon.tenant_id == shop.tenant_id, Coupon.shop_id == fresh.id)
        .values(shop_id=shop.id)
    )
    _note(session, shop, "renumbered", shop.external_id, told.external_id)
    gone, fresh.external_id, fresh.state = shop.external_id, fresh.run.hex, "closed"
    session.flush()  # its id is free now
    shop.external_id = told.external_id
    session.flush()
    fresh.external_id = gone
    _compare(session, shop, told, fresh.run)


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


def _note(session: Session, shop: Shop, kind: str, before: str, after: str) -> None:
    session.add(
        ShopChange(
            tenant_id=shop.tenant_id, id=new_id(), shop_id=shop.id, kind=kind, before=before, after=after,
            at=clock.now(),
        )
    )  # fmt: skip
