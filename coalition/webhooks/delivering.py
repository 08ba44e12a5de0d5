"""Deliveries: one message of one endpoint at a time, each a job of its own on the queue of calls.

The endpoint's row is locked while a call lasts, so that an endpoint has one call at a time however many workers there
are; who finds it locked leaves, since its holder looks for more when it is through. The lock lets new messages refer to
the endpoint, so nobody who books a sale waits for a receiver. A delivery asks for the next one, so as long as
something waits, a job is asked for that will see to it; what may be lost between two transactions, `look` finds.
"""

import random
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from coalition.webhooks import calling, schedule, signing
from coalition.webhooks.actions import finish
from coalition.webhooks.models import Attempt, Endpoint, Message
from coalition.webhooks.queries import secrets_in_force
from coalition.webhooks.telling import KEPT
from tenants.runtime import clock, settings
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import new_id
from tenants.runtime.jobs import ask, every, job

GONE = 410
LATE = timedelta(minutes=1)
"""What is due for so long was overlooked."""


@job("webhooks.deliver", calls=True)
def deliver(session: Session, *, endpoint_id: str) -> None:
    """Try the endpoint's message that is due the longest, note what came of it, and ask for the next one."""
    endpoint = _taken(session, UUID(endpoint_id))
    if endpoint is None or rests(endpoint, clock.now()):
        return
    message = _due(session, endpoint)
    if message is None:
        return
    answer = _sent(session, endpoint, message)
    _note(session, endpoint, message, answer)
    _ask_for_next(session, endpoint)


def rests(endpoint: Endpoint, now: datetime) -> bool:
    """Whether it has failed too often lately to be asked again."""
    return endpoint.rests_until is not None and endpoint.rests_until > now


def _taken(session: Session, endpoint_id: UUID) -> Endpoint | None:
    """The endpoint, ours until the transaction ends; None when it has ended, or somebody calls it right now."""
    return session.scalars(
        select(Endpoint)
        .where(
            Endpoint.tenant_id == tenant_of(session), Endpoint.id == endpoint_id, Endpoint.ended_at.is_(None)
        )
        .with_for_update(key_share=True, skip_locked=True)
    ).one_or_none()


def _due(session: Session, endpoint: Endpoint) -> Message | None:
    return session.scalars(
        select(Message)
        .where(*_waiting(endpoint), Message.due_at <= clock.now())
        .order_by(Message.due_at, Message.id)
        .limit(1)
    ).one_or_none()


def _sent(session: Session, endpoint: Endpoint, message: Message) -> calling.Answer:
    keys, name = secrets_in_force(session, endpoint.id), signing.message_name(message.id)
    headers = signing.headers(
        keys, name, clock.real_now(), message.body
    )  # who hears compares it with its own clock
    return calling.post(endpoint.url, headers, message.body, loopback=settings.current().demo)


def _note(session: Session, endpoint: Endpoint, message: Message, answer: calling.Answer) -> None:
    now = clock.now()
    session.add(
        Attempt(
            tenant_id=endpoint.tenant_id,
            endpoint_id=endpoint.id,
            message_id=message.id,
            id=new_id(),
            at=now,
            status=answer.status,
            milliseconds=answer.milliseconds,
            answer=answer.text,
        )
    )
    message.attempts += 1
    if answer.status is not None and 200 <= answer.status < 300:
        message.state, message.finished_at = "delivered", now
        endpoint.failures, endpoint.rests_until = 0, None
    elif answer.status == GONE:
        finish(session, endpoint, by="receiver")
    else:
        _put_off(endpoint, message, now)


def _put_off(endpoint: Endpoint, message: Message, now: datetime) -> None:
    """Try the message again later, if it may be, and let the endpoint rest if it fails again and again."""
    endpoint.failures += 1
    endpoint.rests_until = schedule.rests_until(now, endpoint.failures)
    again = schedule.again_at(now, message.attempts, random.random())  # noqa: S311  spreads load, hides nothing
    if again is None:
        message.state, message.finished_at = "failed", now
    else:
        message.due_at = again


def _ask_for_next(session: Session, endpoint: Endpoint) -> None:
    """Ask for the endpoint's next delivery, when it is due and the endpoint rests no more."""
    session.flush()  # what was noted decides what is next
    due_at = session.scalar(select(func.min(Message.due_at)).where(*_waiting(endpoint)))
    if due_at is None or endpoint.ended_at is not None:
        return
    at = max(due_at, endpoint.rests_until or due_at)
    ask(session, "webhooks.deliver", run_after=at if at > clock.now() else None, endpoint_id=endpoint.id)


def _waiting(endpoint: Endpoint) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.tenant_id == endpoint.tenant_id,
        Message.endpoint_id == endpoint.id,
        Message.state == "waiting",
    )


@job("webhooks.look")
def look(session: Session) -> None:
    """Give up what has waited through its endpoint's rests for too long, and ask for what was overlooked."""
    tenant_id, now = tenant_of(session), clock.now()
    session.execute(
        update(Message)
        .where(Message.tenant_id == tenant_id, Message.state == "waiting", Message.until <= now)
        .values(state="failed", finished_at=now)
    )
    overdue = exists().where(
        Message.tenant_id == tenant_id,
        Message.endpoint_id == Endpoint.id,
        Message.state == "waiting",
        Message.due_at <= now - LATE,
    )
    overlooked = session.scalars(
        select(Endpoint.id).where(
            Endpoint.tenant_id == tenant_id,
            Endpoint.ended_at.is_(None),
            or_(Endpoint.rests_until.is_(None), Endpoint.rests_until <= now - LATE),
            overdue,
        )
    ).all()
    for endpoint_id in overlooked:
        ask(session, "webhooks.deliver", endpoint_id=endpoint_id)


@job("webhooks.tidy", bulk=True)
def tidy(session: Session) -> None:
    """Forget messages that were done with long ago, and the attempts to deliver them."""
    tenant_id = tenant_of(session)
    old = (Message.tenant_id == tenant_id, Message.finished_at < clock.now() - KEPT)
    attempts = select(Message.endpoint_id, Message.id).where(*old)
    session.execute(
        delete(Attempt).where(
            Attempt.tenant_id == tenant_id, tuple_(Attempt.endpoint_id, Attempt.message_id).in_(attempts)
        )
    )
    session.execute(delete(Message).where(*old))


every(300, "webhooks.look")
every(86_400, "webhooks.tidy")
