"""Servers and workers killed under tills that sell, spend, take back and enrol: what was answered is there once.

The seed of each round is printed, and shown when the round fails. Each round kills two; every fifth begins a new turn
of all victims, and ROUNDS in the environment asks for more of them than the suite does.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any
from uuid import UUID

import psutil
import pytest
from sqlalchemy import text

from coalition.members.questionnaire import set_questionnaire
from coalition.promotions.actions import publish
from coalition.redemption.paying import set_pay_terms
from coalition.reports.audit import audit
from partner_portal.till.client import Away, Refused
from partner_portal.till.client import Till as Program
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.embedded import Servers
from tenants.runtime.settings import Settings
from tests.api.conftest import Till, furnished
from tests.api.served import free_port
from tests.kill.conftest import Start
from tests.ledger.house import balance, drain, new_member
from tests.redemption.shop import give
from tests.transactions.bank import LONG_AGO, promotion

VICTIMS = ("server", "postgres", "redis", "worker of the server", "worker of the queues")
ROUNDS, TILLS, LOAD_SECONDS = int(os.environ.get("ROUNDS", len(VICTIMS))), 4, 2.0
PATIENCE_SECONDS = 90.0
WELCOME = 50
pytestmark = pytest.mark.slow


@dataclass
class Web:
    """The application's real server; it is started again whenever somebody kills it."""

    settings: Settings
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, on the port it had."""
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", "1", "--respawn-failed-workers", "--factory", "--no-access-log", "wsgi:create_app"),
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command, env=self.settings.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self, whole: bool) -> None:
        """Kill it without a warning: all of it, or the process that does the work."""
        assert self.process is not None, "it was started"
        children = psutil.Process(self.process.pid).children(recursive=True)
        if whole:
            self.process.kill()
            self.process.wait()
        for child in children:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        if whole:
            self.start()

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)


@contextmanager
def web(chosen: Settings) -> Iterator[Web]:
    found = Web(chosen)
    found.start()
    try:
        yield found
    finally:
        found.stop()


@dataclass
class Day:
    """What one till did in a round: every answer by the reference of its request."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    joined: dict[str, UUID] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def sell_until(over: Event, program: Program, member: UUID, name: str, day: Day) -> None:
    """Sales, every third paid with points in part, every fourth brought back, every fifth by somebody new."""
    number = 0
    while not over.is_set():
        number += 1
        reference = f"{name}-{number}"
        body: dict[str, Any] = {
            "member": {"id": str(member)}, "reference": reference, "occurred_at": "2026-11-20T10:30:00+12:00",
            "amount": 10_000, "lines": [{"sku": "cup", "quantity": 2, "amount": 10_000}],
        }  # fmt: skip
        try:
            if number % 3 == 0:
                body["points"] = 20
                program.hold(body)
            day.answers[reference] = program.sell(body)
            if number % 4 == 0:
                back = body | {"reference": f"{reference}-back", "original": reference, "amount": 4_000}
                del back["member"]
                back.pop("points", None)
                back["lines"] = [{"sku": "cup", "quantity": 1, "amount": 4_000}]
                day.answers[f"{reference}-back"] = program.take_back(back)
            if number % 5 == 0:
                told = {"name": reference, "email": f"{reference}@example.test"}
                made = program.write("/members", {"reference": reference, "fields": told})
                day.joined[reference] = UUID(made["member_id"])
        except (Away, Refused) as problem:
            day.refused[reference] = str(problem)
    program.close()


@dataclass
class Deployment:
    """What can be killed."""

    site: Web
    servers: Servers
    start: Start
    worker: subprocess.Popen[bytes]

    def kill(self, victim: str) -> None:
        """Kill it without a warning, and start it again as the supervisor would."""
        match victim:
            case "server" | "worker of the server":
                self.site.kill(whole=victim == "server")
            case "worker of the queues":
                self.worker.kill()
                self.worker.wait()
            case _:
                server = {"postgres": self.servers.postgres, "redis": self.servers.redis}[victim]
                assert server is not None
                process = server.running()
                assert process is not None
                os.kill(process.pid, signal.SIGKILL)
                while process.alive():
                    time.sleep(0.005)
                self.servers.start()
        self.keep()

    def keep(self) -> None:
        """Start again what has ended, as its supervisor does: a server gives up whose worker dies young."""
        if self.worker.poll() is not None:
            self.worker = self.start()
        if self.site.process is not None and self.site.process.poll() is not None:
            self.site.start()


def one_round(
    rnd: random.Random, deployed: Deployment, victim: str, till: Till, members: list[UUID], name: str
) -> list[Day]:
    over, days = Event(), [Day() for _ in members]
    threads = []
    for number, (member, day) in enumerate(zip(members, days, strict=True)):
        program = Program(
            f"http://127.0.0.1:{deployed.site.port}/v1", till.client_id, till.secret,
            host="shop.localhost", language="en", patience=PATIENCE_SECONDS,
        )  # fmt: skip
        threads.append(Thread(target=sell_until, args=(over, program, member, f"{name}-{number}", day)))
    for thread in threads:
        thread.start()
    for one in (victim, rnd.choice(VICTIMS)):
        time.sleep(rnd.uniform(0.2, LOAD_SECONDS / 2))
        deployed.kill(one)
    time.sleep(LOAD_SECONDS / 2)
    over.set()
    for thread in threads:
        while thread.is_alive():  # each gives up by itself when it has no answer within its patience
            deployed.keep()
            thread.join(0.1)
    return days


