"""Reads of webhooks."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from coalition.webhooks.models import Attempt, Endpoint, Message, Secret
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.vault import vault_of

PLACE = "webhook_secret.sealed"


class Tried(NamedTuple):
    """An attempt, and the message that it was made for."""

    message: Message
    attempt: Attempt


def endpoint_by_id(session: Session, endpoint_id: UUID) -> Endpoint:
    """An endpoint, ended or not; NotFound("endpoint_unknown")."""
    found = session.get(Endpoint, (tenant_of(session), endpoint_id))
    if found is None:
        raise NotFound("endpoint_unknown")
    return found


def all_endpoints(session: Session) -> Sequence[Endpoint]:
    """The tenant's endpoints, the oldest first, those that have ended among them."""
    return session.scalars(
        select(Endpoint)
        .where(Endpoint.tenant_id == tenant_of(session))
        .order_by(Endpoint.made_at, Endpoint.id)
    ).all()


def messages_by_state(session: Session) -> dict[UUID, dict[str, int]]:
    """How many messages of each endpoint wait, are delivered and have failed."""
    rows = session.execute(
        select(Message.endpoint_id, Message.state, func.count())
        .where(Message.tenant_id == tenant_of(session))
        .group_by(Message.endpoint_id, Message.state)
    )
    found: dict[UUID, dict[str, int]] = {}
    for endpoint_id, state, count in rows:
        found.setdefault(endpoint_id, {})[state] = count
    return found


def latest_attempts(session: Session, endpoint_id: UUID, *, most: int = 50) -> Sequence[Tried]:
    """The latest attempts to deliver something to an endpoint, the oldest of them first."""
    rows = session.execute(
        select(Message, Attempt)
        .join(
            Message,
            (Message.tenant_id == Attempt.tenant_id)
            & (Message.endpoint_id == Attempt.endpoint_id)
            & (Message.id == Attempt.message_id),
        )
        .where(Attempt.tenant_id == tenant_of(session), Attempt.endpoint_id == endpoint_id)
        .order_by(Attempt.at.desc(), Attempt.id.desc())
        .limit(most)
    ).all()
    return [Tried(message, attempt) for message, attempt in reversed(rows)]


def secrets_in_force(session: Session, endpoint_id: UUID) -> list[str]:
    """What messages to an endpoint are signed with now, the newest secret first."""
    rows = session.scalars(
        select(Secret)
        .where(
            Secret.tenant_id == tenant_of(session),
            Secret.endpoint_id == endpoint_id,
            or_(Secret.until.is_(None), Secret.until > clock.now()),
        )
        .order_by(Secret.id.desc())
    )
    vault = vault_of(session)
    return [vault.open(row.sealed, PLACE, row.endpoint_id, row.id) for row in rows]
