"""Worker, PostgreSQL and Redis killed while a correction is posted: it ends as if nothing had happened."""

import random
import subprocess
import time
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from coalition.reports.audit import audit
from coalition.transactions.corrections import actions, jobs
from coalition.transactions.corrections.actions import approve_correction, begin_correction, send_correction
from coalition.transactions.corrections.queries import Found, correction_by_id
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import db, queues
from tenants.runtime.embedded import Servers
from tenants.runtime.settings import Settings
from tests.kill.conftest import Start
from tests.kill.test_kills import PATIENCE_SECONDS, WORKERS, kill, reset
from tests.ledger.house import House, drain, new_member
from tests.transactions.bank import balances, open_bank, promotion

ROUNDS, MEMBERS, MEMBERS_PER_SLICE = 2, 60, 3
JOBS = (jobs,)
pytestmark = pytest.mark.slow
WRONG = promotion({"kind": "percent", "rate": "7"}, limits={"per_month": "90", "budget": "20000"})
RIGHT = promotion({"kind": "percent", "rate": "3"}, limits={"per_month": "60", "budget": "20000"})
FIFTH = promotion({"kind": "fixed", "points": "25"}, trigger={"kind": "nth", "n": 3, "every": True})


def previewed(bank: House, members: list[UUID]) -> int:
    """Purchases of all members, and the correction of a week of them worked out, undisturbed."""
    told = [
        Told(
            f"{place}-{day}", member, datetime(2026, 11, day, 6, tzinfo=UTC), 10_000 * (place % 7 + 1), "shop"
        )
        for place, member in enumerate(members)
        for day in (2, 3, 5, 9)
    ]
    with db.transaction(bank.tenant) as session:
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)
    with db.transaction(bank.tenant) as session:
        number = begin_correction(
            session, SYSTEM, code="p0", document=RIGHT, first_day=date(2026, 11, 1), last_day=date(2026, 11, 7),
            debt="allowed",
        ).id  # fmt: skip
    for part in range(
        MEMBERS // MEMBERS_PER_SLICE
    ):  # not by draining: what a killed worker forked may still be at it
        with db.transaction(bank.tenant) as session:
            jobs.preview_slice(session, number, part)
    return number


def signed(bank: House, number: int) -> None:
    with db.transaction(bank.tenant) as session:
        send_correction(session, SYSTEM, correction_id=number)
        approve_correction(session, SYSTEM, correction_id=number)


def found(bank: House, number: int) -> Found | None:
    """The correction; nothing while the database does not answer."""
    try:
        with db.transaction(bank.tenant) as session:
            return correction_by_id(session, number)
    except DBAPIError:
        return None


def unfinished(bank: House) -> str:
    """Jobs that are not done, with what became of them."""
    with db.transaction(bank.tenant) as session:
        rows = session.execute(
            text(
                "select name, arguments, state, attempts, error, run_after from outbox where state <> 'done'"
            )
        ).all()
    return f"the correction did not end: {rows}"


def forgotten(live: Settings, bank: House) -> None:
    """Forget purchases and corrections, as the owner may."""
    reset(live, bank)
    with psycopg.connect(live.database_owner_url.replace("+psycopg", "")) as owner:
        owner.execute(f"set local app.tenant_id = '{bank.tenant}'")
        owner.execute("truncate correction, correction_slice, corrected_member")
        owner.execute("delete from promotion_version where correcting")
        owner.execute("update promotion_clock set number = number + 1")
        owner.execute("update promotion_budget set room = case shard when 0 then 20000 else 0 end")


def test_a_killed_correction_ends_in_the_balances_of_the_undisturbed_one(
    live_database: Settings, servers: Servers, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MEMBERS_PER_SLICE", MEMBERS_PER_SLICE)
    queues.disconnect()  # nothing goes to the workers before they are there
    bank = open_bank([WRONG, FIFTH])
    with db.transaction(bank.tenant) as session:
        members = [new_member(session, bank) for _ in range(MEMBERS)]
    number = previewed(bank, members)
    before = balances(bank)
    signed(bank, number)
    drain(bank.tenant)
    expected, undisturbed = balances(bank), found(bank, number)
    assert undisturbed is not None
    assert (undisturbed.correction.slices, undisturbed.preview.losers) == (20, 44)
    assert (undisturbed.done, undisturbed.differs) == (undisturbed.preview, False)
    assert expected != before
    for round_ in range(ROUNDS):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"round {round_}: seed {seed}")
        queues.disconnect()
        forgotten(live_database, bank)
        number = previewed(bank, members)
        queues.connect(live_database.redis_url)
        workers = [start() for _ in range(WORKERS)]
        one_round(random.Random(seed), bank, number, servers, workers, start)
        for worker in workers:  # the next round is prepared undisturbed
            worker.kill()
            worker.wait()
        assert balances(bank) == expected, f"seed {seed}"


def one_round(
    rnd: random.Random,
    bank: House,
    number: int,
    servers: Servers,
    workers: list[subprocess.Popen[bytes]],
    start: Start,
) -> None:
    signed(bank, number)
    begun = time.monotonic()
    while not ((now := found(bank, number)) and now.posted):  # the workers are at it
        assert time.monotonic() - begun < PATIENCE_SECONDS, unfinished(bank)
        time.sleep(0.005)
    for name in rnd.sample(["worker", "postgres", "redis", "worker"], 2):
        time.sleep(rnd.uniform(0, 0.15))
        kill(name, servers, workers, start)
    begun = time.monotonic()
    while (now := found(bank, number)) is None or now.correction.state != "done":
        assert time.monotonic() - begun < PATIENCE_SECONDS, unfinished(bank)
        workers[:] = [worker for worker in workers if worker.poll() is None]
        workers += [
            start() for _ in range(WORKERS - len(workers))
        ]  # one that was beginning when a server fell ends
        time.sleep(0.05)
    assert (now.done, now.differs) == (now.preview, False)
    with db.transaction(bank.tenant) as session:
        assert [finding for finding in audit(session) if finding.broken] == []
        assert session.execute(text("select count(*) from outbox where state = 'failed'")).scalar_one() == 0
