"""A till's purchase over HTTP, against the database's own limit: pgbench with the statement that books it.

The server is granian with two processes, as many as the machine has cores; it, the database and who asks share them.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from statistics import median

import psycopg
from sqlalchemy import text

from bench import base, past, pgbench, seed
from bench.load import Load, load
from coalition.partners.clients import add_client
from coalition.promotions.document import Document
from coalition.reports.audit import audit
from migrations import runner
from tenants import process
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.settings import Settings, libpq

PROMOTIONS, CONNECTIONS, PROCESSES, THREADS = 2_000, 16, 2, 3
HOST = "bench.localhost"
WARM_SECONDS = 4.0


@dataclass(frozen=True)
class Till:
    """Where the server listens, with a token that it takes."""

    port: int
    token: str

    def post(self, path: str, body: object, key: str = "") -> bytes:
        """A request as it goes over the wire."""
        content = json.dumps(body).encode()
        head = (
            f"POST /v1{path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"
        )
        head += "Content-Type: application/json\r\n" + (f"Idempotency-Key: {key}\r\n" if key else "")
        return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content

    def get(self, path: str) -> bytes:
        """The same without a body."""
        return (
            f"GET /v1{path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        ).encode()


@dataclass(frozen=True)
class Figures:
    """What one run found; rates are medians of its rounds."""

    limit: float
    purchases: Load
    quotes: Load
    balance_limit: float
    balances: Load
    hot: Load

    @property
    def failed(self) -> int:
        """Answers that were no success."""
        return sum(one.failed for one in (self.purchases, self.quotes, self.balances, self.hot))


def measure(chosen: Settings, *, members: int, seconds: float, rounds: int = 3) -> Figures:
    """All figures with so many members; each kind of request is asked for `seconds` in each round."""
    with (
        tempfile.TemporaryDirectory(prefix="coalition-bench-") as folder,
        opened(chosen, Path(folder), members) as bank,
        served(bank) as till,
    ):
        draw = random.Random(members)  # noqa: S311
        ids = ids_of(bank)
        loaded(till, purchases(till, draw, members), WARM_SECONDS)
        limits, balance_limits = [], []
        bought: list[Load] = []
        quoted: list[Load] = []
        read: list[Load] = []
        for _ in range(rounds):
            limits.append(pgbench.purchases(bank, members, CONNECTIONS, seconds))
            bought.append(loaded(till, purchases(till, draw, members), seconds))
            quoted.append(loaded(till, _quotes(till, draw, members), seconds))
            balance_limits.append(pgbench.balances(bank, members, CONNECTIONS, seconds))
            read.append(loaded(till, _balances(till, draw, ids), seconds))
        hot = loaded(till, purchases(till, draw, 1), seconds)
        audited()
        return Figures(
            median(limits), _middle(bought), _middle(quoted), median(balance_limits), _middle(read), hot
        )


def loaded(till: Till, requests: Iterator[bytes], seconds: float) -> Load:
    """What the server answers on all connections in so many seconds."""
    return load(till.port, requests, connections=CONNECTIONS, seconds=seconds)


def _middle(rounds: list[Load]) -> Load:
    return sorted(rounds, key=lambda one: one.rate)[len(rounds) // 2]


def _sale(draw: random.Random, members: int) -> dict[str, object]:
    one, two = draw.randint(5_000, 200_000), draw.randint(5_000, 200_000)
    number = draw.randint(1, seed.PARTNERS // seed.FUNDERS - 1) * seed.FUNDERS
    return {
        "reference": f"{draw.getrandbits(96):024x}",
        "occurred_at": "2026-11-20T12:00:00+03:00",
        "amount": one + two,
        "member": {"handle": seed.card(draw.randrange(members))},
        "partner": f"p{number}",
        "lines": [{"sku": "A-100", "amount": one}, {"sku": "B-200", "amount": two, "quantity": 2}],
    }


def purchases(till: Till, draw: random.Random, members: int) -> Iterator[bytes]:
    """Sales without end, each of a member drawn from so many."""
    while True:
        sale = _sale(draw, members)
        yield till.post("/purchases", sale, str(sale["reference"]))


def _quotes(till: Till, draw: random.Random, members: int) -> Iterator[bytes]:
    while True:
        yield till.post("/purchases/quote", _sale(draw, members))


def _balances(till: Till, draw: random.Random, ids: list[str]) -> Iterator[bytes]:
    while True:
        yield till.get(f"/members/{draw.choice(ids)}/balance")


@contextmanager
def opened(
    chosen: Settings, folder: Path, members: int, database: str = "coalition_bench_online", months: int = 0
) -> Iterator[Settings]:
    """A seeded bank in a database of its own, and this process in it; its members have bought for so many months."""
    chosen = replace(chosen, data_dir=folder, drop_folder=folder / "drop", api_requests_per_minute=10_000_000)
    base.drop(chosen, database)
    base.as_owner(chosen, f"create database {database}")
    bank = base.within(chosen, database)
    try:
        runner.upgrade(bank.database_owner_url, bank.database_url)
        process.begin(bank)
        with db.transaction(None) as session:
            programme = seed.seed_bank(session, members=members)
            seed.seed_promotions(session, programme, PROMOTIONS, more=(_everybody(),))
            seed.seed_sellers(session)
        past.buy(PROMOTIONS + 1, months)
        with psycopg.connect(libpq(bank.database_owner_url), autocommit=True) as connection:
            connection.execute("vacuum analyze")
        yield bank
    finally:
        db.dispose()
        base.drop(chosen, database)


def _everybody() -> Document:
    return Document.model_validate(
        {
            "title": {"ru": "Всем", "en": "For everybody"},
            "mechanic": {"kind": "percent", "rate": "1"},
            "limits": {"per_month": "100000"},
            "funding": [{"participant": "funder0", "share": 100}],
        }
    )


def _client(bank: Settings) -> tuple[str, str]:
    with db.transaction(1) as session:
        client, secret = add_client(
            session,
            SYSTEM,
            name="till",
            programme_id=1,
            participant_id=1,
            scopes=("members:read", "purchases:write"),
        )
        return client.id, secret


def ids_of(bank: Settings) -> list[str]:
    """Ids of members; this process is in that bank."""
    with db.transaction(1) as session:
        rows = session.execute(text("select member_id::text from balance where tenant_id = 1 limit 100000"))
        return [member for (member,) in rows]


@contextmanager
def served(bank: Settings) -> Iterator[Till]:
    """The bank's server, with a till that may sell there; this process is in that bank."""
    secret = _client(bank)
    with listening(bank) as port:
        yield Till(port, _token(port, *secret))


@contextmanager
def listening(bank: Settings, factory: str = "wsgi:create_app") -> Iterator[int]:
    """The port of the bank's server."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    options = [
        "--interface",
        "wsgi",
        "--factory",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-access-log",
    ]
    options += ["--workers", str(PROCESSES), "--blocking-threads", str(THREADS), "--log-level", "error"]
    server = subprocess.Popen([sys.executable, "-m", "granian", *options, factory], env=bank.environment())
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _token(port: int, client: str, secret: str) -> str:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/oauth/token",
        f"grant_type=client_credentials&client_id={client}&client_secret={secret}".encode(),
        {"Host": f"{HOST}:{port}"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
        return str(json.load(answer)["access_token"])


def audited() -> None:
    """Nothing that the audit of the bank finds is broken."""
    with db.transaction(1) as session:
        broken = [finding for finding in audit(session) if finding.broken]
    assert not broken, broken
