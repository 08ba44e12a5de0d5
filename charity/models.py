"""Funds, campaigns and donations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Fund(TenantBase):
    """A charity fund that takes points' worth in money."""

    __tablename__ = "fund"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(32, collation="C"))
    name: Mapped[dict[str, Any]]
    about: Mapped[dict[str, Any]]
    reward_id: Mapped[int]

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("reward", "reward_id", to=("id",)),
    )


class Campaign(TenantBase):
    """What a fund gathers for, with a goal in points and a last day."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fund_id: Mapped[int]
    name: Mapped[dict[str, Any]]
    goal: Mapped[int] = mapped_column(BigInteger)
    ends_on: Mapped[date]

    __table_args__ = (
        belongs_to("fund", "fund_id", to=("id",)),
        CheckConstraint("goal > 0", name="goal"),
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
