"""The loyalty card, what has happened to it, and enrolments at tills."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class CardState(StrEnum):
    """What a card is good for."""

    ISSUED = "issued"  # finds its member; it shows nothing until it is activated
    ACTIVE = "active"
    BLOCKED = "blocked"  # for good once another card replaces it


class BlockReason(StrEnum):
    """Why a card is blocked."""

    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    OTHER = "other"


class Card(TenantBase):
    """A loyalty card of a member; the number sealed, its last four open for people."""

    __tablename__ = "card"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_four: Mapped[str] = mapped_column(String(4))
    issued_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    replaces: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "member_id", "replaces"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("card", "member_id", "replaces", to=("member_id", "id")),
        CheckConstraint("replaces <> id", name="another"),
        Index("card_id_idx", "tenant_id", "id"),
    )

    @property
    def state(self) -> CardState:
        """What its moments say."""
        if self.blocked_at is not None:
            return CardState.BLOCKED
        return CardState.ISSUED if self.activated_at is None else CardState.ACTIVE


class CardEvent(TenantBase):
    """A state that a card has come to: who brought it there, when, and why it was blocked. Never changed."""

    __tablename__ = "card_event"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(8, collation="C"))
    reason: Mapped[str | None] = mapped_column(String(8, collation="C"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        belongs_to("card", "member_id", "card_id", to=("member_id", "id")),
        CheckConstraint("state in ('issued', 'active', 'blocked')", name="state"),
        CheckConstraint("(state = 'blocked') = (reason is not null)", name="why"),
        CheckConstraint("reason in ('lost', 'stolen', 'damaged', 'other')", name="reason"),
        Index("card_event_by_idx", "tenant_id", "by", "at"),
    )


class ActivationLink(TenantBase):
    """A link to activate a card by, found by its token's digest; good once, until it expires."""

    __tablename__ = "activation_link"

    digest: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    card_id: Mapped[UUID]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("card", "member_id", "card_id", to=("member_id", "id")),
        Index("activation_link_card_idx", "tenant_id", "member_id", "card_id"),
    )


class Enrolment(TenantBase):
    """Who was enrolled under a reference of a source: the same reference is the same member for ever."""

    __tablename__ = "enrolment"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(String(64, collation="C"))
    at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("tenant_id", "member_id"),
        belongs_to("member", "member_id", to=("id",)),
    )
