"""Writes of loyalty cards."""

from uuid import UUID

from sqlalchemy.orm import Session

from coalition.cards.models import Card
from coalition.cards.numbers import card_number
from coalition.members.actions import link_number
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import new_id, next_numbers
from tenants.vault import vault_of

PLACE = "card.sealed"


def issue_card(session: Session, actor: Actor, *, member_id: UUID) -> Card:
    """Issue the tenant's next loyalty card to a member; its number finds her from now on."""
    actor.must(Permission.DESK_MEMBER_ENROL)
    vault = vault_of(session)
    number = card_number(next_numbers(session, "card"), vault.derive("card numbers"))
    card_id = new_id()
    card = Card(
        tenant_id=tenant_of(session),
        member_id=member_id,
        id=card_id,
        sealed=vault.seal(number, PLACE, member_id, card_id),
        last_four=number[-4:],
        issued_at=clock.now(),
    )
    session.add(card)
    link_number(session, member_id, number)
    return card
