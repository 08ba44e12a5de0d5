"""Figures of days, counted from the ledger by `coalition.reports.counting`; whoever shows them reads no transfer.

And files made of lists, with the filters that people keep of them.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, String, UniqueConstraint
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
    """How many members there were when a day was counted, and who did or got something in the 30 days up to it."""

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


class Export(TenantBase):
    """A file made of a list, for who asked for it alone, until it is removed.

    While it is "working", `after` is the key of the last row of its `parts` parts; when it is "done", its `parts` are
    the file itself in blocks, of `size` bytes with that digest. `total` is how many rows there were at the beginning.
    """

    __tablename__ = "export"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID]
    list_code: Mapped[str] = mapped_column(String(16, collation="C"))
    conditions: Mapped[dict[str, Any]]
    form: Mapped[str] = mapped_column(String(4, collation="C"))
    language: Mapped[str] = mapped_column(String(2, collation="C"))
    state: Mapped[str] = mapped_column(String(7, collation="C"), default="working")
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    total: Mapped[int | None] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    parts: Mapped[int] = mapped_column(default=0)
    after: Mapped[str | None] = mapped_column(String(64, collation="C"))
    size: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        belongs_to("staff", "staff_id", to=("id",)),
        CheckConstraint("form in ('csv', 'xlsx')", name="form"),
        CheckConstraint("state in ('working', 'done')", name="state"),
        CheckConstraint(
            "(state = 'done') = (digest is not null) and (digest is null) = (size is null)", name="done"
        ),
        Index("export_expires_idx", "tenant_id", "expires_at"),
    )


class ReportSubscription(TenantBase):
    """That a partner's person has the month's figures mailed, with the `address` of the reports as she has it.

    `mailed` is the first day of the last month that was.
    """

    __tablename__ = "report_subscription"

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(400))
    since: Mapped[datetime]
    mailed: Mapped[date | None]

    __table_args__ = (belongs_to("staff", "staff_id", to=("id",)),)


class SavedFilter(TenantBase):
    """Conditions of a list that a person keeps under a name, for herself or for everybody who sees the list."""

    __tablename__ = "saved_filter"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID]
    list_code: Mapped[str] = mapped_column(String(16, collation="C"))
    name: Mapped[str] = mapped_column(String(60))
    conditions: Mapped[dict[str, Any]]
    shared: Mapped[bool]
    saved_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("staff", "staff_id", to=("id",)),
        UniqueConstraint("tenant_id", "staff_id", "list_code", "name"),
        Index("saved_filter_list_idx", "tenant_id", "list_code"),
    )
