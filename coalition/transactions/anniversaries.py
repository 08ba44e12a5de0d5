"""Occasions that the calendar brings: birthdays, anniversaries, holidays. Every business day is looked at once.

Birthdays are sealed: they are opened only while a promotion asks for them, some hundreds of members a job, and no
table keeps one in the open.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger.post import day_start
from coalition.members.models import Member
from coalition.members.queries import birthdays_of
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.index import FAR, Index, microseconds
from coalition.promotions.mechanics.tenure import whole_years
from coalition.promotions.queries import index_of
from coalition.promotions.triggers.birthday import Birthday
from coalition.promotions.triggers.holiday import Holiday
from coalition.promotions.triggers.occasion import kept_on, nearest
from coalition.transactions.models import OccasionCalendar
from coalition.transactions.occasions import Happened, note_occasions
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, every, job

MEMBERS_PER_JOB = 500
DAYS_LATE_MAX = 31
"""Days that nobody looked at, because the house was shut, are made up for; so many at most."""


@job("occasions.calendar", bulk=True)
def look_at_calendar(session: Session) -> None:
    """Ask for what each business day since the last look brings, for all members of every programme."""
    tenant_id = tenant_of(session)
    for programme in session.scalars(
        select(Programme).where(Programme.tenant_id == tenant_id).order_by(Programme.id)
    ):
        index, days = index_of(session, programme), _new_days(session, programme)
        due = [day for day in days if _is_asked_for(index, day, _moment(programme, day))]
        if not due:
            continue
        members = session.scalars(
            select(Member.id)
            .where(Member.tenant_id == tenant_id, Member.programme_id == programme.id)
            .order_by(Member.id)
        ).all()
        for day in due:
            for start in range(0, len(members), MEMBERS_PER_JOB):
                chosen = [str(member) for member in members[start : start + MEMBERS_PER_JOB]]
                ask(
                    session,
                    "occasions.of_day",
                    programme_id=programme.id,
                    day=day.isoformat(),
                    members=chosen,
                )


@job("occasions.of_day", bulk=True)
def note_day(session: Session, programme_id: int, day: str, members: Sequence[str]) -> None:
    """Note what a business day brings these members; done twice, it finds nothing left to do."""
    programme, on = programme_by_id(session, programme_id), date.fromisoformat(day)
    index, at = index_of(session, programme), _moment(programme, on)
    chosen = [UUID(member) for member in members]
    told = [
        *_birthdays(session, index, chosen, on, at),
        *_anniversaries(session, programme, index, chosen, on, at),
        *_holidays(index, chosen, on, at),
    ]
    note_occasions(session, programme, told)


def _new_days(session: Session, programme: Programme) -> list[date]:
    """The business days since the last look, up to today; they count as looked at."""
    today, tenant_id = clock.business_day(programme.zone), tenant_of(session)
    row = {"tenant_id": tenant_id, "programme_id": programme.id, "last_day": today - timedelta(days=1)}
    session.execute(insert(OccasionCalendar).values(row).on_conflict_do_nothing())
    looked = session.get_one(
        OccasionCalendar, (tenant_id, programme.id), with_for_update=True, populate_existing=True
    )
    late = min((today - looked.last_day).days, DAYS_LATE_MAX)
    looked.last_day = max(looked.last_day, today)
    return [today - timedelta(days=back) for back in range(late - 1, -1, -1)]


def _moment(programme: Programme, day: date) -> datetime:
    """When a day's occasions happen: now, or at the end of a day that is over."""
    return min(clock.now(), day_start(day + timedelta(days=1), programme.zone) - timedelta(microseconds=1))


def _is_asked_for(index: Index, day: date, at: datetime) -> bool:
    """Whether a promotion gives something for what the day can bring."""
    moment = microseconds(at)
    return bool(index.on("birthday", moment) or index.on("anniversary", moment)) or _is_holiday(
        index, day, at
    )


def _birthdays(
    session: Session, index: Index, members: Sequence[UUID], day: date, at: datetime
) -> Iterator[Happened]:
    windows = [
        rule.trigger for rule in index.on("birthday", microseconds(at)) if isinstance(rule.trigger, Birthday)
    ]
    if not windows:
        return
    before, after = (max(getattr(one, side) for one in windows) for side in ("days_before", "days_after"))
    for member, born_on in birthdays_of(session, members).items():
        about = nearest(born_on, day)
        if -before <= (day - about).days <= after:
            yield Happened(member, "birthday", day.isoformat(), at, about=about, fleeting=True)


def _anniversaries(
    session: Session,
    programme: Programme,
    index: Index,
    members: Sequence[UUID],
    day: date,
    at: datetime,
) -> Iterator[Happened]:
    if not index.on("anniversary", microseconds(at)):
        return
    people = session.scalars(
        select(Member).where(Member.tenant_id == tenant_of(session), Member.id.in_(members))
    )
    for one in people:
        joined_on = clock.business_day(programme.zone, one.enrolled_at)
        for of, since in (("enrolment", joined_on), ("account", one.account_opened_on)):
            if since is None or since >= day or kept_on(since, day.year) != day:
                continue
            data = {"of": of, "years": whole_years(since, day)}
            yield Happened(one.id, "anniversary", f"{of}:{day}", at, data, fleeting=True)


def _holidays(index: Index, members: Sequence[UUID], day: date, at: datetime) -> Iterator[Happened]:
    if _is_holiday(index, day, at):
        for member in members:
            yield Happened(member, "holiday", day.isoformat(), at, fleeting=True)


def _is_holiday(index: Index, day: date, at: datetime) -> bool:
    return any(
        isinstance(rule.trigger, Holiday) and rule.trigger.falls_on(index.setting)(day, FAR)
        for rule in index.on("holiday", microseconds(at))
    )


every(3600, "occasions.calendar")
