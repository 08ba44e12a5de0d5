"""Promotions, their versions, and each member's counters."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Promotion(TenantBase):
    """An offer of points; its counters (monthly limits, once ever) outlive its versions."""

    __tablename__ = "promotion"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    code: Mapped[str] = mapped_column(String(64, collation="C"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("programme", "programme_id", to=("id",)),
    )


class PromotionVersion(TenantBase):
    """The immutable text of a promotion from `starts_at` until `ends_at` (null: open); superseding sets its end."""

    __tablename__ = "promotion_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    promotion_id: Mapped[int]
    document: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    published_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("promotion", "promotion_id", to=("id",)),
        CheckConstraint("ends_at is null or ends_at >= starts_at", name="period"),
    )


class PromotionClock(TenantBase):
    """A number that every publication raises; a process whose index carries another one compiles anew."""

    __tablename__ = "promotion_clock"

    number: Mapped[int] = mapped_column(BigInteger)


class CounterSheet(TenantBase):
    """A member's counters of one period (yyyymm, or 0 for ever), one place per promotion.

    `raw` is what the promotion would have given in the period without its limit, net of returns; what it gave is
    min(limit, raw), so the order in which purchases and returns become known does not change the sum. Of a promotion
    that pays once it is the mark of the purchase that has it, or 0.
    """

    __tablename__ = "counter_sheet"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    promotions: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    raw: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        CheckConstraint("cardinality(promotions) = cardinality(raw)", name="places"),
    )
