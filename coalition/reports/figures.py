"""What the desk's first page tells of days: read from their figures, whatever the size of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from coalition.ledger.models import Account
from coalition.promotions.models import Promotion
from coalition.reports.models import BudgetDay, FiguresCount, MembersDay, PointsDay
from tenants.runtime.db import tenant_of

PACE_DAYS = 14
FAR_DAYS = 3650
"""A budget that lasts longer at its pace has no end that is worth a word."""


@dataclass(frozen=True)
class Moved:
    """Points of a day or of several, in units: what came to members, what they spent, what burnt; returns taken off.

    `adjusted` is what was given (below zero: taken) without a purchase, an opening balance or an occasion.
    """

    issued: int = 0
    spent: int = 0
    expired: int = 0
    adjusted: int = 0

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(
            self.issued + other.issued,
            self.spent + other.spent,
            self.expired + other.expired,
            self.adjusted + other.adjusted,
        )

    @property
    def liability(self) -> int:
        """By how much members have more than before, debts taken off."""
        return self.issued + self.adjusted - self.spent - self.expired


@dataclass(frozen=True)
class Days:
    """Figures of a span, day by day, and all that was before it."""

    counted_at: datetime
    before: Moved
    days: Sequence[tuple[date, Moved]]

    @property
    def moved(self) -> Moved:
        """All of the span."""
        return sum((moved for _, moved in self.days), Moved())

    @property
    def liability(self) -> int:
        """What members have at its end, debts taken off, in units of points."""
        return self.before.liability + self.moved.liability


@dataclass(frozen=True)
class Members:
    """How many there are, how many of them were active in 30 days, and how many were a month before; None: unknown."""

    day: date
    members: int
    active: int


@dataclass(frozen=True)
class Budget:
    """A promotion's budget in units of points, and the day on which it is used up at the pace of two weeks.

    `ends_on` is None when nothing is being used, or too little to end in ten years; `paced` whether a pace is known.
    """

    promotion_id: int
    code: str
    total: int
    used: int
    paced: bool
    ends_on: date | None

    @property
    def hundredths(self) -> int:
        """How much is used, in hundredths of a percent."""
        return 10_000 * self.used // self.total if self.total else 10_000


def days(session: Session, first: date, last: date) -> Days | None:
    """Figures from `first` to `last`, both with them; None before they were ever counted."""
    tenant_id = tenant_of(session)
    counted = session.scalar(select(FiguresCount.counted_at).where(FiguresCount.tenant_id == tenant_id))
    if counted is None:
        return None
    mine = PointsDay.tenant_id == tenant_id
    before = session.execute(select(*_sums()).where(mine, PointsDay.day < first)).one()
    rows = session.execute(
        select(PointsDay.day, *_sums())
        .where(mine, PointsDay.day >= first, PointsDay.day <= last)
        .group_by(PointsDay.day)
    )
    found = {day: Moved(*map(int, sums)) for day, *sums in rows}
    span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return Days(counted, Moved(*map(int, before)), [(day, found.get(day, Moved())) for day in span])


def members(session: Session) -> Members | None:
    """As last counted; None before."""
    row = session.scalars(
        select(MembersDay)
        .where(MembersDay.tenant_id == tenant_of(session))
        .order_by(MembersDay.day.desc())
        .limit(1)
    ).first()
    return Members(row.day, row.members, row.active) if row else None


def budgets(session: Session, today: date) -> Sequence[Budget]:
    """Of promotions that have one, the fullest first."""
    tenant_id = tenant_of(session)
    rows = session.execute(
        select(Promotion.id, Promotion.code, Promotion.budget, BudgetDay.day, BudgetDay.used)
        .join(
            BudgetDay,
            (BudgetDay.tenant_id == Promotion.tenant_id) & (BudgetDay.promotion_id == Promotion.id),
        )
        .where(
            Promotion.tenant_id == tenant_id,
            Promotion.budget.is_not(None),
            BudgetDay.day >= today - timedelta(days=PACE_DAYS),
        )
        .order_by(Promotion.id, BudgetDay.day)
    )
    seen: dict[int, tuple[str, int, list[tuple[date, int]]]] = {}
    for number, code, total, day, used in rows:
        seen.setdefault(number, (code, total or 0, []))[2].append((day, used))
    found = [_budget(number, code, total, used, today) for number, (code, total, used) in seen.items()]
    return sorted(found, key=lambda one: (-one.hundredths, one.code))


def _budget(number: int, code: str, total: int, used: Sequence[tuple[date, int]], today: date) -> Budget:
    (first, then), (last, now) = used[0], used[-1]
    span, more = (last - first).days, now - then
    ends_on = None
    if now >= total:
        ends_on = today
    elif span and more > 0:
        needed = -(-(total - now) * span // more)  # whole days, upwards
        ends_on = last + timedelta(days=needed) if needed <= FAR_DAYS else None
    return Budget(number, code, total, now, bool(span) or now >= total, ends_on)


def _sums() -> Sequence[ColumnElement[int]]:
    """The four sums of `Moved`, in its order."""
    out = {Account.ISSUED: 1, Account.REDEEMED: -1, Account.EXPIRED: -1, Account.ADJUSTED: 1}
    order = (Account.ISSUED, Account.REDEEMED, Account.EXPIRED, Account.ADJUSTED)
    return [
        func.coalesce(
            func.sum(
                case(
                    (PointsDay.from_account == account, out[account] * PointsDay.points),
                    (PointsDay.to_account == account, -out[account] * PointsDay.points),
                    else_=0,
                )
            ),
            0,
        )
        for account in order
    ]
