"""Transfers, lots and their uses, holds and balances."""

from datetime import date, datetime
from enum import IntEnum
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tenants.runtime.db import TenantBase, belongs_to


class Account(IntEnum):
    """Where points can be. The member's four have balances; the programme's are sums of transfers."""

    AVAILABLE = 1
    PENDING = 2
    HELD = 3
    DEBT = 4
    ISSUED = 10
    EXPIRED = 11
    REDEEMED = 12
    ADJUSTED = 13


class Purpose(IntEnum):
    """Why a transfer was made; `cause_id` names what caused it."""

    AWARD = 1  # a purchase's points: ISSUED -> AVAILABLE or PENDING
    RETURN = 2  # a return changed what a purchase earns: either direction
    ACTIVATE = 3  # a lot's day has come, or its condition is met: PENDING -> AVAILABLE
    EXPIRE = 4  # a lot's last day has passed: AVAILABLE -> EXPIRED
    HOLD = 5  # AVAILABLE -> HELD
    CAPTURE = 6  # HELD -> REDEEMED
    RELEASE = 7  # HELD -> AVAILABLE
    CANCEL = 8  # a redemption undone: REDEEMED -> AVAILABLE
    REPAY = 9  # AVAILABLE -> DEBT
    ADJUST = 10  # ADJUSTED -> AVAILABLE, or AVAILABLE/DEBT -> ADJUSTED
    IMPORT = 11  # an opening balance: ISSUED -> AVAILABLE
    OCCASION = 12  # points without a purchase: ISSUED -> AVAILABLE or PENDING
    LAPSE = (
        13  # the condition of points was not met: PENDING -> EXPIRED, and back when it proves to have been
    )
    CORRECTION = 14  # a promotion's past was corrected: either direction
    CLAIM = 15  # a claim was decided for the member: ISSUED -> AVAILABLE
    ORDER = 16  # an order at a network's shop: ISSUED -> PENDING or AVAILABLE
    ORDER_BACK = 17  # the network took it back, or some of it


class Transfer(TenantBase):
    """One immutable ledger row.

    Why an award was given stands on its purchase or occasion; `reason` explains what a return or a
    correction changed, in the same flat fives: promotion version, base after it, points moved by this funder, 0, 0.
    """

    __tablename__ = "transfer"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    cause_id: Mapped[UUID]
    reverses: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    points: Mapped[int] = mapped_column(BigInteger)
    funder_id: Mapped[int | None]
    from_account: Mapped[int] = mapped_column(SmallInteger)
    to_account: Mapped[int] = mapped_column(SmallInteger)
    purpose: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("participant", "funder_id", to=("id",)),
        CheckConstraint("points > 0 and from_account <> to_account", name="moves"),
        CheckConstraint("reason is null or cardinality(reason) % 5 = 0", name="reason"),
        Index(
            "transfer_booked_idx",
            "tenant_id",
            "booked_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
        ),
    )


class Lot(TenantBase):
    """Points with one origin (the transfer of the same id), one funder, one activation day and one last day.

    Points that wait for a condition have no activation day (9999-12-31): when it is met, the lot is used up and a new
    one is born by the same transfer; after its last day it lapses.

    A lot has no foreign keys: its member, funder and points are those of the transfer that is written with it, which
    has them; `audit` compares. These two checks an award were measured to be a sixth of the database's work.
    """

    __tablename__ = "lot"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    expires_on: Mapped[date] = mapped_column(
        primary_key=True
    )  # the last day they can be spent; 9999-12-31 for no end
    id: Mapped[UUID] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(BigInteger)
    remaining: Mapped[int] = mapped_column(BigInteger)
    funder_id: Mapped[int]
    active_on: Mapped[date]
    pending: Mapped[bool]

    __table_args__ = (CheckConstraint("points > 0 and remaining between 0 and points", name="remaining"),)


class LotUse(TenantBase):
    """Points of a lot that one transfer took (or, negative, gave back)."""

    __tablename__ = "lot_use"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    transfer_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    expires_on: Mapped[date]
    points: Mapped[int] = mapped_column(BigInteger)

    # Set, so that a flush writes the transfer and the lot before their use; both share the key's first columns.
    transfer: Mapped[Transfer] = relationship(overlaps="lot", lazy="raise")
    lot: Mapped[Lot] = relationship(overlaps="transfer", lazy="raise")

    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "member_id", "expires_on", "lot_id"],
            ["lot.tenant_id", "lot.member_id", "lot.expires_on", "lot.id"],
        ),
        ForeignKeyConstraint(
            ["tenant_id", "member_id", "transfer_id"],
            ["transfer.tenant_id", "transfer.member_id", "transfer.id"],
        ),
        CheckConstraint("points <> 0", name="points"),
    )


class Hold(TenantBase):
    """Points set aside until captured or released; released by itself after `expires_at`."""

    __tablename__ = "hold"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)  # of what it is for: the redemption
    points: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(8), default="open")
    expires_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("state in ('open', 'captured', 'released')", name="state"),
        Index(
            "hold_open_idx",
            "tenant_id",
            "expires_at",
            postgresql_where=text("state = 'open'"),
        ),
    )


class Balance(TenantBase):
    """What a member has, in points' units; `version` rises with every change of state that an award could depend on."""

    __tablename__ = "balance"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    available: Mapped[int] = mapped_column(BigInteger, default=0)
    pending: Mapped[int] = mapped_column(BigInteger, default=0)
    held: Mapped[int] = mapped_column(BigInteger, default=0)
    debt: Mapped[int] = mapped_column(BigInteger, default=0)
    version: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        CheckConstraint(
            "available >= 0 and pending >= 0 and held >= 0 and debt >= 0",
            name="not_negative",
        ),
    )
