"""A network on loopback in a process of its own, and a programme that shows its shops."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from coalition.offers.actions import add_network, click, list_shop
from coalition.offers.models import Click, Network
from partner_portal.aggregator import jobs, postbacks
from partner_portal.aggregator.adapters import admitad
from partner_portal.aggregator.loopback.app import CLIENT
from partner_portal.aggregator.walking import Step, reconcile_step, sync_step, take_paid
from tenants.actor import SYSTEM, member
from tenants.runtime import db, settings
from tests.ledger.house import House, new_member, open_house

DECLARED = (jobs,)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Loopback:
    """The network's address, and how it is moved."""

    address: str

    def control(self, what: str, **said: Any) -> Any:
        """Move its clock or its mood, or ask it for the truth."""
        request = urllib.request.Request(
            f"{self.address}/_control/{what}",
            data=json.dumps(said, default=str).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def begin(self, *, shops: int = 12, seed: int = 1, now: datetime = NOW, chaos: float = 1.0) -> None:
        """A new world."""
        self.control("begin", seed=seed, shops=shops, now=now.isoformat(), chaos=chaos)

    def at(self, now: datetime) -> None:
        """Move its clock."""
        self.control("clock", now=now.isoformat())


@pytest.fixture(scope="session")
def network_process() -> Iterator[Loopback]:
    """The process."""
    command = [sys.executable, "-m", "partner_portal.aggregator.loopback.serving", "--shops", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield Loopback(process.stdout.readline().strip())
        process.terminate()


@pytest.fixture
def loopback(network_process: Loopback, house: None) -> Iterator[Loopback]:
    """A fresh world, and leave to call this machine."""
    before = settings.current()
    settings.use(replace(before, demo=True))
    admitad._tokens.clear()
    network_process.begin()
    yield network_process
    settings.use(before)


@dataclass(frozen=True)
class Mall:
    """A programme with the network in it."""

    house: House
    network: int
    word: str
    member: UUID

    def walk(self, step: Any = sync_step, **said: Any) -> Step:
        """Walk to the end, or to where it stops."""
        while True:
            with db.transaction(self.house.tenant) as session:
                found: Step = step(session, self.network, **said)
            if found is not Step.MORE:
                return found

    def reconcile(self) -> Step:
        """Ask for orders, to the end."""
        return self.walk(reconcile_step)

    def ask_paid(self) -> None:
        """Ask what the network has paid, to the end."""
        place: dict[str, Any] | None = None
        while True:
            with db.transaction(self.house.tenant) as session:
                network = session.get_one(Network, (self.house.tenant, self.network))
                place = take_paid(session, network, place)
            if place is None:
                return

    def state(self) -> Network:
        """The network's row."""
        with db.transaction(self.house.tenant) as session:
            found = session.get_one(Network, (self.house.tenant, self.network))
            session.expunge(found)
            return found


def open_mall(loopback: Loopback, tenant: int, **terms: Any) -> Mall:
    """A programme in roubles whose shops are the network's."""
    with db.transaction(tenant) as session:
        house = open_house(session, **terms)
        network, word = add_network(
            session, SYSTEM, programme_id=house.programme, participant_id=house.funders[1], code="loopback",
            name="Loopback", kind="admitad", address=loopback.address,
            access={"client_id": CLIENT[0], "client_secret": CLIENT[1]}, options={"website": 22}, demonstration=True,
        )  # fmt: skip
        return Mall(house, network.id, word, new_member(session, house))


@pytest.fixture
def mall(loopback: Loopback, tenant: int) -> Mall:
    """The programme of most tests; one point is a rouble."""
    return open_mall(loopback, tenant)


@pytest.fixture
def token(mall: Mall) -> str:
    """The word of a click of the member's; nothing is known yet of hosts and signatures."""
    postbacks._tenants.clear()
    postbacks._signatures.clear()
    mall.walk()
    with db.transaction(mall.house.tenant) as session:
        list_shop(session, SYSTEM, shop_id=1, share=5000, activation="approved")
        click(session, member(mall.member), member_id=mall.member, shop_id=1)
        return session.scalars(select(Click.token)).one()
