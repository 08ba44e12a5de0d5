"""Endpoints with their secrets, the messages for them, and every attempt to deliver one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to

URL_MAX, ANSWER_MAX = 2000, 200


class Endpoint(TenantBase):
    """Where a participant hears of the `kinds` of events it asked for: of all its programs, or of one client's alone.

    `failures` are those since the last success; while it rests nothing is sent to it.
    """

    __tablename__ = "webhook_endpoint"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[int]
    participant_id: Mapped[int]
    client_id: Mapped[str | None] = mapped_column(String(40, collation="C"))
    url: Mapped[str] = mapped_column(String(URL_MAX, collation="C"))
    kinds: Mapped[list[Any]]
    made_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    rests_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(8))

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        belongs_to("api_client", "client_id", to=("id",)),
        CheckConstraint("(ended_at is null) = (ended_by is null)", name="ended"),
        CheckConstraint("ended_by in ('us', 'receiver')", name="ended_by"),
        Index(
            "webhook_endpoint_live_idx",
            "tenant_id",
            "programme_id",
            "participant_id",
            postgresql_where=text("ended_at is null"),
        ),
    )


class Secret(TenantBase):
    """A secret that messages to an endpoint are signed with, sealed; when it is replaced, it holds until `until`."""

    __tablename__ = "webhook_secret"

    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    until: Mapped[datetime | None]

    __table_args__ = (belongs_to("webhook_endpoint", "endpoint_id", to=("id",)),)


class Message(TenantBase):
    """One event for one endpoint. `id` is derived from both; `body` is what is signed and sent, byte for byte.

    `attempts` are those of the schedule that it is in, which ends at `until` at the latest; a replay begins it anew.
    """

    __tablename__ = "webhook_message"

    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32, collation="C"))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(9), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    until: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("webhook_endpoint", "endpoint_id", to=("id",)),
        CheckConstraint("state in ('waiting', 'delivered', 'failed')", name="state"),
        CheckConstraint("(state = 'waiting') = (finished_at is null)", name="finished"),
        Index(
            "webhook_message_waiting_idx",
            "tenant_id",
            "endpoint_id",
            "due_at",
            postgresql_where=text("state = 'waiting'"),
        ),
    )


class Attempt(TenantBase):
    """One try to deliver a message: the answer's status and beginning, or why there is none. Time in milliseconds."""

    __tablename__ = "webhook_attempt"

    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    milliseconds: Mapped[int]
    answer: Mapped[str] = mapped_column(String(ANSWER_MAX))

    __table_args__ = (belongs_to("webhook_message", "endpoint_id", "message_id", to=("endpoint_id", "id")),)
