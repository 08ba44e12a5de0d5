"""The tenant's calendar of days off: a change holds for what is booked from then on, and is known to all at once."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy.orm import Session

from coalition.promotions.actions import raise_number
from coalition.promotions.models import Holiday
from coalition.promotions.queries import newest_days
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

YEARS = (1970, 2100)


def set_days_off(session: Session, actor: Actor, *, days: Collection[date], off: bool) -> list[date]:
    """Make days off, or with `off` false working days again; returns those for which that is news.

    Purchases that are booked already keep the calendar of their booking. Raises Refusal("holiday_invalid", day=...) for
    a day that no calendar of ours reaches.
    """
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    for day in days:
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise Refusal("holiday_invalid", day=day)
    raise_number(session)  # first: what is being booked meanwhile is booked before this moment
    newest = newest_days(session)
    changed = []
    for day in sorted(set(days)):
        known = newest.get(day)
        if off == (known is not None and known.off):
            continue
        since = clock.now() if known is None else max(clock.now(), known.since + timedelta(microseconds=1))
        session.add(Holiday(tenant_id=tenant_of(session), day=day, since=since, off=off))
        changed.append(day)
    session.flush()  # who compiles next reads it
    if changed:
        told = {"days": changed}
        record(session, actor, "holidays.add" if off else "holidays.remove", "calendar", after=told)
    return changed