def booked(till: Till, member: UUID) -> dict[str, int]:
    """What is there of a member: sales, returns, and what redemptions stand, by the database."""
    statements = {
        "sales": "select count(*) from purchase where member_id = :member",
        "returns": "select count(*) from purchase_return where member_id = :member and state = 'applied'",
        "held": "select count(*) from redemption where member_id = :member and state = 'held'",
        "spent": "select coalesce(sum(points - points_back), 0) from redemption"
        " where member_id = :member and state = 'done'",
    }
    with db.transaction(till.house.tenant) as session:
        return {
            name: int(session.execute(text(one), {"member": member}).scalar_one())
            for name, one in statements.items()
        }


def test_tills_settle_whatever_is_killed_under_them(
    live_database: Settings, servers: Servers, start: Start
) -> None:
    till = furnished("shop")
    members = prepared(till)
    whole = [dict[str, dict[str, Any]]() for _ in members]
    joined: dict[str, UUID] = {}
    with web(live_database) as site:
        deployed = Deployment(site, servers, start, start())
        for round_ in range(ROUNDS):
            seed = random.SystemRandom().randrange(1 << 32)
            victim = VICTIMS[round_ % len(VICTIMS)]
            print(f"round {round_}: {victim}, seed {seed}", flush=True)
            days = one_round(random.Random(seed), deployed, victim, till, members, f"r{round_}")
            for seen, day in zip(whole, days, strict=True):
                assert day.refused == {}, f"seed {seed}"
                seen.update(day.answers)
                joined |= day.joined
            settled(till, members, whole, seed)
            welcomed(till, joined, seed)
    assert sum(map(len, whole)) > 4 * ROUNDS
    assert joined


def prepared(till: Till) -> list[UUID]:
    """Points pay 30 %, who joins gets some from the worker, and each till has a member with a million."""
    with db.transaction(till.house.tenant) as session:
        set_pay_terms(
            session, SYSTEM, programme_id=till.house.programme, terms={"percent": "30", "code": "never"}
        )
        asks = {"fields": [{"code": "name"}, {"code": "email"}]}
        set_questionnaire(session, SYSTEM, programme_id=till.house.programme, document=asks)
        members = [new_member(session, till.house) for _ in range(TILLS)]
        for number, member in enumerate(members):
            give(session, till.house, member, 1_000_000, source=f"old/{number}")
    drain(till.house.tenant)
    welcome = promotion({"kind": "fixed", "points": str(WELCOME)}, trigger={"kind": "enrolment"})
    with db.transaction(till.house.tenant) as session:
        publish(
            session, SYSTEM, programme_id=till.house.programme, code="welcome", document=welcome,
            starts_at=LONG_AGO,
        )  # fmt: skip
    return members


def welcomed(till: Till, joined: dict[str, UUID], seed: int) -> None:
    """Who joined is there once, and has been given the welcome once."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while (given := _balances(till, joined)) != dict.fromkeys(joined.values(), WELCOME):
        assert time.monotonic() < ends, f"seed {seed}: {given}"
        time.sleep(0.05)
    with db.transaction(till.house.tenant) as session:
        everybody = session.execute(text("select count(*) from member")).scalar_one()
    assert everybody == len(joined) + TILLS + 1, f"seed {seed}"  # Vera is a member, too


def _balances(till: Till, joined: dict[str, UUID]) -> dict[UUID, int]:
    rows = text("select member_id, available from balance where member_id = any(:members)")
    with db.transaction(till.house.tenant) as session:
        return dict(session.execute(rows, {"members": list(joined.values())}).all())


def settled(till: Till, members: list[UUID], whole: list[dict[str, dict[str, Any]]], seed: int) -> None:
    """Every answer is there once, nothing else is, and the points are those of the answers."""
    for member, answers in zip(members, whole, strict=True):
        sales = {name: one for name, one in answers.items() if not name.endswith("-back")}
        backs = {name: one for name, one in answers.items() if name.endswith("-back")}
        spent = sum(one["paid"]["points"] for one in sales.values() if one["paid"])
        back = sum(one["points_back"] for one in backs.values())
        assert booked(till, member) == {
            "sales": len(sales), "returns": len(backs), "held": 0, "spent": spent - back,
        }, f"seed {seed}"  # fmt: skip
        earned = sum(one["points"] for one in answers.values())
        with db.transaction(till.house.tenant) as session:
            assert balance(session, member) == (1_000_000 + earned - spent + back, 0, 0, 0), f"seed {seed}"
    with db.transaction(till.house.tenant) as session:
        assert [finding for finding in audit(session) if finding.broken] == [], f"seed {seed}"
