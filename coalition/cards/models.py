"""The loyalty card."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Card(TenantBase):
    """A loyalty card of a member; the number sealed, its last four open for people."""

    __tablename__ = "card"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_four: Mapped[str] = mapped_column(String(4))
    issued_at: Mapped[datetime]
    blocked_at: Mapped[datetime | None]

    __table_args__ = (belongs_to("member", "member_id", to=("id",)),)
