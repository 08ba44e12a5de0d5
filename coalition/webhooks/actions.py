"""Writes of webhooks: an endpoint is added, gets its next secret, ends; messages are sent anew."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from coalition.programmes.queries import programme_by_id
from coalition.webhooks.addresses import checked_url
from coalition.webhooks.kinds import KINDS
from coalition.webhooks.models import Endpoint, Message, Secret
from coalition.webhooks.queries import PLACE, endpoint_by_id
from coalition.webhooks.schedule import LIFE
from coalition.webhooks.signing import new_secret
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock, settings
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.jobs import ask
from tenants.vault import vault_of

OVERLAP = timedelta(hours=24)
"""How long messages are signed with a replaced secret, too."""


def add_endpoint(
    session: Session,
    actor: Actor,
    *,
    url: str,
    kinds: Collection[str],
    programme_id: int,
    participant_id: int,
    client_id: str | None = None,
) -> tuple[Endpoint, str]:
    """Let a participant hear of events, or one client of what it did itself; with the endpoint comes its secret.

    Raises Refusal("webhook_kind", known=...), and what `checked_url` raises.
    """
    actor.must(Permission.DESK_CLIENT_EDIT)
    if not kinds or not set(kinds) <= KINDS.keys():
        raise Refusal("webhook_kind", known=", ".join(KINDS))
    endpoint = Endpoint(
        tenant_id=tenant_of(session),
        id=new_id(),
        programme_id=programme_id,
        participant_id=participant_id,
        client_id=client_id,
        url=checked_url(url, loopback=settings.current().demo),
        kinds=sorted(kinds),
        made_at=clock.now(),
    )
    session.add(endpoint)
    programme_by_id(session, programme_id).webhooks = True
    session.flush()  # its secret refers to it
    secret = _new_secret(session, endpoint)
    told = {"url": endpoint.url, "kinds": endpoint.kinds, "client": client_id}
    record(session, actor, "endpoint.add", f"endpoint {endpoint.id}", after=told)
    return endpoint, secret


def rotate_endpoint(session: Session, actor: Actor, *, endpoint_id: UUID) -> str:
    """Give an endpoint its next secret; for a day messages are signed with those it has, too."""
    actor.must(Permission.DESK_CLIENT_EDIT)
    endpoint = _live(session, endpoint_id)
    now = clock.now()
    session.execute(
        update(Secret)
        .where(
            Secret.tenant_id == endpoint.tenant_id, Secret.endpoint_id == endpoint.id, Secret.until.is_(None)
        )
        .values(until=now + OVERLAP)
    )
    secret = _new_secret(session, endpoint)
    record(
        session, actor, "endpoint.secret", f"endpoint {endpoint_id}", after={"others_until": now + OVERLAP}
    )
    return secret


def end_endpoint(session: Session, actor: Actor, *, endpoint_id: UUID) -> None:
    """Send an endpoint nothing any more; what waits for it has failed."""
    actor.must(Permission.DESK_CLIENT_EDIT)
    finish(session, _live(session, endpoint_id), by="us")
    record(session, actor, "endpoint.end", f"endpoint {endpoint_id}")


def finish(session: Session, endpoint: Endpoint, *, by: str) -> None:
    """End an endpoint, with all that waits for it: "us" did, or its "receiver"."""
    now = clock.now()
    endpoint.ended_at, endpoint.ended_by = now, by
    session.execute(
        update(Message)
        .where(
            Message.tenant_id == endpoint.tenant_id,
            Message.endpoint_id == endpoint.id,
            Message.state == "waiting",
        )
        .values(state="failed", finished_at=now)
    )


def replay(session: Session, actor: Actor, *, endpoint_id: UUID, messages: Collection[UUID] = ()) -> int:
    """Send these messages anew under their own ids, or all that have failed; returns how many.

    Raises NotFound("message_unknown") where one of them is not there or still waits.
    """
    actor.must(Permission.DESK_CLIENT_EDIT)
    endpoint, now = _live(session, endpoint_id), clock.now()
    chosen = Message.id.in_(messages) if messages else Message.state == "failed"
    again = session.scalars(
        select(Message)
        .where(
            Message.tenant_id == endpoint.tenant_id,
            Message.endpoint_id == endpoint.id,
            Message.state != "waiting",
            chosen,
        )
        .with_for_update()
    ).all()
    if len(again) < len(set(messages)):
        raise NotFound("message_unknown")
    for message in again:
        message.state, message.attempts, message.finished_at = "waiting", 0, None
        message.due_at, message.until = now, now + LIFE
    endpoint.failures, endpoint.rests_until = 0, None
    if again:
        ask(session, "webhooks.deliver", endpoint_id=endpoint.id)
        record(session, actor, "endpoint.replay", f"endpoint {endpoint_id}", after={"count": len(again)})
    return len(again)


def _live(session: Session, endpoint_id: UUID) -> Endpoint:
    endpoint = endpoint_by_id(session, endpoint_id)
    if endpoint.ended_at is not None:
        raise Conflict("endpoint_ended")
    return endpoint


def _new_secret(session: Session, endpoint: Endpoint) -> str:
    secret, number = new_secret(), new_id()
    sealed = vault_of(session).seal(secret, PLACE, endpoint.id, number)
    session.add(Secret(tenant_id=endpoint.tenant_id, endpoint_id=endpoint.id, id=number, sealed=sealed))
    session.flush()
    return secret
