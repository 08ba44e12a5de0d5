"""Reads of loyalty cards."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.cards.actions import PLACE
from coalition.cards.models import Card
from tenants.runtime.db import tenant_of
from tenants.vault import vault_of


def card_of(session: Session, member_id: UUID) -> Card | None:
    """The member's newest loyalty card that is not blocked."""
    return session.scalars(
        select(Card)
        .where(Card.tenant_id == tenant_of(session), Card.member_id == member_id, Card.blocked_at.is_(None))
        .order_by(Card.id.desc())
        .limit(1)
    ).first()


def number_of(session: Session, card: Card) -> str:
    """The card's number, opened."""
    return vault_of(session).open(card.sealed, PLACE, card.member_id, card.id)
