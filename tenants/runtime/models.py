"""The ground's own two tables: work asked for, and numbers given out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
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
    )


class Numbering(TenantBase):
    """The last number given out in each of a tenant's series."""

    __tablename__ = "numbering"

    series: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]
