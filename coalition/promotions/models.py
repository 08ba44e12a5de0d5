"""Promotions, their versions and budgets, and each member's counters."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Promotion(TenantBase):
    """An offer of points; its counters (monthly limits, once ever) outlive its versions."""

    __tablename__ = "promotion"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    code: Mapped[str] = mapped_column(String(64, collation="C"))
    budget: Mapped[int | None] = mapped_column(BigInteger)  # points to all members together, spent or not
    paused_at: Mapped[datetime | None]
    planned_end: Mapped[
        datetime | None
    ]  # of the version that the pause stopped: what is resumed ends there, too

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("programme", "programme_id", to=("id",)),
        CheckConstraint("planned_end is null or paused_at is not null", name="paused"),
    )


class PromotionVersion(TenantBase):
    """The immutable text of a promotion from `starts_at` until `ends_at` (null: open); superseding sets its end.

    A `correcting` one stands in the place of all others in its span, which is past (`timeline.in_force`).
    """

    __tablename__ = "promotion_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    promotion_id: Mapped[int]
    document: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    published_at: Mapped[datetime]
    correcting: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        belongs_to("promotion", "promotion_id", to=("id",)),
        CheckConstraint("ends_at is null or ends_at >= starts_at", name="period"),
    )


class PromotionDraft(TenantBase):
    """What is to be a promotion's next version. Every change raises `revision`; one draft at a time is open.

    Without `starts_at` it starts when it is published. Whoever acts for the house itself is nobody of the staff: null.
    """

    __tablename__ = "promotion_draft"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64, collation="C"))
    programme_id: Mapped[int]
    document: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(9))
    revision: Mapped[int]
    author_id: Mapped[UUID | None]
    editor_id: Mapped[UUID | None]
    checked_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    note: Mapped[str]
    saved_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("staff", "author_id", to=("id",)),
        belongs_to("staff", "editor_id", to=("id",)),
        belongs_to("staff", "checked_by", to=("id",)),
        belongs_to("staff", "approved_by", to=("id",)),
        CheckConstraint("state in ('draft', 'checked', 'approved', 'published', 'discarded')", name="state"),
        Index(
            "promotion_draft_open_idx",
            "tenant_id",
            "code",
            unique=True,
            postgresql_where=text("state in ('draft', 'checked', 'approved')"),
        ),
    )


class PromotionBudget(TenantBase):
    """What a promotion's hard budget still has, in shards, so that many purchases can take from it at a time."""

    __tablename__ = "promotion_budget"

    promotion_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    room: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        belongs_to("promotion", "promotion_id", to=("id",)),
        CheckConstraint("room >= 0", name="room"),
    )


class Holiday(TenantBase):
    """A day off by the tenant's calendar."""

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(primary_key=True)


class PromotionClock(TenantBase):
    """A number that every publication raises; a process whose index carries another one compiles anew."""

    __tablename__ = "promotion_clock"

    number: Mapped[int] = mapped_column(BigInteger)


class CounterSheet(TenantBase):
    """A member's counters of one period (`periods.period_in`).

    A place is a promotion's slot (`case.slot_of`); what it counts is its own: points given, purchases, a time.
    Sheets are what a replay of the member's purchases ends with, kept so that the next purchase need not replay them.
    """

    __tablename__ = "counter_sheet"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    slots: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    counts: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        CheckConstraint("cardinality(slots) = cardinality(counts)", name="places"),
    )
