"""Reads of loyalty cards."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.cards.models import Card, CardEvent, CardState
from coalition.members.models import Handle, HandleKind
from coalition.members.queries import member_by_id
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.vault import vault_of

PLACE = "card.sealed"


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


def cards_of(session: Session, member_id: UUID) -> Sequence[Card]:
    """All loyalty cards of a member, the newest first."""
    return session.scalars(
        select(Card)
        .where(Card.tenant_id == tenant_of(session), Card.member_id == member_id)
        .order_by(Card.id.desc())
    ).all()


def card_with(session: Session, member_id: UUID, number: str) -> Card | None:
    """The member's card of that number, if it is a loyalty card's: few of hers end alike, and these are opened."""
    alike = session.scalars(
        select(Card)
        .where(
            Card.tenant_id == tenant_of(session),
            Card.member_id == member_id,
            Card.last_four == number[-4:],
        )
        .order_by(Card.id)
    )
    return next((card for card in alike if number_of(session, card) == number), None)


def card_by_number(session: Session, programme_id: int, number: str) -> Card:
    """The card of that number in the programme; NotFound("card_unknown")."""
    digest = vault_of(session).digest(HandleKind.CARD_NUMBER.name, number)
    handle = session.get(Handle, (tenant_of(session), HandleKind.CARD_NUMBER, digest))
    if handle is not None and member_by_id(session, handle.member_id).programme_id == programme_id:
        card = card_with(session, handle.member_id, number)
        if card is not None:
            return card
    raise NotFound("card_unknown")


def events_of(session: Session, member_id: UUID) -> dict[UUID, list[CardEvent]]:
    """What has happened to a member's cards, by card, the oldest first."""
    found: dict[UUID, list[CardEvent]] = {}
    for event in session.scalars(
        select(CardEvent).where(CardEvent.tenant_id == tenant_of(session), CardEvent.member_id == member_id)
    ):
        found.setdefault(event.card_id, []).append(event)
    order = list(
        CardState
    )  # of what happened at the same moment: a card in hand is issued and active at once
    return {
        card: sorted(events, key=lambda one: (one.at, order.index(CardState(one.state))))
        for card, events in found.items()
    }


def successor_of(session: Session, card: Card) -> Card | None:
    """The card that replaces this one."""
    return session.scalars(
        select(Card).where(
            Card.tenant_id == tenant_of(session), Card.member_id == card.member_id, Card.replaces == card.id
        )
    ).one_or_none()
