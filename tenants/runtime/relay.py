"""The relay: brings every due outbox row that no queue knows of to a queue, and asks for what is done on schedule.

Any number of relays may run: rows are taken with SKIP LOCKED, and a scheduled job's id is derived from its period, so
two relays ask for the same row.
"""

import logging
import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, exists, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tenants.runtime import clock, db, jobs, queues
from tenants.runtime.ids import derived_id
from tenants.runtime.models import OutboxJob

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
LOST_AFTER = timedelta(seconds=5)
"""A pointer sent so long ago, its row not being worked on, and no longer in its queue: it was lost."""
BATCH = 500
DONE_KEPT = timedelta(days=7)

_begun: dict[
    tuple[int, str], datetime
] = {}  # the period last asked for, so that the database is not asked each time


def run(stop: threading.Event) -> None:
    """Relay and schedule for all tenants until told to stop. A server that is away is waited for."""
    while not stop.is_set():
        try:
            for tenant_id in tenants():
                with db.transaction(tenant_id) as session:
                    schedule(session)
                relay(tenant_id)
        except OperationalError as error:
            logger.warning("The relay waits for the database: %s", error)
        stop.wait(PAUSE_SECONDS)


def tenants() -> list[int]:
    """All tenants of this database, oldest first."""
    with db.transaction(None) as session:
        return list(session.scalars(text("select id from tenant order by id")))


def slugs() -> list[str]:
    """The short names of all tenants, in order of the alphabet."""
    with db.transaction(None) as session:
        return list(session.scalars(text("select slug from tenant order by slug")))


def relay(tenant_id: int) -> int:
    """Send the tenant's due rows that no queue knows of; returns how many."""
    with db.transaction(tenant_id) as session:
        lost = _lost(session)
        for row in lost:
            row.enqueued_at = clock.now()
    for row in lost:
        queues.push(jobs.named(row.name).queue, tenant_id, row.id, jobs.SECONDS_MAX)
    return len(lost)


def _lost(session: Session) -> list[OutboxJob]:
    now = clock.now()
    due = session.scalars(
        select(OutboxJob)
        .where(
            OutboxJob.tenant_id == db.tenant_of(session),
            OutboxJob.state == "asked",
            OutboxJob.run_after <= now,
            or_(OutboxJob.enqueued_at.is_(None), OutboxJob.enqueued_at < now - LOST_AFTER),
        )
        .order_by(OutboxJob.run_after, OutboxJob.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    if not any(row.enqueued_at for row in due):
        return list(due)
    pointers = set[str]().union(*(queues.waiting(name) for name in queues.NAMES))
    return [row for row in due if not queues.lies_in(pointers, row.tenant_id, row.id)]


def schedule(session: Session) -> None:
    """Ask for every scheduled job whose period has come, unless the last one still waits."""
    tenant_id, now = db.tenant_of(session), clock.now()
    for entry in jobs.schedules():
        begun = datetime.fromtimestamp(now.timestamp() // entry.seconds * entry.seconds, UTC)
        if _begun.get((tenant_id, entry.name)) == begun:
            continue
        _ask_once(session, entry.name, begun)
        _begun[tenant_id, entry.name] = begun


def _ask_once(session: Session, name: str, begun: datetime) -> None:
    tenant_id = db.tenant_of(session)
    waits = exists().where(
        OutboxJob.tenant_id == tenant_id, OutboxJob.name == name, OutboxJob.state == "asked"
    )
    if session.scalar(select(waits)):
        return
    row = {"tenant_id": tenant_id, "id": derived_id(begun, "schedule", name), "name": name, "arguments": {}}
    row |= {"run_after": begun, "state": "asked", "attempts": 0}
    session.execute(insert(OutboxJob).values(row).on_conflict_do_nothing())


@jobs.job("outbox.tidy")
def tidy(session: Session) -> None:
    """Forget what was done a week ago; what failed stays until somebody has looked."""
    session.execute(
        delete(OutboxJob).where(
            OutboxJob.tenant_id == db.tenant_of(session),
            OutboxJob.state == "done",
            OutboxJob.finished_at < clock.now() - DONE_KEPT,
        )
    )


jobs.every(3600, "outbox.tidy")
