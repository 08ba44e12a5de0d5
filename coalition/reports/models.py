"""Figures of days, counted from the ledger by `coalition.reports.counting`; whoever shows them reads no transfer."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class FiguresCount(TenantBase):
    """When the tenant's figures were last counted, by the days of which zone, and from which booked day on again.

    What was booked before `open_from` is counted for good.
    """

    __tablename__ = "figures_count"

    counted_at: Mapped[datetime]
    open_from: Mapped[date]
    zone: Mapped[str]


class PointsDay(TenantBase):
    """Points that moved on a day (`day`), as far as they were booked on another (`booked_on`), from where to where.

    A purchase that comes late, or a return, changes the day on which it happened: its row is of the day it was booked.
    """

    __tablename__ = "points_day"

    booked_on: Mapped[date] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    from_account: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    to_account: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    points: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("points > 0", name="points"),
        Index("points_day_day_idx", "tenant_id", "day"),
    )


class MembersDay(TenantBase):
    """How many members there were when a day was counted, and whose points moved in the 30 days up to it."""

    __tablename__ = "members_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    members: Mapped[int] = mapped_column(BigInteger)
    active: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("active between 0 and members", name="active"),)


class BudgetDay(TenantBase):
    """What of a promotion's budget was used when a day was last counted, in units of points."""

    __tablename__ = "budget_day"

    promotion_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (belongs_to("promotion", "promotion_id", to=("id",)),)
