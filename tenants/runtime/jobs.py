"""Work for later: asked for inside a transaction, done after it, its effects exactly once.

`ask` writes a row of the outbox; when the transaction commits, a pointer to the row goes to a queue. `perform` locks
the row, does the work and marks the row done in one and the same transaction: a job that was killed has done nothing,
and a pointer followed twice finds the row done. Pointers that were lost are sent again by `tenants.runtime.relay`.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tenants.runtime import clock, db, queues
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.models import OutboxJob

logger = logging.getLogger(__name__)

ATTEMPTS_MAX = 8
"""How often a job that fails for no known reason is tried. An outage is waited out, however long it lasts."""
DELAY_SECONDS_MAX = 300
SECONDS_MAX = 3600
ITEMS_PER_JOB = 500
_ASKED, _ASKED_ONCE, _ASKED_EACH = "asked", "asked_once", "asked_each"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Job:
    """A kind of work: called as `work(session, **arguments)`, inside a transaction that is not its own."""

    name: str
    work: Callable[..., object]
    queue: str


@dataclass(frozen=True)
class Schedule:
    """A job without arguments that every tenant gets once in each period of so many seconds (counted from 1970)."""

    name: str
    seconds: int


_jobs: dict[str, Job] = {}
_schedules: list[Schedule] = []


def job(name: str, *, bulk: bool = False, calls: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a function as the job of that name. Bulk jobs wait until nothing else does.

    Jobs that call somebody outside have a queue and threads of their own: who is slow there keeps nobody waiting.
    """

    def declare(work: Callable[P, R]) -> Callable[P, R]:
        assert name not in _jobs, f"two jobs are called {name}"
        queue = queues.CALLS if calls else queues.BULK if bulk else queues.SOON
        _jobs[name] = Job(name, work, queue)
        return work

    return declare


def every(seconds: int, name: str) -> None:
    """Have the job of that name done for every tenant, once per period."""
    _schedules.append(Schedule(name, seconds))


def schedules() -> tuple[Schedule, ...]:
    """What was declared with `every`."""
    return tuple(_schedules)


def named(name: str) -> Job:
    """The job of that name; a programming error when there is none."""
    return _jobs[name]


def ask(session: Session, name: str, *, run_after: datetime | None = None, **arguments: Any) -> UUID:
    """Have a job done once this transaction is committed, not before `run_after`; returns the outbox row's id.

    Arguments are ids and other plain values that JSON has; a UUID arrives as its text.
    """
    return _asked(session, name, run_after, arguments).id


def ask_once(session: Session, name: str) -> UUID:
    """Have a job without arguments done once after this transaction, however often it asks; returns the row's id.

    A row that a savepoint took back is asked for again.
    """
    kept: dict[str, OutboxJob] = session.info.setdefault(_ASKED_ONCE, {})
    if name not in kept or kept[name] not in session:
        kept[name] = _asked(session, name, None, {})
    return kept[name].id


def ask_each(session: Session, name: str, item: UUID) -> None:
    """Have a job done for this item and all others that the transaction names; the job gets `items`, some hundreds.

    The rows are written when the transaction ends. What a savepoint took back may be among the items.
    """
    assert name in _jobs, f"no job is called {name}"
    session.info.setdefault(_ASKED_EACH, {}).setdefault(name, {})[str(item)] = None


@event.listens_for(Session, "before_commit")
def _ask_for_each(session: Session) -> None:
    if not session.in_nested_transaction():
        _write_each(session)


def _write_each(session: Session) -> None:
    for name, kept in session.info.pop(_ASKED_EACH, {}).items():
        items = list(kept)
        for start in range(0, len(items), ITEMS_PER_JOB):
            _asked(session, name, None, {"items": items[start : start + ITEMS_PER_JOB]})


def _asked(session: Session, name: str, run_after: datetime | None, arguments: dict[str, Any]) -> OutboxJob:
    assert name in _jobs, f"no job is called {name}"
    now = clock.now()
    at_once = run_after is None and queues.connected() and db.INSIDE not in session.info
    asked = OutboxJob(
        tenant_id=db.tenant_of(session),
        id=new_id(),
        name=name,
        arguments={key: str(value) if isinstance(value, UUID) else value for key, value in arguments.items()},
        run_after=run_after or now,
        enqueued_at=now if at_once else None,
    )
    session.add(asked)
    if at_once:
        pointer = (_jobs[name].queue, asked.tenant_id, asked.id)
        session.info.setdefault(_ASKED, []).append((asked, pointer))
    return asked


