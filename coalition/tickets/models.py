"""A ticket and the letters of its thread. What people write is kept sealed, as are names of files and their bytes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Ticket(TenantBase):
    """A thread of one participant's. States: open (the programme answers), answered, closed."""

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    participant_id: Mapped[int]
    subject: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(8, collation="C"))
    letters: Mapped[int]  # how many its thread has
    opened_at: Mapped[datetime]
    moved_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("participant", "participant_id", to=("id",)),
        CheckConstraint("state in ('open', 'answered', 'closed')", name="state"),
        Index("ticket_participant_idx", "tenant_id", "participant_id", "id"),
        Index("ticket_open_idx", "tenant_id", "id", postgresql_where=text("state = 'open'")),
    )


class TicketLetter(TenantBase):
    """A letter of a thread, numbered from 1; never changed. `ours` says that the programme's people wrote it.

    With a file `file_name`, `file_kind` and `file_size` tell of it; its bytes lie in the files store.
    """

    __tablename__ = "ticket_letter"

    ticket_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    staff_id: Mapped[UUID]
    ours: Mapped[bool]
    words: Mapped[bytes] = mapped_column(LargeBinary)
    file_name: Mapped[bytes | None] = mapped_column(LargeBinary)
    file_kind: Mapped[str | None] = mapped_column(String(4))
    file_size: Mapped[int | None]

    __table_args__ = (
        belongs_to("ticket", "ticket_id", to=("id",)),
        belongs_to("staff", "staff_id", to=("id",)),
        CheckConstraint("file_kind in ('jpeg', 'png', 'pdf')", name="kind"),
        CheckConstraint("file_size between 1 and 5242880", name="size"),
        CheckConstraint(
            "(file_name is null) = (file_kind is null) and (file_name is null) = (file_size is null)",
            name="file",
        ),
    )
