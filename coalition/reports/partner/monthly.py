"""Who of a company has the month's figures mailed, and to whom they are due: on the next month's first working day.

A working day is no Saturday or Sunday, and none of the tenant's days off. The letter itself is the partner's place's.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from coalition.partners.models import Participant
from coalition.partners.queries import participant_here
from coalition.programmes.models import Programme
from coalition.promotions.queries import newest_days
from coalition.reports.models import ReportSubscription
from tenants.actor import Actor
from tenants.audit import record
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, Refusal

_SATURDAY = 5


def is_subscribed(session: Session, staff_id: UUID) -> bool:
    """Whether the person has the figures mailed."""
    return session.get(ReportSubscription, (tenant_of(session), staff_id)) is not None


def subscribe(session: Session, actor: Actor, *, address: str) -> None:
    """Have the figures of each month mailed to oneself, from the present one on; twice is once.

    `address` is where the reports are for whoever asks: the letter names it.

    Raises Conflict("participant_left"), Refusal("report_no_mail") for who signs in with no e-mail address.
    """
    actor.must(Permission.PORTAL_REPORT_READ)
    person = _person(session, actor)
    participant_here(session, person.participant_id or 0)
    if "@" not in person.login:
        raise Refusal("report_no_mail")
    if is_subscribed(session, person.id):
        return
    asked = {"staff_id": person.id, "address": address[:400], "since": clock.now()}
    session.add(ReportSubscription(tenant_id=person.tenant_id, **asked))
    record(session, actor, "report.subscribe", f"staff {person.id}")


def unsubscribe(session: Session, actor: Actor) -> None:
    """Have them mailed no more; twice is once."""
    actor.must(Permission.PORTAL_REPORT_READ)
    kept = session.get(
        ReportSubscription, (tenant_of(session), _person(session, actor).id), with_for_update=True
    )
    if kept is not None:
        session.delete(kept)
        record(session, actor, "report.unsubscribe", f"staff {kept.staff_id}")


def month_before(day: date) -> date:
    """The first day of the month before."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def is_due(session: Session, programme: Programme) -> bool:
    """Whether the first working day of the present month has come."""
    today, off = clock.business_day(programme.zone), newest_days(session)
    day = today.replace(day=1)
    while day.weekday() >= _SATURDAY or (day in off and off[day].off):
        day += timedelta(days=1)
    return today >= day


def take_due(session: Session, month: date, zone: str) -> Sequence[UUID]:
    """Whom the figures of a month are mailed to: who subscribed before it was over, and works for a company that has
    not left. It is noted as mailed, so that nobody is ever taken twice for a month, whatever becomes of the letter."""
    tenant_id, row = tenant_of(session), ReportSubscription
    over = clock.zone(zone)
    rows = session.scalars(
        select(row)
        .join(Staff, (Staff.tenant_id == row.tenant_id) & (Staff.id == row.staff_id))
        .join(
            Participant,
            (Participant.tenant_id == Staff.tenant_id) & (Participant.id == Staff.participant_id),
        )
        .where(
            row.tenant_id == tenant_id,
            or_(row.mailed.is_(None), row.mailed < month),
            Staff.active,
            Participant.left_at.is_(None),
        )
        .order_by(row.staff_id)
        .with_for_update(of=row, skip_locked=True)
    )
    next_month = (month + timedelta(days=31)).replace(day=1)
    taken = [one for one in rows if one.since.astimezone(over).date() < next_month]
    for one in taken:
        one.mailed = month
    return [one.staff_id for one in taken]


def subscription_due(session: Session, staff_id: UUID, month: date) -> ReportSubscription | None:
    """The subscription, locked, if the person was taken for that month and has not given it up."""
    row = session.get(ReportSubscription, (tenant_of(session), staff_id), with_for_update=True)
    return row if row is not None and row.mailed == month else None


def _person(session: Session, actor: Actor) -> Staff:
    if actor.of_participant is None or actor.id is None:
        raise Forbidden("not_permitted", permission=str(Permission.PORTAL_REPORT_READ))
    return session.get_one(Staff, (tenant_of(session), actor.id))
