"""Writes of loyalty cards: issuing and linking, activating, blocking and unblocking, replacing.

Asking for the state that a card has already changes nothing.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from coalition.cards.models import ActivationLink, BlockReason, Card, CardEvent, CardState
from coalition.cards.numbers import card_number, is_of_the_pool
from coalition.cards.queries import PLACE, card_by_number, card_with, number_of, successor_of
from coalition.members.actions import link_number
from coalition.members.models import HandleKind, Member
from coalition.members.queries import member_by_id
from coalition.members.questionnaire import questionnaire_of
from coalition.programmes.queries import programme_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import new_id, next_numbers
from tenants.runtime.jobs import ask_each
from tenants.vault import vault_of


def issue_card(
    session: Session, actor: Actor, *, member_id: UUID, number: str | None = None, active: bool = False
) -> Card:
    """Issue the tenant's next loyalty card to a member, or link the card of that number, which she has in hand.

    What is in hand is active, what is issued when it is activated, or at once where it is said to be `active`. Raises
    Refusal("card_number_foreign"), Conflict("handle_taken"), Conflict("card_blocked").
    """
    actor.must(Permission.DESK_CARD_EDIT)
    card = give_card(session, member_by_id(session, member_id), actor.name, number, active=active)
    record(session, actor, "card.issue", f"member {member_id}", after={"card": card.id})
    return card


def activate_card(session: Session, actor: Actor, *, programme_id: int, number: str) -> Card:
    """Let an issued card be used; promotions hear of it once. NotFound("card_unknown"), Conflict("card_blocked")."""
    actor.must(Permission.DESK_CARD_EDIT)
    card = locked(session, card_by_number(session, programme_id, number))
    if card.state is CardState.BLOCKED:
        raise Conflict("card_blocked")
    if card.state is CardState.ISSUED:
        activated(session, card, number, actor.name)
        record(session, actor, "card.activate", f"member {card.member_id}", after={"card": card.id})
    return card


def block_card(
    session: Session, actor: Actor, *, programme_id: int, number: str, reason: BlockReason
) -> Card:
    """Block a card and end its links; its number stays hers, and finds her for nothing. NotFound("card_unknown")."""
    actor.must(_blocking(actor))
    card = locked(session, card_by_number(session, programme_id, number))
    if card.state is not CardState.BLOCKED:
        _block(session, card, reason, actor.name)
        told = {"card": card.id, "why": str(reason)}
        record(session, actor, "card.block", f"member {card.member_id}", after=told)
    return card


def unblock_card(session: Session, actor: Actor, *, programme_id: int, number: str) -> Card:
    """Let a blocked card be what it was before. NotFound("card_unknown"), Conflict("card_replaced"): that one stays."""
    actor.must(Permission.DESK_CARD_UNBLOCK)
    card = locked(session, card_by_number(session, programme_id, number))
    if successor_of(session, card) is not None:
        raise Conflict("card_replaced")
    if card.state is CardState.BLOCKED:
        card.blocked_at = None
        _note(session, card, card.state, clock.now(), actor.name)
        record(session, actor, "card.unblock", f"member {card.member_id}", after={"card": card.id})
    return card


def replace_card(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    number: str,
    reason: BlockReason,
    new_number: str | None = None,
) -> Card:
    """Block a card and give its member another: that of the new number, or the tenant's next. Returns the new one.

    Points are the member's, so nothing happens to them. Raises what `issue_card` raises, NotFound("card_unknown"), and
    Conflict("card_replaced") where another card replaces it already.
    """
    actor.must(Permission.DESK_CARD_EDIT)
    card = locked(session, card_by_number(session, programme_id, number))
    successor = successor_of(session, card)
    if successor is not None:
        if new_number == number_of(session, successor):
            return successor
        raise Conflict("card_replaced")
    if card.state is not CardState.BLOCKED:
        _block(session, card, reason, actor.name)
    member = member_by_id(session, card.member_id)
    new = give_card(session, member, actor.name, new_number, replaces=card)
    told = {"card": new.id, "why": str(reason)}
    record(session, actor, "card.replace", f"member {member.id}", before={"card": card.id}, after=told)
    return new


def give_card(
    session: Session,
    member: Member,
    by: str,
    number: str | None = None,
    *,
    active: bool = False,
    replaces: Card | None = None,
) -> Card:
    """Give a member a card, for an action that has checked who may; of a number that is hers already, that card."""
    held = number is not None
    if number is None:
        number = card_number(next_numbers(session, "card"), vault_of(session).derive("card numbers"))
    else:
        _require_taken_here(session, member, number)
    link_number(session, member.id, number)  # who links the same one at this moment is waited for
    known = card_with(session, member.id, number) if held else None
    if known is not None:
        if replaces is not None:
            raise Conflict("handle_taken", kind=HandleKind.CARD_NUMBER.name.lower())
        if known.state is CardState.BLOCKED:
            raise Conflict("card_blocked")
        return known
    card = _new_card(session, member.id, number, replaces)
    _note(session, card, CardState.ISSUED, card.issued_at, by)
    if held or active:
        activated(session, card, number, by)
    return card


def _require_taken_here(session: Session, member: Member, number: str) -> None:
    """Refuse a number that the house itself makes and has not given her, and one of no plastic that is taken here."""
    if card_with(session, member.id, number) is not None:
        return
    taken = questionnaire_of(programme_by_id(session, member.programme_id)).plastic
    if is_of_the_pool(number) or not any(one.has(number) for one in taken):
        raise Refusal("card_number_foreign")


def _new_card(session: Session, member_id: UUID, number: str, replaces: Card | None) -> Card:
    card_id = new_id()
    card = Card(
        tenant_id=tenant_of(session),
        member_id=member_id,
        id=card_id,
        sealed=vault_of(session).seal(number, PLACE, member_id, card_id),
        last_four=number[-4:],
        issued_at=clock.now(),
        replaces=replaces.id if replaces else None,
    )
    session.add(card)
    session.flush()  # its history refers to it
    return card


def activated(session: Session, card: Card, number: str, by: str) -> None:
    """Let an issued card be used, for an action that has checked who may.

    What replaces another card is no new one: no promotion pays for it.
    """
    card.activated_at = clock.now()
    _note(session, card, CardState.ACTIVE, card.activated_at, by)
    if card.replaces is None:
        digest = vault_of(session).digest(HandleKind.CARD_NUMBER.name, number)
        ask_each(session, "occasions.card_activation", digest)


def _blocking(who: Actor) -> Permission:
    """What somebody needs who blocks a card: the contact centre less than who issues them; a program has one scope."""
    return Permission.DESK_CARD_BLOCK if who.kind == "staff" else Permission.DESK_CARD_EDIT


def _block(session: Session, card: Card, reason: BlockReason, by: str) -> None:
    card.blocked_at = clock.now()
    end_links(session, card)
    _note(session, card, CardState.BLOCKED, card.blocked_at, by, reason)


def end_links(session: Session, card: Card) -> None:
    """Let no link activate a card any more, whose row is locked."""
    now = clock.now()
    session.execute(
        update(ActivationLink)
        .where(
            ActivationLink.tenant_id == card.tenant_id,
            ActivationLink.member_id == card.member_id,
            ActivationLink.card_id == card.id,
            ActivationLink.expires_at > now,
        )
        .values(expires_at=now)
    )


def _note(
    session: Session, card: Card, state: CardState, at: datetime, by: str, reason: BlockReason | None = None
) -> None:
    session.add(
        CardEvent(
            tenant_id=card.tenant_id,
            member_id=card.member_id,
            id=new_id(at),
            card_id=card.id,
            state=state,
            reason=reason,
            at=at,
            by=by,
        )
    )
    session.flush()


def locked(session: Session, card: Card) -> Card:
    """The card as it stands, until the transaction ends this one's alone."""
    session.refresh(card, with_for_update=True)
    return card
