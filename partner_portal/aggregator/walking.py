"""Walks through a network's answers, a page at a time: each page is one transaction and notes where the next begins.

A walk that is killed, or whose network goes away, goes on where it was. While a page is asked for, the network's row is
locked, so that no two walk at once; whoever finds it locked leaves.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.offers.actions import PLACE
from coalition.offers.catalogue import close_missing, note_new, shops_by_key, take_coupons, take_shops
from coalition.offers.listing import apply_rules
from coalition.offers.models import LostOrder, Network, Order
from coalition.offers.networks import kind_of
from coalition.offers.queries import network_by_id
from coalition.offers.told import Adapter, kept
from coalition.transactions.of_orders.taking import give_up_hints, take_orders
from partner_portal.aggregator.client import TooLarge
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.ids import new_id
from tenants.vault import vault_of

PAGE = 200
OVERLAP = timedelta(days=3)
"""How far back each reconciliation looks again: what a network shows late, it dates when it happened."""
WHY_MAX = 200
LOST_PAGES_MOST = 100
PAID_WITHIN = timedelta(days=366)
Place = dict[str, Any]
BLIND_MOST = 20
"""Rows larger than any may be that a walk passes over; a network that has more is away."""


class Step(Enum):
    """What came of one page."""

    MORE = "more"
    DONE = "done"
    AWAY = "away"
    BUSY = "busy"


def adapter_of(session: Session, network: Network) -> Adapter:
    """The network, to be asked with its secrets."""
    access = json.loads(vault_of(session).open(network.sealed, PLACE, network.id))
    return kind_of(network.adapter).ask(network.address, access, network.options)


def pause_of(session: Session, network_id: int) -> timedelta:
    """How long a network wants to be left alone between two pages."""
    return timedelta(seconds=adapter_of(session, network_by_id(session, network_id)).pause_seconds)


def sync_step(session: Session, network_id: int, *, begin: bool = True, believed: bool = False) -> Step:
    """Take in one page of shops or coupons; at the end what is gone is closed and rules are applied.

    Without `begin` only a walk that has begun goes on: who goes on with one that another has ended does nothing.
    """
    return _step(
        session,
        network_id,
        lambda network: begin or network.sync is not None,
        lambda network, adapter: _sync(session, network, adapter, believed),
    )


def reconcile_step(session: Session, network_id: int, *, begin: bool = True) -> Step:
    """Take in one page of orders; at the end they are known as of the moment when the walk began."""
    return _step(
        session,
        network_id,
        lambda network: begin or network.reconcile is not None,
        lambda network, adapter: _reconcile(session, network, adapter),
    )


def _step(
    session: Session,
    network_id: int,
    goes: Callable[[Network], bool],
    act: Callable[[Network, Adapter], bool],
) -> Step:
    network = _taken(session, network_id)
    if network is None:
        return Step.BUSY
    if not goes(network):
        return Step.DONE
    try:
        with session.begin_nested():
            more = act(network, adapter_of(session, network))
    except (Outage, Refusal) as away:
        session.refresh(network)
        network.failing_since = network.failing_since or clock.now()
        network.failure = kept(str(away))[:WHY_MAX]
        return Step.AWAY
    network.failing_since = network.failure = None
    return Step.MORE if more else Step.DONE


def _taken(session: Session, network_id: int) -> Network | None:
    return session.scalars(
        select(Network)
        .where(Network.tenant_id == tenant_of(session), Network.id == network_id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _sync(session: Session, network: Network, adapter: Adapter, believed: bool) -> bool:
    place = dict(
        network.sync or {"run": str(new_id()), "stage": "shops", "offset": 0, "limit": PAGE, "unread": 0}
    )
    run = UUID(place["run"])
    asked: Callable[[int, int], Any] = adapter.shops if place["stage"] == "shops" else adapter.coupons
    try:
        page = asked(place["offset"], place["limit"])
    except TooLarge:
        if place["limit"] > 1:
            place["limit"] //= 2
        elif (blind := place.get("blind", 0)) < BLIND_MOST:
            # One row is larger than any row may be: what stands there is not known.
            place |= {"offset": place["offset"] + 1, "unread": place["unread"] + 1, "blind": blind + 1}
        else:
            raise
        network.sync = place
        return True
    if place["stage"] == "shops":
        take_shops(session, network, run, page.rows)
        for shop in shops_by_key(session, network, set(page.unread)):
            shop.run = run  # it is there, whatever is wrong with what is told of it
    else:
        take_coupons(session, network, run, page.rows)
    place["unread"] += len(page.unread)
    place["limit"] = min(place["limit"] * 2, PAGE)
    if page.after is not None:
        network.sync = place | {"offset": page.after}
        return True
    if place["stage"] == "shops":
        network.sync = place | {"stage": "coupons", "offset": 0}
        return True
    if not place.get("blind"):
        close_missing(session, network, run, believed=believed)
    note_new(session, network, run)
    network.sync, network.synced_at, network.unread = None, clock.now(), place["unread"]
    session.flush()  # rules look at what is there now
    apply_rules(session, network)
    return False


def _reconcile(session: Session, network: Network, adapter: Adapter) -> bool:
    place = dict(network.reconcile or _window(network, adapter))
    since, until = datetime.fromisoformat(place["since"]), datetime.fromisoformat(place["until"])
    page = adapter.orders(adapter.views[place["view"]], since, until, place["offset"])
    take_orders(session, network, page.rows)
    place["unread"] += len(page.unread)
    if page.after is not None:
        network.reconcile = place | {"offset": page.after}
        return True
    if place["view"] + 1 < len(adapter.views):
        network.reconcile = place | {"view": place["view"] + 1, "offset": 0}
        return True
    network.reconcile, network.reconciled_until, network.unread = None, until, place["unread"]
    if until < datetime.fromisoformat(place["now"]):
        network.reconcile = _window(network, adapter)  # the next stretch
        return True
    give_up_hints(session, network)
    return False


def _window(network: Network, adapter: Adapter) -> dict[str, Any]:
    """The next stretch of time to be asked about, no longer than the network answers."""
    now, since = clock.now(), network.reconciled_until - OVERLAP
    until = min(now, since + timedelta(days=adapter.window_days))
    moments = {"since": since.isoformat(), "until": until.isoformat(), "now": now.isoformat()}
    return {**moments, "view": 0, "offset": 0, "unread": 0}


def take_paid(session: Session, network: Network, place: Mapping[str, Any] | None = None) -> Place | None:
    """Take in one page of what a network has paid, of orders that wait for nothing else; where the next page begins.

    Paying changes no date that orders are otherwise asked for by, so they are asked for by the dates of the orders that
    are approved and whose points still wait. Raises Outage, Refusal.
    """
    place = place or _waiting(session, network)
    if place is None:
        return None
    adapter = adapter_of(session, network)
    since, last = datetime.fromisoformat(place["since"]), datetime.fromisoformat(place["last"])
    until = min(since + timedelta(days=adapter.window_days), last + timedelta(seconds=1))
    page = adapter.paid(since, until, place["offset"])
    take_orders(session, network, page.rows)
    if page.after is not None:
        return {**place, "offset": page.after}
    return {**place, "since": until.isoformat(), "offset": 0} if until <= last else None


def _waiting(session: Session, network: Network) -> Place | None:
    """From which order to which points wait for the network's money; those older than a year it will not pay."""
    first, last = session.execute(
        select(func.min(Order.ordered_at), func.max(Order.ordered_at)).where(
            Order.tenant_id == network.tenant_id,
            Order.network_id == network.id,
            Order.state == "approved",
            Order.pending > 0,
            Order.ordered_at > clock.now() - PAID_WITHIN,
        )
    ).one()
    return None if first is None else {"since": first.isoformat(), "last": last.isoformat(), "offset": 0}


def take_lost_answers(session: Session, network: Network) -> int:
    """What became of orders that members said were lost; returns how many answers there were.

    The network says all of it before anything is written. Raises Outage, Refusal.
    """
    said, offset, adapter = [], 0, adapter_of(session, network)
    for _ in range(LOST_PAGES_MOST):
        page = adapter.lost_answers(offset)
        said += [one for one in page.rows if one[1] != "sent"]
        if page.after is None:
            break
        offset = page.after
    waiting = {
        one.external_id: one
        for one in session.scalars(
            select(LostOrder)
            .where(
                LostOrder.tenant_id == network.tenant_id,
                LostOrder.network_id == network.id,
                LostOrder.state == "sent",
            )
            .with_for_update()
        )
    }
    answered = [(waiting[number], state, words) for number, state, words in said if number in waiting]
    for lost, state, words in answered:
        lost.state, lost.answer, lost.closed_at = state, words, clock.now()
    return len(answered)
