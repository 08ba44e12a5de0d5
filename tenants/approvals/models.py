"""What was asked for, and what became of it: both are written once, and the application's role can change neither.

The database itself keeps four eyes apart: no trigger, but rights and constraints. Moments are its own, for the
application's role may not write those columns. A decision carries who asked, what for and until when by a foreign key,
so that its checks can compare; it has the number of what it decides as its key, so there is one at most.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to

HOURS = 72
"""How long what was asked for can be signed."""


class Approval(TenantBase):
    """A change that somebody asks for: what it is (canonical JSON), and the digest that a signature is bound to."""

    __tablename__ = "approval"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16, collation="C"))
    subject: Mapped[str] = mapped_column(String(100, collation="C"))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    author_id: Mapped[UUID]
    asked_at: Mapped[datetime] = mapped_column(server_default=text("statement_timestamp()"))
    expires_at: Mapped[datetime] = mapped_column(
        server_default=text(f"statement_timestamp() + interval '{HOURS} hours'")
    )

    __table_args__ = (
        belongs_to("staff", "author_id", to=("id",)),
        UniqueConstraint("tenant_id", "id", "author_id", "digest", "expires_at"),
        CheckConstraint("digest = sha256(payload)", name="digest"),
        CheckConstraint(f"expires_at = asked_at + interval '{HOURS} hours'", name="hours"),
        Index("approval_expires_idx", "tenant_id", "expires_at"),
    )


class ApprovalDecision(TenantBase):
    """What became of it: signed and done by another person, refused by another person, withdrawn by who asked."""

    __tablename__ = "approval_decision"

    approval_id: Mapped[UUID] = mapped_column(primary_key=True)
    author_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(9, collation="C"))
    decided_by: Mapped[UUID]
    reason: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        belongs_to(
            "approval",
            "approval_id",
            "author_id",
            "digest",
            "expires_at",
            to=("id", "author_id", "digest", "expires_at"),
        ),
        belongs_to("staff", "decided_by", to=("id",)),
        CheckConstraint("outcome in ('signed', 'refused', 'withdrawn')", name="outcome"),
        CheckConstraint("(outcome = 'withdrawn') = (decided_by = author_id)", name="two_people"),
        CheckConstraint("outcome <> 'signed' or decided_at < expires_at", name="in_time"),
        CheckConstraint("outcome = 'signed' or reason <> ''", name="reason"),
    )
