"""Reads of backtests."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.backtests.models import Backtest, BacktestSlice
from coalition.backtests.places import Place
from coalition.backtests.tally import Tally, total_of
from coalition.ledger.post import day_start
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
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


def sales_since(session: Session, backtest_id: int) -> date | None:
    """The first day that has a stored purchase, where it comes after the first one asked for; None otherwise.

    Before it nothing was bought as far as anybody knows, which is not the same as that nothing would be given.
    """
    backtest = session.get_one(Backtest, (tenant_of(session), backtest_id))
    zone = programme_by_id(session, backtest.programme_id).zone
    sales = select(Purchase.occurred_at).where(Purchase.tenant_id == tenant_of(session))
    earlier = sales.where(Purchase.occurred_at < day_start(backtest.first_day, zone)).limit(1)
    if session.scalar(earlier) is not None:
        return None
    first = session.scalar(sales.with_only_columns(func.min(Purchase.occurred_at)))
    day = clock.business_day(zone, first) if first is not None else None
    return day if day is not None and backtest.first_day < day <= backtest.last_day else None


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
