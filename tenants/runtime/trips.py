"""One statement as a whole transaction in one round trip, for the few ways at which a queue waits.

BEGIN, the tenant, the statement and COMMIT travel together (libpq's pipeline), each prepared once a connection;
values go and come as PostgreSQL writes them. Everything else goes through `db.transaction`. Where several have to be
one transaction, because the first takes a lock for the others, they are made `together`.

A plan is kept for all values, and is made anew from time to time: to a table that is still empty any index seems as
good as another, and the one that was taken then may read all of the table later.
"""

import logging
import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from psycopg import pq
from sqlalchemy import Engine

from tenants.runtime import db

Value = (
    str | bytes | int | bool | date | datetime | UUID | Sequence[int] | Sequence[UUID] | Sequence[date] | None
)
"""Texts go as they are, bytes as bytea; a sequence is an array."""
Row = Sequence[bytes | None]
PATIENCE_SECONDS = 2 * db.TRIP_SECONDS
PLANNED_SECONDS = 60
"""How long plans are kept at most; the first of a connection for one second, and each twice as long as the last."""
_EXPECTED = ("23505", "23514", "40P01", "55P03")
"""Somebody was first, a budget's shard is too small, two waited in a circle, or one too long."""
_mine = threading.local()
log = logging.getLogger(__name__)


class Refused(Exception):
    """The database did not do it, and nothing is changed; `state` is its SQLSTATE."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Away(Exception):
    """No answer has come, and nobody knows whether it is done."""


def trip(tenant_id: int, statement: str, values: Sequence[Value]) -> list[Row]:
    """The rows of the statement ($1 and so on), as text; Refused, or Away."""
    told = [
        None if value is None else _WRITERS.get(type(value), _array)(value)  # as PostgreSQL reads it
        for value in values
    ]
    joined = db.joined_connection()
    if joined is not None:
        return _inside(joined, tenant_id, statement, told)
    with _answered():
        return _line().send(tenant_id, statement, told)


@contextmanager
def together() -> Iterator[None]:
    """Make this thread's trips one transaction, of one tenant, which ends with them; raises what `trip` raises.

    Whatever is raised undoes all of them. A trip that is refused does so at once: none may follow it.
    """
    if db.joined_connection() is not None:
        yield
        return
    with _answered():
        line = _line()
    line.stays = True
    try:
        yield
        with _answered():
            line.end("commit")
    except BaseException:
        with _answered():
            line.end("rollback")
        raise
    finally:
        line.stays = False


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as gone:
        hang_up()
        raise Away from gone
    except Refused:
        raise
    except BaseException:  # an answer that is still to come must not be another's
        hang_up()
        raise


def _line() -> "_Line":
    found: _Line = _mine.line if getattr(_mine, "of", None) == _here() else _connected()
    return found


def hang_up() -> None:
    """Close this thread's connection."""
    line = getattr(_mine, "line", None)
    _mine.of = _mine.line = None
    if line is not None:
        line.close()


