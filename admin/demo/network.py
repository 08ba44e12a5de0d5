"""The network of shops on loopback: shown by a tenant, and for a coalition with weeks of orders behind it.

Its shops have the names of real chains, its rates and orders are invented, and every page of such a shop says so.
"""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

import partner_portal.aggregator.adapters  # noqa: F401  the kinds of networks
from admin.demo.names import dice
from coalition.offers import actions
from coalition.offers.models import Network
from coalition.offers.queries import network_by_code, shown_shops
from coalition.partners.actions import admit_participant
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from partner_portal.aggregator.loopback.app import CLIENT, create
from partner_portal.aggregator.loopback.serving import Quiet
from partner_portal.aggregator.loopback.world import World
from partner_portal.aggregator.walking import Step, reconcile_step, sync_step
from tenants.actor import SYSTEM, member
from tenants.models import Host
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Outage

LOOPBACK = "loopback"
AGGREGATOR = {"ru": "Агрегатор (демонстрация)", "en": "Aggregator (demonstration)"}
"""Who pays for the network's points."""
SHOPS = 612
SEED = 1
SINCE = timedelta(days=40)
"""So long before today the first orders of the demonstration are made."""
EVERY = 2
"""Days between two looks of the demonstration at what became of orders."""
SHOPPERS = 12
CLICKS = 100
"""Chooses who goes where."""


def demonstrate(session: Session, address: str) -> tuple[str, str]:
    """Let a tenant show the shops of a network at this address, half of each rate; its word and the tenant's host."""
    network = network_by_code(session, LOOPBACK)
    if network is None:
        network, word = _added(session, address)
    else:
        network.address = address
        word = actions.renew_word(session, SYSTEM, network_id=network.id)
    host = session.scalars(
        select(Host.name).where(Host.tenant_id == tenant_of(session)).order_by(Host.name)
    ).first()
    return word, host or ""


def _added(session: Session, address: str) -> tuple[Network, str]:
    codes = participants_by_code(session)
    payer = codes.get(LOOPBACK) or admit_participant(session, SYSTEM, code=LOOPBACK, name=AGGREGATOR).id
    network, word = actions.add_network(
        session,
        SYSTEM,
        programme_id=the_programme(session).id,
        participant_id=payer,
        code=LOOPBACK,
        name="Loopback",
        kind="admitad",
        address=address,
        access=dict(zip(("client_id", "client_secret"), CLIENT, strict=True)),
        options={"website": 1},
        demonstration=True,
    )
    actions.add_rule(
        session, SYSTEM, network_id=network.id, category="", rate_least=0, hold_most=None, share=5000,
        activation="approved",
    )  # fmt: skip
    return network, word


@dataclass
class Story:
    """Weeks of clicks and orders, told by a network whose clock the demonstration moves; real days, no chaos."""

    session: Session
    members: Sequence[UUID]
    address: str
    network: int = 0

    def look(self, at: datetime, days_ago: int) -> None:
        """Some members go to shops, and the network is asked what has become of the orders before. `at` is now."""
        self._moved("clock", now=at.isoformat())
        if not self.network:
            self._begin()
        self._walk(reconcile_step)
        rnd, shops = dice(CLICKS + days_ago), self.shops  # the same story on every day that it is told
        some, other = rnd.sample(self.members[1:SHOPPERS], 2)
        for member_id in (some, self.members[0], other):
            shop = rnd.choice(shops)
            link = actions.click(self.session, member(member_id), member_id=member_id, shop_id=shop)
            with urllib.request.urlopen(link, timeout=30) as page:  # noqa: S310  the network's own link, on loopback
                page.read()
        self.session.flush()  # orders are found by their clicks

    def end(self, at: datetime) -> None:
        """Ask once more, about what has happened by now."""
        self._moved("clock", now=at.isoformat())
        self._walk(reconcile_step)

    def _begin(self) -> None:
        demonstrate(self.session, self.address)
        network = network_by_code(self.session, LOOPBACK)
        assert network is not None, "it has just been added"
        self.network = network.id
        self._walk(sync_step)
        self.session.flush()
        self.shops = [one.shop.id for one in shown_shops(self.session, network.programme_id)]

    def _walk(self, step: Callable[[Session, int], Step]) -> None:
        while (found := step(self.session, self.network)) is Step.MORE:
            pass
        if found is not Step.DONE:
            network = network_by_code(self.session, LOOPBACK)
            raise Outage("network_away", why=str(network and network.failure))

    def _moved(self, what: str, **said: Any) -> None:
        request = urllib.request.Request(  # noqa: S310  loopback
            f"{self.address}/_control/{what}",
            data=json.dumps(said).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


@contextmanager
def told(session: Session, members: Sequence[UUID], begins: datetime) -> Iterator[Story]:
    """A network that lives for as long as its story is told."""
    server = make_server("127.0.0.1", 0, create(World(SEED, SHOPS, begins)), request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    story = Story(session, members, f"http://127.0.0.1:{server.port}")
    try:
        story._moved("begin", seed=SEED, shops=SHOPS, now=begins.isoformat(), chaos=0.0)
        yield story
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
