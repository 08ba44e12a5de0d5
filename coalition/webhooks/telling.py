"""Telling what happened: messages are written in the transaction of what they tell of, and delivered after it.

Nothing is asked of the database while no endpoint of the programme was ever added; then it is one read for everything
that a transaction tells. Messages hold ids and numbers, and never anything of a person.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.webhooks.kinds import Told
from coalition.webhooks.models import Endpoint, Message
from coalition.webhooks.schedule import LIFE
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import derived_id
from tenants.runtime.jobs import ask

KEPT = timedelta(days=30)
"""How long a message is kept once it is delivered or given up."""


@dataclass(frozen=True)
class Happened:
    """An event: `cause_id` is the row that it made, at `at`; whose programs hear of it, of everybody's where None."""

    data: Told
    cause_id: UUID
    at: datetime
    participant_id: int | None = None
    client_id: str | None = None

    @property
    def kind(self) -> str:
        """What kind of event it is."""
        return self.data.kind


def tell(session: Session, programme: Programme, *events: Happened) -> None:
    """Write a message for each endpoint that wants one of the events, and ask for its delivery.

    The same event is told once: a message's id is derived from the event's cause. What happened before the endpoint was
    added, or longer ago than messages are kept, is not told.
    """
    if not programme.webhooks or not events:
        return
    for endpoint in _listening(session, programme.id, events[0]):
        for event in events:
            if wants(endpoint, event):
                _write(session, endpoint, event)


def wants(endpoint: Endpoint, event: Happened) -> bool:
    """Whether the endpoint is to hear of the event."""
    return (
        event.kind in endpoint.kinds
        and endpoint.client_id in (None, event.client_id)
        and event.at >= max(endpoint.made_at, clock.now() - KEPT)
    )


def body_of(event: Happened) -> bytes:
    """What is signed and sent."""
    told = {"type": event.kind, "timestamp": _text(event.at), "data": event.data.model_dump()}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=_text).encode()


def _listening(session: Session, programme_id: int, event: Happened) -> Sequence[Endpoint]:
    """Endpoints of those who may hear of it; all events of a transaction are the same participant's."""
    query = select(Endpoint).where(
        Endpoint.tenant_id == tenant_of(session),
        Endpoint.programme_id == programme_id,
        Endpoint.ended_at.is_(None),
    )
    if event.participant_id is not None:
        query = query.where(Endpoint.participant_id == event.participant_id)
    return session.scalars(query).all()


def _write(session: Session, endpoint: Endpoint, event: Happened) -> None:
    now = clock.now()
    row = {
        "tenant_id": endpoint.tenant_id,
        "endpoint_id": endpoint.id,
        "id": derived_id(event.at, "webhook", endpoint.id, event.kind, event.cause_id),
        "kind": event.kind,
        "body": body_of(event),
        "made_at": now,
        "state": "waiting",
        "attempts": 0,
        "due_at": now,
        "until": now + LIFE,
    }
    written = session.execute(
        insert(Message).values(row).on_conflict_do_nothing().returning(Message.id)
    ).scalar_one_or_none()
    if written is not None:
        ask(session, "webhooks.deliver", endpoint_id=endpoint.id)


def _text(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
