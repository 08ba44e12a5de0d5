"""What a member agrees to now, as a condition of a statement and of one member."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from coalition.members.models import Consent, Member
from coalition.members.queries import consents_of

ADVERTISING = "ads"
"""Advertising of partners, by text and in the member's place: 38-FZ, article 18 asks for it before anything is sent."""


def agrees(tenant_id: int, topic: str) -> ColumnElement[bool]:
    """In a statement over members: the newest word of each on the topic; who never said anything does not agree."""
    newest = (
        select(Consent.given)
        .where(Consent.tenant_id == tenant_id, Consent.member_id == Member.id, Consent.topic == topic)
        .order_by(Consent.at.desc(), Consent.id.desc())
        .limit(1)
        .correlate(Member)
        .scalar_subquery()
    )
    return func.coalesce(newest, False)


def has_agreed(session: Session, member_id: UUID, topic: str) -> bool:
    """Whether the member agrees to the topic at this moment."""
    return consents_of(session, member_id).get(topic, False)
