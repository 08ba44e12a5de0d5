"""A text to a phone, for as long as it is needed and a little longer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase

PLACE = "text_message.sealed"


class TextMessage(TenantBase):
    """A text to a phone, of use `until` then; sealed, and forgotten once it is done with. `status` is the gateway's."""

    __tablename__ = "text_message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(7), default="waiting")
    status: Mapped[int | None] = mapped_column(SmallInteger)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'sent', 'failed')", name="state"),
        CheckConstraint("(state = 'waiting') = (finished_at is null)", name="finished"),
        CheckConstraint("(state = 'waiting') = (sealed is not null)", name="forgotten"),
    )
