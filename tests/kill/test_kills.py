"""Worker, PostgreSQL and Redis killed at random points of a load: it ends as if nothing had happened.

The seed of each round is printed, and shown when the round fails.
"""

import gzip
import io
import os
import random
import signal
import subprocess
import time

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from admin.demo import wexley
from coalition.reports.audit import audit
from coalition.transactions import staging
from coalition.transactions.receiving import receive
from tenants.actor import SYSTEM
from tenants.runtime import db, queues
from tenants.runtime.embedded import Servers
from tenants.runtime.settings import Settings
from tests.kill.conftest import Start
from tests.ledger.house import House, drain
from tests.transactions.bank import balances
from tests.transactions.test_real_files import documents, open_wexley

ROUNDS = 10
PATIENCE_SECONDS = 90.0
FILES = wexley.FILES[:2]
WORKERS = 2

pytestmark = pytest.mark.slow


def send(bank: House) -> list[int]:
    """Receive the files; the workers post them."""
    numbers = []
    for path in FILES:
        with db.transaction(bank.tenant) as session:
            content = io.BytesIO(gzip.decompress(path.read_bytes()))
            found = receive(session, SYSTEM, profile_code="wexley-cards", name=path.name, stream=content)
            numbers.append(found.file.id)
    return numbers


def left(bank: House) -> int | None:
    """How many files are not done; None when the database does not answer."""
    try:
        with db.transaction(bank.tenant) as session:
            count = text("select count(*) from inbound_file where state <> 'done'")
            return int(session.execute(count).scalar_one())
    except DBAPIError:
        return None


def kill(name: str, servers: Servers, workers: list[subprocess.Popen[bytes]], start: Start) -> None:
    """Kill it without a warning, and start it again as the supervisor would."""
    if name == "worker":
        victim = workers.pop(0)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    else:
        server = {"postgres": servers.postgres, "redis": servers.redis}[name]
        assert server is not None
        process = server.running()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        while process.alive():
            time.sleep(0.005)
        servers.start()
    tend(workers, start)


def tend(workers: list[subprocess.Popen[bytes]], start: Start) -> None:
    """Start a worker for each that has ended, as the supervisor does: one may end after the kill, of what it broke."""
    workers[:] = [worker for worker in workers if worker.poll() is None]
    while len(workers) < WORKERS:
        workers.append(start())


def reset(live: Settings, bank: House) -> None:
    """Forget the files and all that they did, as the owner may; the bank and its clients stay."""
    emptied = (
        "transfer, lot, lot_use, waiting_lot, receipt, revaluation, purchase, purchase_return, counter_sheet,"
        " settled_return, moved_return, rejected_line, unmatched_line, suspect_sale, order_sale, hand_operation,"
        " round_up, claim, claim_event, claim_file, claim_decision"
    )
    with psycopg.connect(live.database_owner_url.replace("+psycopg", "")) as owner:
        owner.execute(f"truncate {emptied}, file_chunk, inbound_file, outbox")
        owner.execute(f"set local app.tenant_id = '{bank.tenant}'")
        owner.execute("update balance set available = 0, pending = 0, held = 0, debt = 0")


def test_killed_loads_end_in_the_balances_of_the_undisturbed_one(
    live_database: Settings, servers: Servers, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "LINES_PER_CHUNK", 500)  # as tests.kill.worker has it
    queues.disconnect()  # nothing goes to the workers before they are there
    bank = open_wexley(documents(counting=True))
    send(bank)
    drain(bank.tenant)
    expected = balances(bank)
    assert sum(available for available, *_ in expected.values()) > 100_000
    queues.connect(live_database.redis_url)
    workers = [start() for _ in range(WORKERS)]
    for round_ in range(ROUNDS):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"round {round_}: seed {seed}")
        one_round(random.Random(seed), live_database, bank, servers, workers, start)
        assert balances(bank) == expected, f"seed {seed}"


def one_round(
    rnd: random.Random,
    live: Settings,
    bank: House,
    servers: Servers,
    workers: list[subprocess.Popen[bytes]],
    start: Start,
) -> None:
    reset(live, bank)
    numbers = send(bank)
    victims = rnd.sample(["worker", "postgres", "redis", "worker"], 2)
    for name in victims:
        time.sleep(rnd.uniform(0.05, 0.8))
        kill(name, servers, workers, start)
    begun = time.monotonic()
    while left(bank) != 0:
        assert time.monotonic() - begun < PATIENCE_SECONDS, "the load did not end"
        tend(workers, start)
        time.sleep(0.02)
    with db.transaction(bank.tenant) as session:
        assert [finding for finding in audit(session) if finding.broken] == []
        states = session.execute(text("select id, state from inbound_file order by id")).all()
        failed = session.execute(text("select name, error from outbox where state = 'failed'")).all()
    assert [(number, state) for number, state in states] == [(number, "done") for number in numbers]
    assert failed == []
