"""Networks of shops: how many postbacks a second are answered, and what of a walk is the network's own time.

A network of the product's own stands on loopback and takes a quarter of a second for each answer, which is quick for a
real one.
"""

import base64
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import text

from bench import base
from bench.load import Load, load
from bench.online import CONNECTIONS, HOST, WARM_SECONDS, listening
from coalition.offers.actions import add_network
from coalition.partners.actions import admit_participant
from coalition.programmes.actions import open_programme
from migrations import runner
from tenants import process
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.settings import Settings

SHOPS, COUPONS, PAGE, DELAY_SECONDS = 1_000, 5, 200, 0.25
ACCESS = {"client_id": "loopback", "client_secret": "loopback-secret"}
DATABASE = "coalition_bench_aggregator"


@dataclass(frozen=True)
class Walk:
    """One walk: what it brought, how long it took, and how long the network alone takes for the same pages."""

    shops: int
    coupons: int
    pages: int
    seconds: float
    network: float

    @property
    def part(self) -> float:
        """What of it is the network's time."""
        return self.network / self.seconds


@dataclass(frozen=True)
class Figures:
    """What one run found."""

    postbacks: Load
    empty: Load
    stored: int
    first: Walk
    second: Walk

    @property
    def ratio(self) -> float:
        """Postbacks a second against empty POSTs."""
        return self.postbacks.rate / self.empty.rate


def measure(chosen: Settings, *, seconds: float) -> Figures:
    """All figures, in a database of their own."""
    with (
        tempfile.TemporaryDirectory(prefix="coalition-bench-") as folder,
        _opened(chosen, Path(folder)) as bank,
    ):
        with _network() as address:
            word = _add(address)
            first, second = _walked(bank, address), _walked(bank, address)
        with listening(bank, "bench.empty:create_app") as port:
            _load(port, _postbacks(port, word), WARM_SECONDS)
            _load(port, _nothing(port), WARM_SECONDS)
            before = _stored(bank)
            told = _load(port, _postbacks(port, word), seconds)
            stored = _stored(bank) - before
            empty = _load(port, _nothing(port), seconds)
    return Figures(told, empty, stored, first, second)


@contextmanager
def _opened(chosen: Settings, folder: Path) -> Iterator[Settings]:
    chosen = replace(chosen, data_dir=folder, drop_folder=folder / "drop", demo=True)
    base.drop(chosen, DATABASE)
    base.as_owner(chosen, f"create database {DATABASE}")
    bank = base.within(chosen, DATABASE)
    try:
        runner.upgrade(bank.database_owner_url, bank.database_url)
        process.begin(bank)
        yield bank
    finally:
        db.dispose()
        base.drop(chosen, DATABASE)


def _add(address: str) -> str:
    with db.transaction(None) as session:
        open_tenant(session, slug="bench", hosts=[HOST])
        programme = open_programme(
            session, SYSTEM, code="p", name={"en": "P"}, unit={"en": ["point", "points"]}, scale=0, currency="RUB",
            value_minor=100, value_points=1, zone="Europe/Moscow",
        )  # fmt: skip
        payer = admit_participant(session, SYSTEM, code="payer", name={"en": "Payer"})
        _, word = add_network(
            session, SYSTEM, programme_id=programme.id, participant_id=payer.id, code="loopback", name="Loopback",
            kind="admitad", address=address, access=ACCESS, options={"website": 1}, demonstration=True,
        )  # fmt: skip
        return word


@contextmanager
def _network() -> Iterator[str]:
    """The network's process; its address."""
    command = [sys.executable, "-m", "partner_portal.aggregator.loopback.serving", "--shops", str(SHOPS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process_:
        assert process_.stdout is not None
        address = process_.stdout.readline().strip()
        trouble = json.dumps({"coupons": COUPONS, "delay": DELAY_SECONDS}).encode()
        _ask(f"{address}/_control/trouble", trouble, {"Content-Type": "application/json"})
        yield address
        process_.terminate()


def _walked(bank: Settings, address: str) -> Walk:
    """What `coalition aggregator sync` says of its walk, and the network's own time for the same answers."""
    command = [sys.executable, "-m", "admin.cli.main", "aggregator", "sync", "--tenant", "bench", "--json"]
    done = subprocess.run(command, env=bank.environment(), check=True, capture_output=True, text=True)
    (told,) = json.loads(done.stdout)
    return Walk(told["shops"], told["coupons"], told["pages"], told["seconds"], _alone(address))


def _alone(address: str) -> float:
    """How long the network takes for all pages, with nothing done with them."""
    begun = time.perf_counter()
    pair = base64.b64encode(":".join(ACCESS.values()).encode()).decode()
    asked = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
    token = json.loads(_ask(f"{address}/token/", asked, {"Authorization": f"Basic {pair}"}))["access_token"]
    for path, count in (("advcampaigns", SHOPS), ("coupons", SHOPS * COUPONS)):
        for offset in range(0, count, PAGE):
            where = f"{address}/{path}/website/1/?limit={PAGE}&offset={offset}"
            _ask(where, None, {"Authorization": f"Bearer {token}"})
    return time.perf_counter() - begun


def _ask(url: str, body: bytes | None, headers: dict[str, str]) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:  # noqa: S310
        found: bytes = answer.read()
        return found


def _load(port: int, requests: Iterator[bytes], seconds: float) -> Load:
    return load(port, requests, connections=CONNECTIONS, seconds=seconds)


def _postbacks(port: int, word: str) -> Iterator[bytes]:
    draw = random.Random(1)  # noqa: S311
    while True:
        number = draw.getrandbits(48)
        body = f"subid={number:026d}&action_id={number}&order_sum=1250.00&payment_sum=187.50&currency=RUB".encode()
        yield _post(port, f"/postback/loopback?key={word}", body)


def _nothing(port: int) -> Iterator[bytes]:
    while True:
        yield _post(port, "/empty", b"")


def _post(port: int, path: str, body: bytes) -> bytes:
    form = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n{form}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _stored(bank: Settings) -> int:
    with db.transaction(1) as session:
        return int(session.execute(text("select count(*) from postback where tenant_id = 1")).scalar_one())