class _Line:
    """A thread's own connection, always in pipeline mode."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection, self.pg = connection, connection.pgconn
        self.names: dict[str, bytes] = {}
        self.numbers, self.process = count(), os.getpid()
        self.stays = self.is_open = False
        self.kept_for, self.planned_at = 1, time.monotonic()
        self.pg.nonblocking = 1
        self.pg.enter_pipeline_mode()
        self.reading, self.both = select.poll(), select.poll()
        self.reading.register(self.pg.socket, select.POLLIN)
        self.both.register(self.pg.socket, select.POLLIN | select.POLLOUT)

    def close(self) -> None:
        """End it; one that was inherited by a fork is its parent's to end."""
        self.is_open = False
        if self.process == os.getpid():
            self.connection.close()

    def __del__(self) -> None:
        """Its thread has ended."""
        self.close()

    def send(self, tenant_id: int, statement: str, values: Sequence[bytes | None]) -> list[Row]:
        steps: tuple[str, ...] = (statement,)
        if not self.is_open:
            steps = ("begin", f"set local app.tenant_id = '{tenant_id:d}'", statement)
            if time.monotonic() - self.planned_at > self.kept_for:
                steps = ("discard plans", *steps)
                self.kept_for, self.planned_at = min(2 * self.kept_for, PLANNED_SECONDS), time.monotonic()
        if not self.stays:
            return _rows(self._go((*steps, "commit"), statement, values)[-2])
        self.is_open = True
        return _rows(self._go(steps, statement, values)[-1])

    def end(self, how: str) -> None:
        """Commit or roll back what stays open."""
        if self.is_open:
            self.is_open = False
            self._go((how,), None, ())

    def _go(
        self, steps: Sequence[str], statement: str | None, values: Sequence[bytes | None]
    ) -> list[pq.abc.PGresult]:
        """The results of the steps, and before them those of preparing what is new; Refused, and all is undone."""
        pg = self.pg
        new = [step for step in steps if step not in self.names]
        for step in new:
            name = self.names[step] = b"trip_%d" % next(self.numbers)
            pg.send_prepare(name, step.encode())
        for step in steps:
            pg.send_query_prepared(self.names[step], values if step is statement else None)
        pg.pipeline_sync()
        results = self._results(len(new) + len(steps))
        failed = next((one for one in results if one.status == pq.ExecStatus.FATAL_ERROR), None)
        if failed is not None:
            for step, prepared in zip(new, results, strict=False):
                if prepared.status != pq.ExecStatus.COMMAND_OK:
                    del self.names[step]
            state = (failed.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
            pg.send_query_params(b"rollback", None)
            pg.pipeline_sync()
            self._results(1)
            self.is_open = False
            if state not in _EXPECTED:
                log.warning("a trip was refused: %s", failed.error_message.decode(errors="replace"))
            raise Refused(state)
        return results

    def _results(self, asked: int) -> list[pq.abc.PGresult]:
        """The results of so many messages, and then that of the sync is taken, too."""
        pg = self.pg
        while pg.flush():
            self._wait(self.both)
            pg.consume_input()
        found: list[pq.abc.PGresult] = []
        while True:
            while pg.is_busy():
                self._wait(self.reading)
                pg.consume_input()
            result = pg.get_result()
            if result is None:
                continue
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                return found
            found.append(result)
            if len(found) > asked:
                raise psycopg.OperationalError("an answer that nobody asked for")

    def _wait(self, poll: select.poll) -> None:
        if not poll.poll(PATIENCE_SECONDS * 1000):
            raise psycopg.OperationalError("no answer")


def _connected() -> _Line:
    hang_up()
    _mine.line = _Line(db.connect_apart())
    _mine.of = _here()
    found: _Line = _mine.line
    return found


def _here() -> tuple[Engine, int, int]:
    """Whose a connection is: a database that is configured anew, or a fork, has its own."""
    return db.configured(), db.disposed(), os.getpid()


def _inside(
    connection: psycopg.Connection, tenant_id: int, statement: str, values: Sequence[bytes | None]
) -> list[Row]:
    """The same in a transaction that is open already, of a test."""
    try:
        with connection.transaction():
            connection.execute(f"set local app.tenant_id = '{tenant_id:d}'")
            result = connection.pgconn.exec_params(statement.encode(), values)
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise Refused((result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode())
            return _rows(result)
    except psycopg.Error as gone:
        raise Away from gone


def _rows(result: pq.abc.PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [[result.get_value(row, column) for column in columns] for row in range(result.ntuples)]


def _plain(value: str) -> bytes:
    if "\0" in value:  # it would end there
        raise Refused("22021")
    return value.encode()


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    str: _plain,
    int: lambda value: b"%d" % value,
    UUID: lambda value: b"%032x" % value.int,
    bool: lambda value: b"true" if value else b"false",
    bytes: lambda value: b"\\x" + value.hex().encode(),
    date: lambda value: value.isoformat().encode(),
    datetime: lambda value: value.isoformat().encode(),
}


def _array(values: Sequence[int] | Sequence[UUID] | Sequence[date]) -> bytes:
    return ("{" + ",".join(map(str, values)) + "}").encode() if values else b"{}"
