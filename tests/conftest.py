"""What tests stand on: a PostgreSQL and a Redis of their own, real rows, the app's own role, and no way out.

`session` is a tenant's transaction that is rolled back, so most tests see an empty house. A test that needs real
commits, several connections or other processes takes `live_database`, a database of its own.
"""

import ipaddress
import shutil
import signal
import socket
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from migrations import runner
from tenants import process, vault
from tenants.actions import open_tenant
from tenants.auth import passwords
from tenants.runtime import db, files, queues, settings
from tenants.runtime.embedded import Servers
from tenants.runtime.settings import Settings
from tests.ledger.house import forget_promotions

TEMPLATE = "coalition_template"


def pytest_configure() -> None:
    """A run that is told to stop (by a time limit, say) still stops its servers. Passwords are hashed cheaply in it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._NOBODY = passwords._hasher.hash("nobody signs in with this")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that workers that share the files end together."""
    slow = {item.path for item in items for name in ("slow", "browser") if item.get_closest_marker(name)}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test printed goes from one process to another as UTF-8: names of files need not be."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "replace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that calls anybody beyond this machine fails there."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = "127.0.0.1" if address[0] == "localhost" else address[0]
            assert ipaddress.ip_address(host).is_loopback, f"a test called {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A directory that the servers' account can enter, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="coalition-tests-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(data_dir: Path) -> Iterator[Servers]:
    """The embedded servers of this test run, with nothing migrated."""
    with Servers(data_dir) as running:
        yield running
    running.erase()


@pytest.fixture(scope="session")
def base(servers: Servers, data_dir: Path) -> Settings:
    """Settings of the migrated database that all rolled-back tests share; `live_database` copies it."""
    chosen = settings.read({"DATA_DIR": str(data_dir)}).at(
        database_url=servers.database_url, database_owner_url=servers.owner_url, redis_url=servers.redis_url
    )
    runner.upgrade(chosen.database_owner_url, chosen.database_url)
    _administer(servers, "create database {} template coalition owner coalition_owner", TEMPLATE)
    return chosen


@pytest.fixture(scope="session")
def _begun(base: Settings) -> Iterator[None]:
    _begin(base)
    yield
    db.dispose()


@pytest.fixture(scope="module")
def unwatched(servers: Servers, base: Settings, _begun: None) -> Iterator[None]:
    """For a file whose one transaction fills tables: nobody counts meanwhile that they hold nothing.

    What is not committed is not seen by who counts, and plans for empty tables read full ones again and again.
    """
    superuser = settings.libpq(_in(make_url(base.database_url).database or "", servers.superuser_url))
    with psycopg.connect(superuser, autocommit=True) as connection:
        for statement in ("alter system set autovacuum = off", "select pg_reload_conf()", "vacuum"):
            connection.execute(statement)
        yield
        for statement in ("alter system reset autovacuum", "select pg_reload_conf()"):
            connection.execute(statement)


@pytest.fixture
def house(_begun: None) -> Iterator[None]:
    """Every `transaction()` of the test is a savepoint of one connection, which is rolled back at the end."""
    forget_promotions()
    with db.configured().connect() as connection, connection.begin() as whole:
        with db.joined(connection):
            yield
        whole.rollback()


@pytest.fixture
def tenant(house: None) -> int:
    """A new tenant, with its keys and nothing else."""
    with db.transaction(None) as session:
        return open_tenant(session, slug="test", hosts=["test.localhost"]).id


@pytest.fixture
def session(tenant: int) -> Iterator[Session]:
    """The tenant's transaction."""
    with db.transaction(tenant) as session:
        yield session


@pytest.fixture
def live_database(
    servers: Servers, base: Settings, _begun: None, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """Settings of a migrated database of the test's own, where commits are real; dropped afterwards.

    The process works there, jobs included, until the test ends. Child processes get `settings.environment()`.
    """
    name = f"live_{abs(hash(request.node.nodeid)) % 10**12}"
    _administer(servers, f"create database {{}} template {TEMPLATE} owner coalition_owner", name)
    chosen = base.at(
        database_url=_in(name, base.database_url),
        database_owner_url=_in(name, base.database_owner_url),
        redis_url=base.redis_url,
    )
    process.begin(chosen)
    forget_promotions()
    yield chosen
    queues.disconnect()
    _begin(base)
    _administer(servers, "drop database {} with (force)", name)


def _begin(chosen: Settings) -> None:
    """As `process.begin`, without queues: a rolled-back transaction has nothing to push."""
    settings.use(chosen)
    db.configure(chosen.database_url)
    vault.unlock(chosen.master_key)
    files.configure(chosen.files_dir)


def _in(database: str, url: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _administer(servers: Servers, statement: str, name: str) -> None:
    with psycopg.connect(
        settings.libpq(_in("postgres", servers.superuser_url)), autocommit=True
    ) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
