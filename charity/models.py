"""Funds with their documents, campaigns and donations; what members have decided to give again and again."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Fund(TenantBase):
    """A charity fund that takes points' worth in money; as a participant it has people of its own."""

    __tablename__ = "fund"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(32, collation="C"))
    name: Mapped[dict[str, Any]]
    about: Mapped[dict[str, Any]]
    reward_id: Mapped[int]
    participant_id: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("reward", "reward_id", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
    )


class FundDocument(TenantBase):
    """A document of a fund that everybody may read: a charter, a report."""

    __tablename__ = "fund_document"

    fund_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(4, collation="C"))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    added_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("fund", "fund_id", to=("id",)),
        CheckConstraint("kind in ('jpeg', 'png', 'pdf')", name="kind"),
    )


class Campaign(TenantBase):
    """What a fund gathers for, with a goal in points, a last day and, if it began later, a first one."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fund_id: Mapped[int]
    name: Mapped[dict[str, Any]]
    goal: Mapped[int] = mapped_column(BigInteger)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date]

    __table_args__ = (
        belongs_to("fund", "fund_id", to=("id",)),
        CheckConstraint("goal > 0", name="goal"),
        CheckConstraint("starts_on <= ends_on", name="days"),
    )


class Donation(TenantBase):
    """A member's gift to a campaign: the redemption of the same id, kept for receipts and totals."""

    __tablename__ = "donation"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    points: Mapped[int] = mapped_column(BigInteger)
    minor: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]  # of the receipt, without gaps per tenant
    given_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("redemption", "member_id", "id", to=("member_id", "id")),
        belongs_to("campaign", "campaign_id", to=("id",)),
        UniqueConstraint("tenant_id", "number"),
    )


class GivingRule(TenantBase):
    """What a member gives to a fund without being asked each time, until it is stopped.

    "monthly": so many `points` on a `day` of the month, next on `next_on`. "round": of what each purchase gave, the
    remainder to a multiple of `points`. `outcome` is what came of it on `last_on`: "given", or why nothing was. It was
    looked at on the day `looked_on`.
    """

    __tablename__ = "giving_rule"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8, collation="C"))
    points: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[int | None] = mapped_column(SmallInteger)
    started_at: Mapped[datetime]
    next_on: Mapped[date | None]
    looked_on: Mapped[date | None]
    last_on: Mapped[date | None]
    last_points: Mapped[int] = mapped_column(BigInteger, default=0)
    outcome: Mapped[str | None] = mapped_column(String(24, collation="C"))
    stopped_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("fund", "fund_id", to=("id",)),
        CheckConstraint("kind in ('monthly', 'round') and points > 0", name="kind"),
        CheckConstraint("(kind = 'monthly') = (day is not null)", name="day"),
        CheckConstraint("(day is null) = (next_on is null) and day between 1 and 28", name="next"),
        Index(
            "giving_rule_one_idx",
            "tenant_id",
            "member_id",
            "kind",
            unique=True,
            postgresql_where=text("stopped_at is null"),
        ),
    )


class RoundUp(TenantBase):
    """What one purchase leaves for a fund, counted once; given with the donation, or waiting to be."""

    __tablename__ = "round_up"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    purchase_id: Mapped[UUID] = mapped_column(primary_key=True)
    fund_id: Mapped[int]
    points: Mapped[int] = mapped_column(BigInteger)
    noted_on: Mapped[date]
    donation_id: Mapped[UUID | None]

    __table_args__ = (
        belongs_to("purchase", "member_id", "purchase_id", to=("member_id", "id")),
        belongs_to("donation", "member_id", "donation_id", to=("member_id", "id")),
        belongs_to("fund", "fund_id", to=("id",)),
        CheckConstraint("points >= 0", name="points"),
    )
