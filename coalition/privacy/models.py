"""A request of a member about her personal data; it holds nothing of the person itself."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class PrivacyRequest(TenantBase):
    """What was asked for, by when it is to be answered, and what became of it. `number` is what people call it by.

    `asked_by` is who of the staff took it in; nobody where the member asked by herself. A copy that the staff took in
    is made once another person has signed it, `signed_by`. Of a copy `digest` is the
    SHA-256 of the ZIP, which lies sealed in the files store until `kept_until`. Of an erasure `report` tells what was
    erased and what is kept, in counts, what roles the two people had, and which legal entity answered for the data.
    """

    __tablename__ = "privacy_request"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8, collation="C"))
    state: Mapped[str] = mapped_column(String(8, collation="C"))
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    due_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(16, collation="C"))
    signed_by: Mapped[UUID | None]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    kept_until: Mapped[datetime | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    @property
    def waits_for_signature(self) -> bool:
        """Whether this is a copy that the staff took in and nobody else has signed."""
        taken_in = self.kind == "copy" and self.state == "open" and self.asked_by is not None
        return taken_in and self.signed_by is None

    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("staff", "asked_by", to=("id",)),
        belongs_to("staff", "ended_by", to=("id",)),
        belongs_to("staff", "signed_by", to=("id",)),
        CheckConstraint("kind in ('copy', 'erasure')", name="kind"),
        CheckConstraint("state in ('open', 'done', 'refused')", name="state"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        CheckConstraint("(state = 'refused') = (reason is not null)", name="reason"),
        CheckConstraint("signed_by is null or kind = 'copy'", name="signed"),
        CheckConstraint("(kind = 'erasure' and state = 'done') = (report is not null)", name="report"),
        CheckConstraint(
            "(kind = 'copy' and state = 'done') = (digest is not null and kept_until is not null)",
            name="copy",
        ),
        Index(
            "privacy_request_open_idx",
            "tenant_id",
            "member_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )
