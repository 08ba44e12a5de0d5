"""Worker, PostgreSQL and Redis killed while a correction is posted: it ends as if nothing had happened."""

import random
import subprocess
import time
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from coalition.promotions.models import PromotionVersion
from coalition.reports.audit import audit
from coalition.transactions.corrections import actions, jobs
from coalition.transactions.corrections.actions import approve_correction, begin_correction
from coalition.transactions.corrections.queries import Found, correction_by_id
from tenants.actor import SYSTEM
from tenants.runtime import db, queues
from tenants.runtime.embedded import Servers
from tenants.runtime.settings import Settings
from tests.kill import test_kills
from tests.kill.test_kills import PATIENCE_SECONDS, WORKERS, Start, kill, reset, send
from tests.kill.test_kills import start as start
from tests.ledger.house import House, drain
from tests.transactions.bank import balances
from tests.transactions.test_real_files import documents, open_wexley

ROUNDS = 3
JOBS = (jobs,)
pytestmark = pytest.mark.slow


def previewed(bank: House) -> int:
    """The files posted, and the correction of all their days worked out, undisturbed."""
    send(bank)
    drain(bank.tenant)
    with db.transaction(bank.tenant) as session:
        first, last = session.execute(text("select min(occurred_at), max(occurred_at) from purchase")).one()
        version = session.scalars(
            select(PromotionVersion)
            .where(PromotionVersion.tenant_id == bank.tenant, PromotionVersion.correcting.is_(False))
            .order_by(PromotionVersion.id)
        ).first()
        assert version is not None
        document = version.document | {"mechanic": {"kind": "percent", "rate": "3"}}
        number = begin_correction(
            session, SYSTEM, code="p0", document=document, first_day=first.date(),
            last_day=last.date() + timedelta(days=1), debt="allowed",
        ).id  # fmt: skip
    drain(bank.tenant)
    return number


def signed(bank: House, number: int) -> None:
    with db.transaction(bank.tenant) as session:
        approve_correction(session, SYSTEM, correction_id=number)


def found(bank: House, number: int) -> Found | None:
    """The correction; nothing while the database does not answer."""
    try:
        with db.transaction(bank.tenant) as session:
            return correction_by_id(session, number)
    except DBAPIError:
        return None


def forgotten(live: Settings, bank: House) -> None:
    """Forget purchases and corrections, as the owner may."""
    reset(live, bank)
    with psycopg.connect(live.database_owner_url.replace("+psycopg", "")) as owner:
        owner.execute(f"set local app.tenant_id = '{bank.tenant}'")
        owner.execute("truncate correction, correction_slice, corrected_member")
        owner.execute("delete from promotion_version where correcting")
        owner.execute("update promotion_clock set number = number + 1")


def test_a_killed_correction_ends_in_the_balances_of_the_undisturbed_one(
    live_database: Settings, servers: Servers, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MEMBERS_PER_SLICE", 25)
    monkeypatch.setattr(test_kills, "FILES", test_kills.FILES[:1])
    queues.disconnect()  # nothing goes to the workers before they are there
    bank = open_wexley(documents(counting=True))
    number = previewed(bank)
    before = balances(bank)
    signed(bank, number)
    drain(bank.tenant)
    expected, undisturbed = balances(bank), found(bank, number)
    assert undisturbed is not None
    assert undisturbed.correction.slices > 10
    assert (undisturbed.done, undisturbed.differs) == (undisturbed.preview, False)
    assert expected != before
    workers: list[subprocess.Popen[bytes]] = []
    for round_ in range(ROUNDS):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"round {round_}: seed {seed}")
        queues.disconnect()
        forgotten(live_database, bank)
        number = previewed(bank)
        queues.connect(live_database.redis_url)
        workers += [start() for _ in range(WORKERS - len(workers))]
        one_round(random.Random(seed), bank, number, servers, workers, start)
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
    for name in rnd.sample(["worker", "postgres", "redis", "worker"], 2):
        time.sleep(rnd.uniform(0.05, 0.5))
        kill(name, servers, workers, start)
    begun = time.monotonic()
    while (now := found(bank, number)) is None or now.correction.state != "done":
        assert time.monotonic() - begun < PATIENCE_SECONDS, "the correction did not end"
        time.sleep(0.02)
    assert (now.done, now.differs) == (now.preview, False)
    with db.transaction(bank.tenant) as session:
        assert [finding for finding in audit(session) if finding.broken] == []
        assert session.execute(text("select count(*) from outbox where state = 'failed'")).scalar_one() == 0
