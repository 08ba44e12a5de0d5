"""Sums of days: what was booked on a day is added up once, when it is over, and a month is the sum of its days.

Rows of a day that is over never change, so its sums by participant and kind hold for every closing. What they depend on
beside the rows (the days' bounds, the terms that say whose rows are asked for and at which fee, and the statements
themselves) is kept with the day, as a digest; a day that was counted by something else is counted anew.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from coalition.ledger.post import day_start
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.settlement.flows import AT_CLOSING, BY_DAY, Span, given, has_one_programme
from coalition.settlement.models import SettledDay, SettledSum, Settlement
from coalition.settlement.queries import next_month
from coalition.settlement.returns import Since, count_booked, count_moved
from coalition.settlement.sums import Sum, Sums, added, directly, rates_in, summed
from coalition.settlement.terms import Terms, settlement_of, settling_since, terms_in
from tenants.runtime import clock
from tenants.runtime.db import by_hashes, tenant_of
from tenants.runtime.jobs import every, job

_KEEP = """
    insert into settled_sum (tenant_id, programme_id, day, participant_id, kind, count, points, minor, fee)
    select :tenant, :programme, :day, participant_id, kind, count, points, minor, fee from ({sums}) s"""
_NOBODYS = text("""
    delete from moved_return d using member m
    where d.tenant_id = :tenant and m.tenant_id = d.tenant_id and m.id = d.member_id
        and not exists (select from settlement s where s.tenant_id = m.tenant_id and s.programme_id = m.programme_id)
""")
FINAL_AFTER = timedelta(hours=1)
"""After the end of a day, or a month: no transaction that booked in it is still open."""


@job("settlement.count", bulk=True)
def count_settlement(session: Session) -> None:
    """Count the days that are over, of each programme that settles; of the months that are open, one at a run."""
    tenant_id = tenant_of(session)
    for programme_id in session.scalars(
        select(Settlement.programme_id)
        .where(Settlement.tenant_id == tenant_id)
        .order_by(Settlement.programme_id)
    ).all():
        _count_open(session, programme_id)
    session.execute(_NOBODYS, {"tenant": tenant_id})


def _count_open(session: Session, programme_id: int) -> None:
    settlement, programme = settlement_of(session, programme_id), programme_by_id(session, programme_id)
    if settlement.closed_until is not None:
        _forget(session, programme_id, date.min, settlement.closed_until)
    today = clock.business_day(programme.zone)
    month = next_month(session, programme_id) or today.replace(day=1)
    count_moved(session, programme, span_of(programme, month), since_of(session, programme))
    while month <= today:
        if count_days(session, programme, month, terms_in(session, programme_id, month)):
            return
        month = after(month)


def count_days(session: Session, programme: Programme, month: date, terms: Mapping[int, Terms]) -> int:
    """Count the month's days that are over and were not counted by these terms; returns how many these were.

    The caller has locked the programme's settlement: nobody counts at the same time.
    """
    if not terms:
        return 0
    known = {
        row.day: row.counted_by
        for row in session.scalars(
            select(SettledDay).where(
                SettledDay.tenant_id == tenant_of(session),
                SettledDay.programme_id == programme.id,
                SettledDay.day >= month,
                SettledDay.day < after(month),
            )
        )
    }
    since, asked, alone = since_of(session, programme), _asked(terms), has_one_programme(session)
    count = 0
    for span in _days(programme, month):
        day = span.begun.astimezone(clock.zone(programme.zone)).date()
        by = _digest(span, asked)
        if known.get(day) == by:
            continue
        if day in known:
            _forget(session, programme.id, day, day)
        session.execute(
            insert(SettledDay).values(
                tenant_id=tenant_of(session),
                programme_id=programme.id,
                day=day,
                counted_by=by,
                counted_at=clock.now(),
            )
        )
        _count(session, programme, day, span, terms, alone)
        count_booked(session, programme, span, since, alone)
        count += 1
    return count


def sums_of(session: Session, programme: Programme, month: date, terms: Mapping[int, Terms]) -> Sums:
    """By participant and kind, of a month whose days are counted, with what is known only now."""
    rows = session.execute(
        select(
            SettledSum.participant_id,
            SettledSum.kind,
            *(
                func.sum(column)
                for column in (SettledSum.count, SettledSum.points, SettledSum.minor, SettledSum.fee)
            ),
        )
        .where(
            SettledSum.tenant_id == tenant_of(session),
            SettledSum.programme_id == programme.id,
            SettledSum.day >= month,
            SettledSum.day < after(month),
        )
        .group_by(SettledSum.participant_id, SettledSum.kind)
    )
    counted = {(number, kind): Sum(*map(int, found)) for number, kind, *found in rows}
    return added(counted, directly(session, programme, span_of(programme, month), terms, AT_CLOSING))


def span_of(programme: Programme, month: date) -> Span:
    """From when until when a month is, in the programme's zone."""
    return Span(month, day_start(month, programme.zone), day_start(after(month), programme.zone))


def after(month: date) -> date:
    """The month after it."""
    return (month + timedelta(days=31)).replace(day=1)


def since_of(session: Session, programme: Programme) -> Since:
    """From when on each participant settles."""
    return {
        number: day_start(day, programme.zone)
        for number, day in settling_since(session, programme.id).items()
    }


def _days(programme: Programme, month: date) -> Iterator[Span]:
    """The month's days that are over for good."""
    day = month
    while day < after(month):
        span = Span(month, day_start(day, programme.zone), day_start(day + timedelta(days=1), programme.zone))
        if clock.now() < span.over + FINAL_AFTER:
            return
        yield span
        day += timedelta(days=1)


def _count(
    session: Session, programme: Programme, day: date, span: Span, terms: Mapping[int, Terms], alone: bool
) -> None:
    """Keep the day's sums; `alone` says that the tenant has no other programme."""
    with by_hashes(session):
        for flow in BY_DAY:
            rates = rates_in(flow, terms)
            if rates:
                told = given(session, programme, span) | {"day": day, "rates": rates}
                session.execute(text(_KEEP.format(sums=summed(flow, alone))), told)


def _forget(session: Session, programme_id: int, first: date, last: date) -> None:
    """What days were counted as, from the first to the last."""
    for table in (SettledSum, SettledDay):
        session.execute(
            delete(table).where(
                table.tenant_id == tenant_of(session),
                table.programme_id == programme_id,
                table.day >= first,
                table.day <= last,
            )
        )


def _digest(span: Span, asked: str) -> bytes:
    """Of what a day is counted by."""
    said = [span.begun.isoformat(), span.over.isoformat(), asked, [flow.rows for flow in BY_DAY]]
    return hashlib.sha256(json.dumps(said).encode()).digest()


def _asked(terms: Mapping[int, Terms]) -> str:
    """What of the terms decides about rows and their fees."""
    return json.dumps([rates_in(flow, terms) for flow in BY_DAY])


every(3600, "settlement.count")
