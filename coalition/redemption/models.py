"""Rewards, redemptions, certificate codes and payouts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Reward(TenantBase):
    """Something points can be turned into; `terms` are the kind's own validated document."""

    __tablename__ = "reward"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64, collation="C"))
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[dict[str, Any]]
    about: Mapped[dict[str, Any]]
    terms: Mapped[dict[str, Any]]
    participant_id: Mapped[int]
    offered: Mapped[bool] = mapped_column(default=True)
    place: Mapped[int] = mapped_column(default=0)  # order in the showcase
    alert_below: Mapped[int | None]  # fewer codes left than this are told at the desk
    alert_to: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))  # by mail
    told_low_at: Mapped[datetime | None]  # by mail, since there were enough the last time

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("participant", "participant_id", to=("id",)),
        CheckConstraint("alert_below between 1 and 10000", name="alert_below"),
    )


class Redemption(TenantBase):
    """Points turned into a reward. States: held, done, cancelled, refused (its fulfilment did not succeed).

    Of what paid a part of a sale, returns give back `points_back`; when that is all, it is cancelled.
    """

    __tablename__ = "redemption"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    request: Mapped[UUID]  # digest of the door's request id: the same request is the same redemption
    reward_id: Mapped[int]
    points: Mapped[int] = mapped_column(BigInteger)
    minor: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(9))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    choice: Mapped[dict[str, Any]]  # what the member chose, as the kind validates it
    points_back: Mapped[int] = mapped_column(BigInteger, default=0)
    sale_key: Mapped[UUID | None]  # of the sale that it pays a part of: its `purchase.key`

    __table_args__ = (
        UniqueConstraint("tenant_id", "member_id", "request"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("reward", "reward_id", to=("id",)),
        CheckConstraint("points > 0 and minor >= 0 and points_back between 0 and points", name="points"),
        CheckConstraint("state in ('held', 'done', 'cancelled', 'refused')", name="state"),
        Index("redemption_id_idx", "tenant_id", "id"),
    )


class Certificate(TenantBase):
    """A code of the pool, sealed; free until a redemption takes it."""

    __tablename__ = "certificate"

    reward_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[UUID] = mapped_column(primary_key=True)  # keyed: the same code cannot be loaded twice
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    valid_to: Mapped[date]
    member_id: Mapped[UUID | None]
    redemption_id: Mapped[UUID | None]

    __table_args__ = (
        belongs_to("reward", "reward_id", to=("id",)),
        belongs_to("redemption", "member_id", "redemption_id", to=("member_id", "id")),
        UniqueConstraint("tenant_id", "member_id", "redemption_id"),
        CheckConstraint("(member_id is null) = (redemption_id is null)", name="taken"),
        Index(
            "certificate_free_idx",
            "tenant_id",
            "reward_id",
            "valid_to",
            postgresql_where=text("redemption_id is null"),
        ),
    )


class PayoutRegister(TenantBase):
    """A list of payouts sent together to one payee: the bank (cashback) or a fund (donations)."""

    __tablename__ = "payout_register"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payee: Mapped[str] = mapped_column(String(64))  # "cashback", or "fund:<code>"
    made_at: Mapped[datetime]
    count: Mapped[int]
    minor: Mapped[int] = mapped_column(BigInteger)


class Payout(TenantBase):
    """Money owed for one redemption. States: waiting, sent (in a register), paid, returned."""

    __tablename__ = "payout"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)  # of the redemption
    payee: Mapped[str] = mapped_column(String(64))
    minor: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    register_id: Mapped[int | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("redemption", "member_id", "id", to=("member_id", "id")),
        belongs_to("payout_register", "register_id", to=("id",)),
        CheckConstraint("minor > 0", name="minor"),
        CheckConstraint("state in ('waiting', 'sent', 'paid', 'returned')", name="state"),
        CheckConstraint("state = 'waiting' or register_id is not null", name="register"),
        Index(
            "payout_waiting_idx",
            "tenant_id",
            "payee",
            postgresql_where=text("state = 'waiting'"),
        ),
    )
