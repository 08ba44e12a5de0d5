"""Draws and what was won in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to
from tenants.runtime.ids import digest


class Draw(TenantBase):
    """One draw. `commitment` is the SHA-256 of the seed, known from the start; the seed is told when it is drawn.

    `prizes` are [{code, name, count}], the first the first to be drawn. A benefit's tickets are for one draw.
    """

    __tablename__ = "draw"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    benefit_id: Mapped[int]
    code: Mapped[str] = mapped_column(String(64, collation="C"))
    name: Mapped[dict[str, Any]]
    prizes: Mapped[list[Any]]
    closes_at: Mapped[datetime]
    commitment: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_seed: Mapped[bytes] = mapped_column(LargeBinary)
    drawn_at: Mapped[datetime | None]
    tickets: Mapped[int | None] = mapped_column(BigInteger)
    entries_digest: Mapped[bytes | None] = mapped_column(LargeBinary)

    @property
    def request(self) -> UUID:
        """What the uses of its tickets are noted under."""
        return UUID(bytes=digest("draw", self.code))

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        UniqueConstraint("tenant_id", "benefit_id"),
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("benefit", "benefit_id", to=("id",)),
        CheckConstraint(
            "(drawn_at is null) = (tickets is null) and (drawn_at is null) = (entries_digest is null)",
            name="drawn",
        ),
    )


class DrawWin(TenantBase):
    """A prize that a member won: the place in the order of drawing, and the ticket that was drawn."""

    __tablename__ = "draw_win"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    ticket: Mapped[int] = mapped_column(BigInteger)
    prize: Mapped[str] = mapped_column(String(64, collation="C"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "draw_id", "place"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("draw", "draw_id", to=("id",)),
    )
