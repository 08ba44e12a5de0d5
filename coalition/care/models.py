"""Goodwill points, how many each of the staff has given in a day, and notes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to
from tenants.runtime.ids import derived_id

NOTE_PLACE = "member_note.sealed"
WORDS_PLACE = "goodwill.sealed"


class Goodwill(TenantBase):
    """Points that one of the staff gave a member for a reason; once undone, for good.

    `request` is the form's own: the same form sent twice is one grant. `day` is the programme's, from which the limits
    are counted; `sealed` are words beside the reason, which may tell of the member.
    """

    __tablename__ = "goodwill"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    request: Mapped[UUID]
    points: Mapped[int] = mapped_column(BigInteger)
    funder_id: Mapped[int]
    reason: Mapped[str] = mapped_column(String(32, collation="C"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    staff_id: Mapped[UUID]
    day: Mapped[date]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "member_id", "request"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("participant", "funder_id", to=("id",)),
        belongs_to("staff", "staff_id", to=("id",)),
        belongs_to("staff", "undone_by", to=("id",)),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("(undone_at is null) = (undone_by is null)", name="undone"),
    )

    @property
    def undo_id(self) -> UUID | None:
        """What causes the transfers that take it back."""
        return derived_id(self.undone_at, "goodwill undone", self.id) if self.undone_at else None


class GoodwillDay(TenantBase):
    """How many goodwill points one of the staff gave on a day, less what came back of them: the row that is locked."""

    __tablename__ = "goodwill_day"

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        belongs_to("staff", "staff_id", to=("id",)),
        CheckConstraint("points >= 0", name="points"),
    )


class MemberNote(TenantBase):
    """A short text about a talk with a member, sealed; never changed."""

    __tablename__ = "member_note"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    staff_id: Mapped[UUID]
    at: Mapped[datetime]

    __table_args__ = (
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("staff", "staff_id", to=("id",)),
    )
