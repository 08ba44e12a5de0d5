"""What a member agrees to now, as a condition of a statement and of one member."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from coalition.members.models import Consent, Member
from coalition.members.queries import consents_of
from tenants.runtime.db import tenant_of

Said = TypeVar("Said")
ADVERTISING = "ads"
"""Advertising of partners, by text and in the member's place: 38-FZ, article 18 asks for it before anything is sent."""


def agrees(tenant_id: int, topic: str, before: datetime | None = None) -> ColumnElement[bool]:
    """In a statement over members: the newest word of each on the topic; who never said anything does not agree.

    With `before`, the newest that was said by then.
    """
    newest = _newest(tenant_id, topic, Consent.given)
    if before is not None:
        newest = newest.where(Consent.at < before)
    return func.coalesce(newest.scalar_subquery(), False)


def agreed_per_week(tenant_id: int) -> ScalarSelect[int | None]:
    """In a statement over members: to how much advertising in seven days each agreed; none where it is not known."""
    return _newest(tenant_id, ADVERTISING, Consent.per_week).scalar_subquery()


def own_per_week(session: Session, member_id: UUID) -> int | None:
    """To how much advertising in seven days the member agreed; none where she does not agree, or it is not known."""
    query = select(agreed_per_week(tenant_of(session))).where(
        Member.tenant_id == tenant_of(session),
        Member.id == member_id,
        agrees(tenant_of(session), ADVERTISING),
    )
    return session.scalar(query)


def _newest(tenant_id: int, topic: str, what: InstrumentedAttribute[Said]) -> Select[Said]:
    return (
        select(what)
        .where(Consent.tenant_id == tenant_id, Consent.member_id == Member.id, Consent.topic == topic)
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(1)
        .correlate(Member)
    )


def has_agreed(session: Session, member_id: UUID, topic: str) -> bool:
    """Whether the member agrees to the topic at this moment."""
    return consents_of(session, member_id).get(topic, False)
