"""Reads of backtests."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.backtests.models import Backtest, BacktestSlice
from coalition.backtests.places import Place
from coalition.backtests.tally import Tally, total_of, used_up
from coalition.ledger.post import day_start
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.conditions.hours import Hours
from coalition.promotions.document import Document
from coalition.promotions.queries import setting_of
from coalition.promotions.spent import budget_of
from coalition.transactions.models import Purchase
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.models import OutboxJob


class Found(NamedTuple):
    """A backtest with how many of its slices are done, and what those add up to."""

    backtest: Backtest
    done: int
    tally: Tally

    @property
    def finished(self) -> bool:
        """Whether every slice is in."""
        return self.done == self.backtest.slices


def backtest_by_id(session: Session, backtest_id: int) -> Found:
    """A backtest of this tenant as far as it is done; NotFound("backtest_unknown")."""
    tenant_id = tenant_of(session)
    backtest = session.get(Backtest, (tenant_id, backtest_id))
    if backtest is None:
        raise NotFound("backtest_unknown")
    tallies = session.scalars(
        select(BacktestSlice.tally).where(
            BacktestSlice.tenant_id == tenant_id,
            BacktestSlice.backtest_id == backtest_id,
            func.jsonb_typeof(BacktestSlice.tally) == "object",
        )
    ).all()
    return Found(backtest, len(tallies), total_of(tally for tally in tallies if tally is not None))


def latest_backtests(session: Session, code: str, limit: int = 5) -> Sequence[Backtest]:
    """A promotion's backtests, the newest first."""
    return session.scalars(
        select(Backtest)
        .where(Backtest.tenant_id == tenant_of(session), Backtest.code == code)
        .order_by(Backtest.id.desc())
        .limit(limit)
    ).all()


def newest_day(session: Session, programme: Programme) -> date:
    """The business day of the newest stored purchase; Refusal("backtest_nothing") where there is none."""
    newest = session.scalar(
        select(func.max(Purchase.occurred_at)).where(Purchase.tenant_id == tenant_of(session))
    )
    if newest is None:
        raise Refusal("backtest_nothing")
    return clock.business_day(programme.zone, newest)


def sales_span(session: Session, backtest_id: int) -> tuple[date, date] | None:
    """The first and the last of its business days that have a stored purchase; None where none has.

    Beyond them nothing was bought as far as anybody knows, which is not the same as that nothing would be given.
    """
    backtest = session.get_one(Backtest, (tenant_of(session), backtest_id))
    zone = programme_by_id(session, backtest.programme_id).zone
    first, last = session.execute(
        select(func.min(Purchase.occurred_at), func.max(Purchase.occurred_at)).where(
            Purchase.tenant_id == tenant_of(session),
            Purchase.occurred_at >= day_start(backtest.first_day, zone),
            Purchase.occurred_at < day_start(backtest.last_day + timedelta(days=1), zone),
        )
    ).one()
    return (clock.business_day(zone, first), clock.business_day(zone, last)) if first is not None else None


def untimed(session: Session, backtest_id: int) -> tuple[int, int] | None:
    """How many of its purchases stand at midnight sharp, as where a file tells no time of day, and how many there are.

    None where its document asks for no hours.
    """
    backtest = session.get_one(Backtest, (tenant_of(session), backtest_id))
    document = Document.model_validate(backtest.document) if backtest.document else None
    if document is None or not any(isinstance(one, Hours) and one.looks_at_time for one in document.where):
        return None
    zone = programme_by_id(session, backtest.programme_id).zone
    local = func.timezone(zone, Purchase.occurred_at)
    without, every = session.execute(
        select(func.count().filter(local == func.date_trunc("day", local)), func.count()).where(
            Purchase.tenant_id == tenant_of(session),
            Purchase.occurred_at >= day_start(backtest.first_day, zone),
            Purchase.occurred_at < day_start(backtest.last_day + timedelta(days=1), zone),
        )
    ).one()
    return without, every


def sales_since(session: Session, backtest_id: int) -> date | None:
    """The first day that has a stored purchase, where none of any day comes before it; None otherwise."""
    backtest = session.get_one(Backtest, (tenant_of(session), backtest_id))
    zone = programme_by_id(session, backtest.programme_id).zone
    earlier = select(Purchase.occurred_at).where(
        Purchase.tenant_id == tenant_of(session), Purchase.occurred_at < day_start(backtest.first_day, zone)
    )
    if session.scalar(earlier.limit(1)) is not None:
        return None
    span = sales_span(session, backtest_id)
    return span[0] if span is not None and span[0] > backtest.first_day else None


def budget_ends(session: Session, backtest_id: int) -> date | None:
    """The day on which the document would have used its budget up, one in money too; nothing if it lasts."""
    found = backtest_by_id(session, backtest_id)
    if found.backtest.document is None:
        return None
    programme = programme_by_id(session, found.backtest.programme_id)
    document = Document.model_validate(found.backtest.document)
    units = document.gives.setting(setting_of(session, programme)).units
    budget = budget_of(document.limits, programme, units)
    return used_up((found.tally.own or found.tally).daily, budget) if budget is not None else None


def places_end(session: Session, backtest_id: int) -> date | None:
    """The business day on which the document's places for members would all have been taken; nothing if they last."""
    backtest = session.get_one(Backtest, (tenant_of(session), backtest_id))
    if not backtest.last_place:
        return None
    return Place(*backtest.last_place).day(programme_by_id(session, backtest.programme_id).zone)


def has_stopped(session: Session, backtest_id: int) -> bool:
    """Whether the job of a slice was given up, so that the backtest will not be finished."""
    failed = session.scalar(
        select(func.count()).where(
            OutboxJob.tenant_id == tenant_of(session),
            OutboxJob.state == "failed",
            OutboxJob.name.in_(("backtests.places", "backtests.slice")),
            OutboxJob.arguments["backtest_id"].as_integer() == backtest_id,
        )
    )
    return bool(failed)
