"""A sandbox's clock: moved forward day by day, each day with all that time does on it.

What a sandbox is, is `models.Sandbox`; how its clock is read, `runtime.db`; how one is opened, `admin.sandbox`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.audit import record
from tenants.models import Sandbox
from tenants.permissions import Permission
from tenants.runtime import clock, jobs
from tenants.runtime.db import SANDBOX, tenant_of
from tenants.runtime.errors import NotFound, Refusal

DAYS_AHEAD_MAX = 3_653
DAYS_A_MOVE_MAX = 400
"""Each of them is gone through with all its jobs."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """A sandbox's moment, everybody's, and the last one that the sandbox may ever be moved to now."""

    now: datetime
    real_now: datetime
    latest: datetime


def is_sandbox(session: Session) -> bool:
    """Whether the session's tenant is one; nothing is asked for it."""
    return SANDBOX in session.info


def clock_of(session: Session) -> Clock:
    """The clock of the session's tenant; NotFound("not_a_sandbox")."""
    return _told(_row(session, lock=False))


def move_clock(session: Session, actor: Actor, *, to: datetime | None = None, days: int = 0) -> Clock:
    """Move the clock to a moment, or so many days on, in this one transaction: what has come due is done with it.

    Raises NotFound("not_a_sandbox"), Refusal("clock_back"), Refusal("clock_too_far") or Refusal("clock_move_too_long").
    """
    actor.must(Permission.DESK_SANDBOX_MOVE)
    row = _row(session, lock=True)
    real, here = clock.real_now(), _told(row)
    target = to or here.now + timedelta(days=days)
    _check(here, target)
    for moment in _days(here.now, target):
        clock.put_ahead(moment - real)
        jobs.do_here(session)
    row.ahead = target - real
    record(session, actor, "sandbox.move", "sandbox", before={"now": here.now}, after={"now": target})
    return _told(row)


def _row(session: Session, *, lock: bool) -> Sandbox:
    found = session.get(Sandbox, tenant_of(session), with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound("not_a_sandbox")
    return found


def _told(row: Sandbox) -> Clock:
    real = clock.real_now()
    return Clock(real + row.ahead, real, real + timedelta(days=DAYS_AHEAD_MAX))


def _check(here: Clock, target: datetime) -> None:
    if target < here.now:
        raise Refusal("clock_back", now=here.now)
    if target > here.latest:
        raise Refusal("clock_too_far", latest=here.latest)
    if target - here.now > timedelta(days=DAYS_A_MOVE_MAX):
        raise Refusal("clock_move_too_long", days=DAYS_A_MOVE_MAX)


def _days(since: datetime, until: datetime) -> Iterator[datetime]:
    """Every moment at which a day more is over, and the last one."""
    moment = since
    while moment < until:
        moment = min(moment + _DAY, until)
        yield moment
