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
    Uuid,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from coalition.promotions.moments import LONG_AGO
from tenants.runtime.db import TenantBase, belongs_to


class Promotion(TenantBase):
    """An offer of points; its counters (monthly limits, once ever) outlive its versions."""

    __tablename__ = "promotion"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    code: Mapped[str] = mapped_column(String(64, collation="C"))
    budget: Mapped[int | None] = mapped_column(BigInteger)  # points to all members together, spent or not
    seats: Mapped[int | None] = mapped_column(BigInteger)  # members who ever earn from it, taken or not
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

    A `correcting` one stands in the place of all others in its span, which is past (`timeline.in_force`). `draft_id` is
    the draft that it was, with who wrote and signed it; null where it was none, or where that was not kept yet.
    """

    __tablename__ = "promotion_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    promotion_id: Mapped[int]
    document: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    published_at: Mapped[datetime]
    correcting: Mapped[bool] = mapped_column(default=False)
    draft_id: Mapped[int | None]

    __table_args__ = (
        belongs_to("promotion", "promotion_id", to=("id",)),
        belongs_to("promotion_draft", "draft_id", to=("id",)),
        CheckConstraint("ends_at is null or ends_at >= starts_at", name="period"),
    )


class PromotionDraft(TenantBase):
    """What is to be a promotion's next version. Every change raises `revision`; one draft at a time is open.

    `editors` are all who began or changed it, and none of them signs it; `editor_id` is who changed it last.
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
    editors: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    checked_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    note: Mapped[str]
    saved_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("staff", "author_id", to=("id",)),
        belongs_to("staff", "editor_id", to=("id",)),
        belongs_to("staff", "checked_by", to=("id",)),
        belongs_to("staff", "approved_by", to=("id",)),
        CheckConstraint("state in ('draft', 'checked', 'approved', 'published', 'discarded')", name="state"),
        CheckConstraint("approved_by is null or not approved_by = any (editors)", name="eyes"),
        Index(
            "promotion_draft_open_idx",
            "tenant_id",
            "code",
            unique=True,
            postgresql_where=text("state in ('draft', 'checked', 'approved')"),
        ),
    )


class PromotionBudget(TenantBase):
    """What a promotion's hard budget still has, in shards, so that many purchases can take from it at a time.

    Its places for the first members lie in further shards, 16 and up.
    """

    __tablename__ = "promotion_budget"

    promotion_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    room: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        belongs_to("promotion", "promotion_id", to=("id",)),
        CheckConstraint("room >= 0", name="room"),
    )


class Deposit(TenantBase):
    """What a participant has paid in for a programme: every promotion draws its share of what it gives from it.

    `unit` says what it is kept in, money (minor units) or points; `paid` is all of it so far, `points` what that is
    worth. Purchases booked before `opened_at` never drew on it.
    """

    __tablename__ = "deposit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    participant_id: Mapped[int]
    unit: Mapped[str] = mapped_column(String(6))
    paid: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "programme_id", "participant_id"),
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        CheckConstraint("unit in ('money', 'points')", name="unit"),
        CheckConstraint("paid >= 0 and points >= 0", name="not_negative"),
    )


class DepositEntry(TenantBase):
    """One payment into a deposit; the same request is the same payment."""

    __tablename__ = "deposit_entry"

    deposit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    paid: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(200))
    staff_id: Mapped[UUID | None]

    __table_args__ = (
        belongs_to("deposit", "deposit_id", to=("id",)),
        belongs_to("staff", "staff_id", to=("id",)),
        CheckConstraint("paid > 0 and points >= 0", name="paid"),
    )


class DepositRoom(TenantBase):
    """What a deposit still has, in shards, as a promotion's budget."""

    __tablename__ = "deposit_room"

    deposit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    room: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        belongs_to("deposit", "deposit_id", to=("id",)),
        CheckConstraint("room >= 0", name="room"),
    )


class Holiday(TenantBase):
    """A day off by the tenant's calendar, or with `off` false no longer one, since the moment when that is known.

    Without a moment it has been known for ever.
    """

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(
        primary_key=True, default=LONG_AGO, server_default="1970-01-01 00:00:00+00"
    )
    off: Mapped[bool] = mapped_column(default=True, server_default=true())


class OwnCategory(TenantBase):
    """What one of the tenant's own categories means now (`categories.Category`); versions hold what it meant."""

    __tablename__ = "own_category"

    code: Mapped[str] = mapped_column(String(64, collation="C"), primary_key=True)
    document: Mapped[dict[str, Any]]


class ProgrammeTiers(TenantBase):
    """A programme's levels (`tiers.TierTerms`, or none) for what is booked since the moment; never changed.

    Rows begin with the first change: until then the programme's own terms have held for ever.
    """

    __tablename__ = "programme_tiers"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any] | None]

    __table_args__ = (belongs_to("programme", "programme_id", to=("id",)),)


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
