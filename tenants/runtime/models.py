"""The ground's own tables: work asked for, numbers given out, and answers that are given again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase


class OutboxJob(TenantBase):
    """Work asked for inside a transaction and done after it; a row here, so that a lost Redis loses nothing."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    run_after: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="asked")
    attempts: Mapped[int] = mapped_column(default=0)
    enqueued_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("state in ('asked', 'done', 'failed')", name="state"),
        Index(
            "outbox_asked_idx",
            "tenant_id",
            "run_after",
            postgresql_where=text("state = 'asked'"),
        ),
        Index("outbox_failed_idx", "tenant_id", "id", postgresql_where=text("state = 'failed'")),
    )


class Numbering(TenantBase):
    """The last number given out in each of a tenant's series."""

    __tablename__ = "numbering"

    series: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class KeptAnswer(TenantBase):
    """What a caller's request was answered under its Idempotency-Key, to be answered so again."""

    __tablename__ = "kept_answer"

    owner: Mapped[str] = mapped_column(String(40, collation="C"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255, collation="C"), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime]

    __table_args__ = (Index("kept_answer_age_idx", "tenant_id", "answered_at"),)
