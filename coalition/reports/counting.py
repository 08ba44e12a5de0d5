"""Counts the figures of days from what is new in the ledger, every five minutes.

Transfers are added and never changed, so a booked day's figures are final once no transaction can book to it any more:
an hour after its end. Each run counts the booked days anew that are not final yet, and only those. They are found by
an index that keeps the order in which rows came (BRIN), which costs whoever writes next to nothing.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger.post import day_start
from coalition.members.models import Member
from coalition.programmes.models import Programme
from coalition.promotions.budgets import SHARDS
from coalition.promotions.models import Promotion, PromotionBudget
from coalition.reports.models import BudgetDay, FiguresCount, MembersDay, PointsDay
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import every, job

FINAL_AFTER = timedelta(hours=1)
"""After the end of a day: no transaction that booked to it is still open."""
ACTIVE_DAYS = 30
_NEVER = date(1, 1, 2)

_COUNT = text("""
    insert into points_day (tenant_id, booked_on, day, from_account, to_account, points)
    select tenant_id, (booked_at at time zone :zone)::date, (occurred_at at time zone :zone)::date,
        from_account, to_account, sum(points)
    from transfer where tenant_id = :tenant and booked_at >= :since
    group by 1, 2, 3, 4, 5""")
# Activation, expiry and release come by themselves; everything else is something that the member did or got.
# Nothing is booked before it happens, so the index of when rows were booked bounds what is read.
_ACTIVE = text("""
    select count(distinct member_id) from transfer
    where tenant_id = :tenant and booked_at >= :since and occurred_at >= :since and purpose not in (3, 4, 7, 13)""")


@job("figures.count", bulk=True)
def count_figures(session: Session, anew: bool = False) -> None:
    """Count what was booked since the last time; a tenant without a programme has nothing to count.

    Members are counted once an hour, or `anew`.
    """
    zone = session.scalars(
        select(Programme.zone)
        .where(Programme.tenant_id == tenant_of(session))
        .order_by(Programme.id)
        .limit(1)
    ).first()
    if zone is None:
        return
    known = _locked(session, zone)
    now = clock.now()
    today = _day(now, zone)
    if known.zone != zone:  # its days are others
        known.zone, known.open_from = zone, _NEVER
    _count_points(session, known.open_from, zone)
    if anew or _hour(known.counted_at) != _hour(now) or _nobody(session, today):
        _count_members(session, today, zone)
    _count_budgets(session, today)
    known.open_from, known.counted_at = _day(now - FINAL_AFTER, zone), now


def _locked(session: Session, zone: str) -> FiguresCount:
    """The tenant's row: who counts at the same time waits for it."""
    tenant_id = tenant_of(session)
    session.execute(
        insert(FiguresCount)
        .values(tenant_id=tenant_id, counted_at=clock.now(), open_from=_NEVER, zone=zone)
        .on_conflict_do_nothing()
    )
    return session.scalars(
        select(FiguresCount)
        .where(FiguresCount.tenant_id == tenant_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _count_points(session: Session, first: date, zone: str) -> None:
    tenant_id = tenant_of(session)
    session.execute(delete(PointsDay).where(PointsDay.tenant_id == tenant_id, PointsDay.booked_on >= first))
    session.execute(_COUNT, {"tenant": tenant_id, "zone": zone, "since": day_start(first, zone)})


def _count_members(session: Session, today: date, zone: str) -> None:
    """Not at every run, for these two look at more than what is new; where nobody was active, at nearly nothing."""
    tenant_id = tenant_of(session)
    since = day_start(today - timedelta(days=ACTIVE_DAYS), zone)
    active = session.scalar(_ACTIVE, {"tenant": tenant_id, "since": since})
    members = session.scalar(select(func.count()).select_from(Member).where(Member.tenant_id == tenant_id))
    session.merge(MembersDay(tenant_id=tenant_id, day=today, members=members or 0, active=active or 0))


def _nobody(session: Session, today: date) -> bool:
    """Whether the day was not counted yet, or had nobody active."""
    known = session.get(MembersDay, (tenant_of(session), today), populate_existing=True)
    return known is None or not known.active


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _count_budgets(session: Session, today: date) -> None:
    tenant_id = tenant_of(session)
    rooms = (
        select(PromotionBudget.promotion_id, func.sum(PromotionBudget.room).label("room"))
        .where(PromotionBudget.tenant_id == tenant_id, PromotionBudget.shard < SHARDS)
        .group_by(PromotionBudget.promotion_id)
        .subquery()
    )
    used = (
        select(Promotion.tenant_id, Promotion.id, literal(today), Promotion.budget - rooms.c.room)
        .join(rooms, rooms.c.promotion_id == Promotion.id)
        .where(Promotion.tenant_id == tenant_id, Promotion.budget.is_not(None))
    )
    asked = insert(BudgetDay).from_select(["tenant_id", "promotion_id", "day", "used"], used)
    session.execute(
        asked.on_conflict_do_update(
            index_elements=["tenant_id", "promotion_id", "day"], set_={"used": asked.excluded.used}
        )
    )


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(clock.zone(zone)).date()


every(300, "figures.count")