@event.listens_for(Session, "after_commit")
def _push_asked(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint was released: nobody else sees the rows yet
    for asked, (queue, tenant_id, asked_id) in session.info.pop(
        _ASKED, ()
    ):  # of an expired row nothing can be read
        if asked in session:  # a savepoint that is rolled back takes its rows out of the session
            queues.push(queue, tenant_id, asked_id, SECONDS_MAX)


def perform(tenant_id: int, asked_id: str) -> None:
    """Do the work that an outbox row asks for, unless it is done, being done, or not due. Called by RQ."""
    try:
        with db.transaction(tenant_id) as session:
            _do(session, UUID(asked_id))
    except Refusal as refusal:
        _finish(tenant_id, UUID(asked_id), str(refusal))
    except (Outage, OperationalError, OSError) as outage:  # OSError: the files store is full or away
        logger.warning("A job waits for an outage to end: %s", outage)
        _postpone(tenant_id, UUID(asked_id), str(outage), attempts_max=None)
    except Exception as error:
        logger.exception("A job failed")
        _postpone(tenant_id, UUID(asked_id), repr(error), attempts_max=ATTEMPTS_MAX)


def _do(session: Session, asked_id: UUID) -> None:
    asked = _take(session, asked_id)
    if asked is None:
        return
    _jobs[asked.name].work(session, **asked.arguments)
    asked.state = "done"
    asked.finished_at = clock.now()


def _take(session: Session, asked_id: UUID) -> OutboxJob | None:
    """The row, locked until the transaction ends; None when there is nothing to do for us."""
    return session.scalars(
        select(OutboxJob)
        .where(
            OutboxJob.tenant_id == db.tenant_of(session),
            OutboxJob.id == asked_id,
            OutboxJob.state == "asked",
            OutboxJob.run_after <= clock.now(),
        )
        .with_for_update(skip_locked=True)
    ).one_or_none()


def _finish(tenant_id: int, asked_id: UUID, error: str) -> None:
    with db.transaction(tenant_id) as session:
        if asked := _take(session, asked_id):
            asked.state, asked.error, asked.finished_at = "failed", error, clock.now()
            logger.warning("The job %s was refused: %s", asked.name, error)


def _postpone(tenant_id: int, asked_id: UUID, error: str, *, attempts_max: int | None) -> None:
    """Try again later, twice as late each time. When even this cannot be written, the relay comes back to the row."""
    try:
        with db.transaction(tenant_id) as session:
            asked = _take(session, asked_id)
            if asked is None:
                return
            asked.attempts += 1
            asked.error = error
            if attempts_max is not None and asked.attempts >= attempts_max:
                asked.state, asked.finished_at = "failed", clock.now()
                return
            asked.enqueued_at = None
            asked.run_after = clock.now() + delay(asked.attempts)
    except OperationalError as outage:
        logger.warning("The database is away: %s", outage)


def do_here(session: Session) -> None:
    """Do all that is on schedule and all that is due, in this very transaction; what calls somebody outside waits.

    What fails changes nothing, and is left to whoever does jobs.
    """
    _write_each(session)
    for entry in _schedules:
        if _jobs[entry.name].queue != queues.CALLS:
            with _tried(entry.name), db.inside(session) as own:
                _jobs[entry.name].work(own)
    seen: set[UUID] = set()
    while new := [one for one in waiting_ids(session, calls=False) if one not in seen]:
        for asked_id in new:
            seen.add(asked_id)
            with _tried(str(asked_id)), db.inside(session) as own:
                _do(own, asked_id)


@contextmanager
def _tried(what: str) -> Iterator[None]:
    try:
        yield
    except Exception:
        logger.exception("The job %s was not done here", what)


def waiting_ids(session: Session, *, calls: bool = True) -> list[UUID]:
    """The tenant's jobs that could be done now, oldest first: for a process that does them itself."""
    query = (
        select(OutboxJob.id)
        .where(
            OutboxJob.tenant_id == db.tenant_of(session),
            OutboxJob.state == "asked",
            OutboxJob.run_after <= clock.now(),
        )
        .order_by(OutboxJob.run_after, OutboxJob.id)
    )
    if not calls:
        inner = [name for name, one in _jobs.items() if one.queue != queues.CALLS]
        query = query.where(OutboxJob.name.in_(inner))
    return list(session.scalars(query))


def failed(session: Session) -> list[OutboxJob]:
    """The tenant's jobs that nobody tries any more, oldest failure first."""
    query = (
        select(OutboxJob)
        .where(OutboxJob.tenant_id == db.tenant_of(session), OutboxJob.state == "failed")
        .order_by(OutboxJob.finished_at, OutboxJob.id)
    )
    return list(session.scalars(query))


def retry(session: Session) -> list[OutboxJob]:
    """Ask anew for every job that failed; returns them. The relay brings them to a queue."""
    again = failed(session)
    for asked in again:
        ask_anew(asked)
    return again


def ask_anew(asked: OutboxJob) -> None:
    """Have a job that failed tried from the beginning."""
    asked.state, asked.attempts, asked.finished_at = "asked", 0, None
    asked.run_after, asked.enqueued_at = clock.now(), None


def delay(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 1 s, 2 s, 4 s, up to five minutes."""
    return timedelta(seconds=min(2 ** (attempts - 1), DELAY_SECONDS_MAX))
