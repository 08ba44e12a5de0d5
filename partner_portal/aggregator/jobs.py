"""When networks are asked: shops once a day, orders every hour; postbacks are read each minute."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import partner_portal.aggregator.adapters  # noqa: F401  the kinds of networks
from coalition.offers.models import Click, LostOrder, Network, Postback, Shop
from coalition.offers.networks import kind_of
from coalition.offers.queries import network_by_id, networks
from coalition.offers.told import Lost
from coalition.transactions.of_orders.taking import take_hint
from partner_portal.aggregator.walking import (
    Step,
    adapter_of,
    pause_of,
    reconcile_step,
    sync_step,
    take_lost_answers,
    take_paid,
)
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.ids import first_id
from tenants.runtime.jobs import ask, every, job

logger = logging.getLogger(__name__)

OLD = timedelta(hours=23)
"""Shops that were asked for so long ago are asked for again."""
FRESH = timedelta(minutes=5)
POSTBACKS_KEPT, STRANGERS_KEPT = timedelta(days=90), timedelta(days=1)
AT_ONCE = 500
AGAIN, PAID_TRIES = timedelta(hours=1), 22
LOCKED_OUT = (401, 403)
"""Statuses that are about us and no order: the network is away until somebody mends that."""


@job("aggregator.sync", calls=True)
def sync(session: Session, *, network_id: int, begin: bool = True) -> None:
    """One page of shops, and the next one when there is more; of a network that is away in an hour."""
    _go_on(session, "aggregator.sync", network_id, sync_step(session, network_id, begin=begin))


@job("aggregator.reconcile", calls=True)
def reconcile(session: Session, *, network_id: int, begin: bool = True) -> None:
    """One page of orders, and the next one when there is more; of a network that is away in an hour."""
    _go_on(session, "aggregator.reconcile", network_id, reconcile_step(session, network_id, begin=begin))


def _go_on(session: Session, name: str, network_id: int, step: Step) -> None:
    if step is Step.MORE:
        pause = pause_of(session, network_id)
        run_after = clock.now() + pause if pause else None
        ask(session, name, run_after=run_after, network_id=network_id, begin=False)


@job("aggregator.ask_all")
def ask_all(session: Session) -> None:
    """Ask every network for its orders, for its shops when that was long ago or has not come to its end, and for
    answers where members wait for some."""
    for network in networks(session):
        ask(session, "aggregator.reconcile", network_id=network.id)
        if _waits(session, network):
            ask(session, "aggregator.lost_answers", network_id=network.id)
        if network.sync is not None or network.synced_at is None or clock.now() - network.synced_at > OLD:
            ask(session, "aggregator.sync", network_id=network.id)


@job("aggregator.ask_paid")
def ask_paid(session: Session) -> None:
    """Ask every network which orders it has paid."""
    for network in networks(session):
        ask(session, "aggregator.paid", network_id=network.id)


@job("aggregator.paid", calls=True)
def paid(session: Session, *, network_id: int, place: dict[str, Any] | None = None, tries: int = 0) -> None:
    """One page of what a network has paid, and the next one; where it is away the same in an hour, for a day."""
    network, name = network_by_id(session, network_id), "aggregator.paid"
    try:
        with session.begin_nested():
            after = take_paid(session, network, place)
    except (Outage, Refusal) as away:
        logger.warning("Network %d does not say what it has paid: %s", network_id, away)
        if tries < PAID_TRIES:
            hence = clock.now() + AGAIN
            ask(session, name, run_after=hence, network_id=network_id, place=place, tries=tries + 1)
        return
    if after is not None:
        run_after = clock.now() + pause_of(session, network_id)
        ask(session, name, run_after=run_after, network_id=network_id, place=after, tries=tries)


def _waits(session: Session, network: Network) -> bool:
    sent = (
        LostOrder.tenant_id == network.tenant_id,
        LostOrder.network_id == network.id,
        LostOrder.state == "sent",
    )
    return session.scalars(select(LostOrder.id).where(*sent).limit(1)).first() is not None


@job("aggregator.lost_answers", calls=True)
def lost_answers(session: Session, *, network_id: int) -> None:
    """What became of lost orders; of a network that does not say in an hour, and its orders do not wait for that."""
    try:
        take_lost_answers(session, network_by_id(session, network_id))
    except (Outage, Refusal) as away:
        logger.warning("Network %d says nothing of lost orders: %s", network_id, away)


@job("aggregator.read_postbacks")
def read_postbacks(session: Session) -> None:
    """Take in what postbacks told, in the order of coming; one that nobody signed only has its network asked."""
    found = session.scalars(
        select(Postback)
        .where(Postback.tenant_id == tenant_of(session), Postback.outcome.is_(None))
        .order_by(Postback.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    curious: set[int] = set()
    for one in found:
        network = network_by_id(session, one.network_id)
        one.outcome = _outcome(session, network, one)
        if one.outcome == "unsigned" and clock.now() - network.reconciled_until > FRESH:
            curious.add(network.id)
    for network_id in sorted(curious):
        ask(session, "aggregator.reconcile", network_id=network_id)
    if len(found) == AT_ONCE:
        ask(session, "aggregator.read_postbacks")


def _outcome(session: Session, network: Network, one: Postback) -> str:
    """What comes of one postback; whatever is wrong with it keeps none of the others waiting."""
    told, signed, number = one.told, one.signed, one.id
    try:
        with session.begin_nested():
            hint = kind_of(network.adapter).hint(told, network.options)
            return take_hint(session, network, hint, signed=signed)
    except OperationalError:  # the database's own trouble: all of them are read again
        raise
    except Exception:
        logger.exception("The postback %s cannot be taken in", number)
        return "unclear"


@job("aggregator.file_lost", calls=True)
def file_lost(session: Session, *, member_id: str, lost_id: str) -> None:
    """Ask the network about an order that it does not know; a network that is away is asked again.

    One that will not look for it has declined, and no number of its says so.
    """
    key = (tenant_of(session), UUID(member_id), UUID(lost_id))
    lost = session.get(LostOrder, key, with_for_update=True)
    if lost is None or lost.state != "new":
        return
    click = session.get_one(Click, (lost.tenant_id, lost.member_id, lost.click_id))
    shop = session.get_one(Shop, (lost.tenant_id, click.shop_id))
    network = session.get_one(Network, (lost.tenant_id, lost.network_id))
    said = Lost(
        lost.id.hex,
        shop.external_id,
        click.token,
        lost.reference,
        lost.ordered_on,
        lost.sale,
        click.terms["currency"],
    )
    try:
        lost.external_id, lost.state = adapter_of(session, network).file_lost(said), "sent"
    except Refusal as no:
        if no.facts.get("status") in LOCKED_OUT:
            raise Outage("network_away", why="it does not let us in") from no
        lost.state, lost.closed_at = "declined", clock.now()


@job("aggregator.tidy", bulk=True)
def tidy(session: Session) -> None:
    """Forget postbacks that were taken in long ago, and after a day those that nobody signed."""
    now = clock.now()
    for kept, which in ((POSTBACKS_KEPT, Postback.signed), (STRANGERS_KEPT, ~Postback.signed)):
        session.execute(
            delete(Postback).where(
                Postback.tenant_id == tenant_of(session),
                Postback.outcome.is_not(None),
                Postback.id < first_id(now - kept),
                which,
            )
        )


every(60, "aggregator.read_postbacks")
every(3_600, "aggregator.ask_all")
every(86_400, "aggregator.ask_paid")
every(3_600, "aggregator.tidy")
