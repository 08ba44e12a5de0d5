"""A text to a phone, for as long as it is needed and a little longer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase

PLACE = "text_message.sealed"
PHONE = "text-phone"
"""The kind of the phone's digest: not that of the handle by which a member is found."""


class TextMessage(TenantBase):
    """A text to a phone, of use `until` then; sealed, and forgotten once it is done with. `status` is the gateway's.

    `phone` is the keyed digest of the phone, by which an erasure finds what waits; forgotten with the text.
    """

    __tablename__ = "text_message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[UUID | None]
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(7), default="waiting")
    status: Mapped[int | None] = mapped_column(SmallInteger)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'sent', 'failed')", name="state"),
        CheckConstraint("(state = 'waiting') = (finished_at is null)", name="finished"),
        CheckConstraint("(state = 'waiting') = (sealed is not null)", name="forgotten"),
        CheckConstraint("phone is null or state = 'waiting'", name="phone"),
        Index("text_message_phone_idx", "tenant_id", "phone", postgresql_where=text("phone is not null")),
    )
