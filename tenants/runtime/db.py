"""The database: base classes, the session, and `transaction()`, the only place of the house that commits.

Every transaction begins with the statement SET LOCAL app.tenant_id = '<integer>', which the row-level-security
policies read. It is formatted, not bound: PostgreSQL takes no parameter there, and a distributed PostgreSQL forwards
only this statement, not set_config(). Without a tenant nothing is set and every tenant table looks empty.

A sandbox's transaction begins by asking how far ahead its clock is; who is no sandbox is asked once by a process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    SessionTransaction,
    mapped_column,
    sessionmaker,
)

from tenants.runtime import clock
from tenants.runtime.settings import APP_ROLE as APP_ROLE

_NAMES = {
    "pk": "%(table_name)s_pkey",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


class Base(DeclarativeBase):
    """A table outside the tenants' wall: only what finds a tenant may stand here."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class TenantBase(Base):
    """A table behind the wall: `tenant_id` comes first in its primary key and in every unique and foreign key."""

    __abstract__ = True

    tenant_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, sort_order=-100)


def belongs_to(table: str, *columns: str, to: tuple[str, ...] | None = None) -> ForeignKeyConstraint:
    """A foreign key inside one tenant: `tenant_id` and `columns` to the same (or the `to`) columns of `table`."""
    targets = to or columns
    return ForeignKeyConstraint(
        ["tenant_id", *columns],
        [f"{table}.tenant_id", *(f"{table}.{target}" for target in targets)],
    )


_OPTIONS, _CONNECT_SECONDS = f"-c role={APP_ROLE} -c timezone=UTC", 10
TRIP_SECONDS, TRIP_LOCK_MS = 15, 250
"""How long the statement of a trip may take, and wait for somebody: who waits longer takes the way that waits."""
_engine: Engine | None = None
_disposed = 0
_joined: Connection | None = None
_on_time: set[int] = set()
"""Tenants that are no sandboxes, which none of them becomes: their transactions need not ask."""
_sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)


def configure(url: str, *, pool_size: int = 10) -> Engine:
    """Point the house at a database. Connections act as the unprivileged app role, whoever the URL signs in as."""
    global _engine
    if _engine is not None:
        _engine.dispose()
    _on_time.clear()
    _engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's text goes to the log; phones and codes do not
        connect_args={
            "options": _OPTIONS,
            "connect_timeout": _CONNECT_SECONDS,
        },
    )
    _sessions.configure(bind=_engine)
    return _engine


def configured() -> Engine:
    """The engine of this process; a programming error when `configure` was not called."""
    assert _engine is not None, "db.configure() comes first"
    return _engine


def connect_apart() -> psycopg.Connection:
    """A connection of its own, as the app role, for `trips` alone; psycopg.Error where there is none to be had.

    Its statements look up by keys, and are planned once for all values: also when a table is empty that day.
    """
    url = configured().url.set(drivername="postgresql").render_as_string(hide_password=False)
    planned_once = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off"
    options = f"{_OPTIONS} {planned_once} -c enable_mergejoin=off -c jit=off"
    options += f" -c statement_timeout={TRIP_SECONDS}s -c lock_timeout={TRIP_LOCK_MS}ms"
    return psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_SECONDS, options=options)


def dispose() -> None:
    """Close this process's connections: before a fork, and at the end; a thread's own for trips at its next trip."""
    global _disposed
    _disposed += 1
    if _engine is not None:
        _engine.dispose()


def disposed() -> int:
    """How often connections were given up: who keeps one compares."""
    return _disposed


@event.listens_for(_sessions, "after_begin")
def _enter_tenant(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    tenant_id = session.info.get("tenant_id")
    setting = "" if tenant_id is None else int(tenant_id)
    connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{setting}'")


@contextmanager
def transaction(tenant_id: int | None) -> Iterator[Session]:
    """One database transaction as one tenant: returning commits, raising rolls back. None: only tables outside."""
    with clock.restored(), _sessions(info={"tenant_id": tenant_id}) as session, session.begin():
        clock.put_ahead(_ahead_of(session, tenant_id))
        yield session


def _ahead_of(session: Session, tenant_id: int | None) -> timedelta:
    """How far ahead the tenant's clock is; of a sandbox the session knows that it is one."""
    if tenant_id is None or tenant_id in _on_time:
        return timedelta(0)
    told = session.execute(_AHEAD, {"tenant": tenant_id}).one()
    if told.ahead is None:
        if told.is_there:
            _on_time.add(tenant_id)
        return timedelta(0)
    session.info[SANDBOX] = True
    found: timedelta = told.ahead
    return found


SANDBOX = "sandbox"
"""What a session's `info` has of a sandbox."""
_AHEAD = text(
    "select (select ahead from sandbox where tenant_id = :tenant) as ahead,"
    " exists (select from tenant where id = :tenant) as is_there"
)


@contextmanager
def inside(outer: Session) -> Iterator[Session]:
    """A session that knows nothing yet, as a job's is, in a savepoint of the outer one's transaction."""
    outer.flush()
    info = {key: outer.info[key] for key in ("tenant_id", SANDBOX, ADDRESS) if key in outer.info} | {
        INSIDE: True
    }
    options: dict[str, Any] = {"bind": outer.connection(), "join_transaction_mode": "create_savepoint"}
    with _sessions(info=info, **options) as session, session.begin():
        yield session


@contextmanager
def tried(session: Session) -> Iterator[None]:
    """What is done and asked for meanwhile is undone at the end: to learn what would come of it."""
    before = _copied(session.info)
    try:
        with session.begin_nested() as trial:
            yield
            trial.rollback()
    finally:
        session.info.clear()
        session.info.update(before)


def _copied(value: Any) -> Any:
    """A copy of dicts and lists, however deep; what stands in them is the same."""
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


INSIDE = "inside"
"""What a session's `info` has while its commit is not yet seen by anybody else."""
ADDRESS = "address"
"""What a session's `info` has of a request's: the address that it came from."""


@contextmanager
def joined(connection: Connection) -> Iterator[None]:
    """Make every `transaction()` a savepoint of `connection`'s own transaction: for tests, which roll it back."""
    global _joined
    before, outer = dict(_sessions.kw), _joined
    _sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
    _joined = connection
    _on_time.clear()
    try:
        yield
    finally:
        _joined = outer
        _on_time.clear()
        _sessions.kw.clear()
        _sessions.kw.update(before)


@contextmanager
def by_hashes(session: Session) -> Iterator[None]:
    """Inside, statements join rows by hashes: for those that read most of what a tenant has.

    The planner knows the numbers of all tenants together, and of a tenant that is small beside others expects a row or
    two: it would look through all of them again for each of many.
    """
    session.execute(text("set local enable_nestloop = off"))
    yield
    session.execute(text("set local enable_nestloop = on"))


def joined_connection() -> psycopg.Connection | None:
    """The connection that every transaction is a savepoint of, if a test has joined them."""
    if _joined is None:
        return None
    found = _joined.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def tenant_of(session: Session) -> int:
    """The tenant this session acts for; an assertion when it has none."""
    tenant_id = session.info.get("tenant_id")
    assert tenant_id is not None, "this needs a tenant's transaction"
    return int(tenant_id)
