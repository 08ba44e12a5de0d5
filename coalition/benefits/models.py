"""Benefits, grants and their uses."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class BenefitKind(StrEnum):
    """What a benefit is, and so what its pieces are."""

    COUPON = "coupon"  # a free drink: each piece is used once
    CERTIFICATE = "certificate"  # money to pay with: used in parts, until nothing is left
    PRIVILEGE = "privilege"  # a right: used so many times, or as often as one likes
    UNITS = "units"  # game units: a wallet of their own
    TICKET = "ticket"  # a place in a draw


class Benefit(TenantBase):
    """Something that promotions of a programme can grant; `terms` as `benefits.terms` reads them, never changed.

    One that is retired is granted no more; what members have of it stays theirs.
    """

    __tablename__ = "benefit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    code: Mapped[str] = mapped_column(String(64, collation="C"))
    kind: Mapped[str] = mapped_column(String(12, collation="C"))
    name: Mapped[dict[str, Any]]
    terms: Mapped[dict[str, Any]]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[UUID | None]  # null also for the house itself

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("staff", "retired_by", to=("id",)),
        CheckConstraint("retired_by is null or retired_at is not null", name="retired"),
        CheckConstraint(
            "kind in ('coupon', 'certificate', 'privilege', 'units', 'ticket')",
            name="kind",
        ),
    )


class Grant(TenantBase):
    """Pieces of a benefit that one cause (a purchase or an occasion) gave by one promotion version.

    `quantity` is what stands: a return lowers it. What is `used` beyond it is owed, and covered by what the member has
    of the same benefit before anything of that can be used. Of certificates both are minor units.

    A benefit that is shown at a till has a code, of which only the keyed digest is kept: the code is derived anew.
    """

    __tablename__ = "benefit_grant"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    benefit_id: Mapped[int]
    version_id: Mapped[int]
    cause_id: Mapped[UUID]
    quantity: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int] = mapped_column(BigInteger, default=0)
    granted_at: Mapped[datetime]
    last_day: Mapped[date]  # 9999-12-31 for no end
    code_digest: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "code_digest"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("benefit", "benefit_id", to=("id",)),
        belongs_to("promotion_version", "version_id", to=("id",)),
        CheckConstraint("used >= 0 and quantity >= 0", name="used"),
        Index("benefit_grant_benefit_idx", "tenant_id", "benefit_id"),
    )


class GrantUse(TenantBase):
    """Pieces of a grant that were used (or, negative, given back); `request` makes the same one a single one.

    `client_id` is the program of the API whose till it was at, if it was at one.
    """

    __tablename__ = "benefit_use"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID]
    request: Mapped[UUID]
    quantity: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    client_id: Mapped[str | None] = mapped_column(String(40, collation="C"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "member_id", "request", "grant_id"),
        belongs_to("benefit_grant", "member_id", "grant_id", to=("member_id", "id")),
        CheckConstraint("quantity <> 0", name="quantity"),
        Index(
            "benefit_use_client_idx",
            "tenant_id",
            "client_id",
            "at",
            postgresql_where=text("client_id is not null"),
        ),
    )
