"""The tenant's calendar of days off: a change holds for what is booked from then on, and is known to all at once."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.promotions.actions import raise_number
from coalition.promotions.models import Holiday
from coalition.promotions.queries import newest_days
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

YEARS = (1970, 2100)


def ask_for_days(session: Session, actor: Actor, *, days: Collection[date], off: bool) -> Approval | None:
    """Ask for days off, or for working days, which another person signs; nothing where that is no news."""
    actor.must(right_to("days_off", None))
    news = _news(session, days, off)
    return approvals.ask(session, actor, _change(news, off)) if news else None


def set_days_off(
    session: Session, actor: Actor, *, days: Collection[date], off: bool, approval_id: UUID | None = None
) -> list[date]:
    """Make days off, or with `off` false working days again; returns those for which that is news.

    Purchases that are booked already keep the calendar of their booking. A person of the staff signs what another one
    asked for. Raises Refusal("holiday_invalid", day=...) for a day that no calendar of ours reaches, or what
    `approvals.signed` raises.
    """
    actor.must(right_to("days_off", approval_id))
    raise_number(session)  # first: what is being booked meanwhile is booked before this moment
    changed = _news(session, days, off)
    if not changed:
        return []
    approvals.signed(session, actor, _change(changed, off), approval_id)
    newest = newest_days(session)
    for day in changed:
        known = newest.get(day)
        since = clock.now() if known is None else max(clock.now(), known.since + timedelta(microseconds=1))
        session.add(Holiday(tenant_id=tenant_of(session), day=day, since=since, off=off))
    session.flush()  # who compiles next reads it
    told = {"days": changed}
    record(session, actor, "holidays.add" if off else "holidays.remove", "calendar", after=told)
    return changed


def _news(session: Session, days: Collection[date], off: bool) -> list[date]:
    """Those of the days that are otherwise now, in order."""
    for day in days:
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise Refusal("holiday_invalid", day=day)
    newest = newest_days(session)
    return [day for day in sorted(set(days)) if off != (day in newest and newest[day].off)]


def _change(days: Collection[date], off: bool) -> Change:
    """What is signed; of the calendar one change waits at a time."""
    return Change("days_off", "calendar", {"off": not off}, {"off": off, "days": [str(day) for day in days]})
