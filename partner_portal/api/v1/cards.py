"""Loyalty cards: issued or linked, activated, blocked and unblocked, replaced.

Bodies hold the numbers, so that no log keeps them.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coalition.cards.actions import activate_card, block_card, issue_card, replace_card, unblock_card
from coalition.cards.models import BlockReason, Card
from coalition.cards.queries import card_by_number, cards_of, events_of, number_of
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.v1.codes import Given as CodeGiven
from partner_portal.api.v1.codes import must_be_her
from partner_portal.api.v1.members import guessing, member_of
from tenants.translations import N_

CardNumber = Annotated[str, Field(min_length=8, max_length=19, pattern="^[0-9]+$")]
Reason = Literal["lost", "stolen", "damaged", "other"]
TAKEN = ("card_number_foreign", "handle_taken", "card_blocked")
"""Why a number is not linked."""


class Number(Body):
    """A loyalty card, by the number on it."""

    number: CardNumber


SHOWN = ("code_needed", "code_wrong", "code_over")
"""Why it is not believed to be her."""


class NewCard(Body):
    """The card in the member's hand; without a number one is issued. A `code` on her phone shows that it is her."""

    number: CardNumber | None = None
    code: CodeGiven | None = None


class Blocking(Number):
    """A card that must not be used any more."""

    reason: Reason


class Unblocking(Number):
    """A card that is found again. A `code` on her phone shows that it is her who has it."""

    code: CodeGiven | None = None


class Replacing(Blocking):
    """A card and the one that takes its place; without a new number one is issued. A `code` shows that it is her."""

    new_number: CardNumber | None = None
    code: CodeGiven | None = None


class CardEvent(Answer):
    """A state that a card came to. `by` is the client of the caller's that asked for it, or who else did: the kind."""

    state: str
    reason: str | None
    at: datetime
    by: str


class CardAnswer(Answer):
    """A card: `issued` finds its member, `active` shows that she is at the till, `blocked` is refused.

    `number` is told to who has named it or is given it; other cards are told by their last four digits.
    """

    member_id: UUID
    card_id: UUID
    number: str | None
    last_four: str
    state: str
    replaces: UUID | None
    history: list[CardEvent]


class Cards(Answer):
    """All cards of a member, the newest first."""

    cards: list[CardAnswer]


@operation(
    "GET",
    "/members/{member_id}/cards",
    scope="members:read",
    about=N_("A member's loyalty cards with their states and what has happened to them"),
    gives=Cards,
    problems=("member_unknown",),
)
def read_cards(call: Call, member_id: UUID) -> Cards:
    """The cards, without their numbers."""
    member = member_of(call.session, call.caller, member_id)
    return Cards(cards=[told(call, card) for card in cards_of(call.session, member.id)])


@operation(
    "POST",
    "/cards/find",
    scope="members:read",
    about=N_("The state of a card and whose it is, blocked or not"),
    takes=Number,
    gives=CardAnswer,
    problems=("card_unknown", "too_many_tries"),
)
def find_card(call: Call, body: Number) -> CardAnswer:
    """A card by its number."""
    with guessing(call.session, call.caller, "card_unknown"):
        card = card_by_number(call.session, call.caller.programme_id, body.number)
    return told(call, card, body.number)


@operation(
    "POST",
    "/members/{member_id}/cards",
    scope="cards:write",
    about=N_(
        "Link one more card: the one in her hand, which is active at once, or a new one, which waits for activation"
    ),
    takes=NewCard,
    gives=CardAnswer,
    status=201,
    problems=("member_unknown", *TAKEN, *SHOWN, "too_many_tries"),
    writes=True,
)
def add_card(call: Call, body: NewCard, member_id: UUID) -> CardAnswer:
    """Link or issue a card."""
    member = member_of(call.session, call.caller, member_id)
    must_be_her(call, member, body.code)
    with guessing(call.session, call.caller, "handle_taken"):
        card = issue_card(call.session, call.caller.actor, member_id=member.id, number=body.number)
    return told(call, card, number_of(call.session, card))


@operation(
    "POST",
    "/cards/activate",
    scope="cards:write",
    about=N_("Let an issued card be used. Promotions for it hear of it once"),
    takes=Number,
    gives=CardAnswer,
    problems=("card_unknown", "card_blocked", "too_many_tries"),
    writes=True,
)
def activate(call: Call, body: Number) -> CardAnswer:
    """Activate a card."""
    with guessing(call.session, call.caller, "card_unknown"):
        card = activate_card(
            call.session, call.caller.actor, programme_id=call.caller.programme_id, number=body.number
        )
    return told(call, card, body.number)


@operation(
    "POST",
    "/cards/block",
    scope="cards:write",
    about=N_(
        "Block a card. Its number stays its member's and is refused wherever points are earned or spent"
    ),
    takes=Blocking,
    gives=CardAnswer,
    problems=("card_unknown", "too_many_tries"),
    writes=True,
)
def block(call: Call, body: Blocking) -> CardAnswer:
    """Block a card; the first reason stands."""
    with guessing(call.session, call.caller, "card_unknown"):
        card = block_card(
            call.session,
            call.caller.actor,
            programme_id=call.caller.programme_id,
            number=body.number,
            reason=BlockReason(body.reason),
        )
    return told(call, card, body.number)


@operation(
    "POST",
    "/cards/unblock",
    scope="cards:unblock",
    about=N_(
        "Let a blocked card be what it was before, issued or active; one that was replaced stays blocked for good"
    ),
    takes=Unblocking,
    gives=CardAnswer,
    problems=("card_unknown", "card_replaced", *SHOWN, "too_many_tries"),
    writes=True,
)
def unblock(call: Call, body: Unblocking) -> CardAnswer:
    """Unblock a card."""
    programme_id = call.caller.programme_id
    with guessing(call.session, call.caller, "card_unknown"):
        card = card_by_number(call.session, programme_id, body.number)
    must_be_her(call, member_of(call.session, call.caller, card.member_id), body.code)
    card = unblock_card(call.session, call.caller.actor, programme_id=programme_id, number=body.number)
    return told(call, card, body.number)


@operation(
    "POST",
    "/cards/replace",
    scope="cards:write",
    about=N_(
        "Block a card and give its member another. The answer is the new one; points are the member's and stay"
    ),
    takes=Replacing,
    gives=CardAnswer,
    status=201,
    problems=("card_unknown", "card_replaced", *TAKEN, *SHOWN, "too_many_tries"),
    writes=True,
)
def replace(call: Call, body: Replacing) -> CardAnswer:
    """Replace a card."""
    with guessing(call.session, call.caller, "card_unknown", "handle_taken"):
        old = card_by_number(call.session, call.caller.programme_id, body.number)
        must_be_her(call, member_of(call.session, call.caller, old.member_id), body.code)
        card = replace_card(
            call.session,
            call.caller.actor,
            programme_id=call.caller.programme_id,
            number=body.number,
            reason=BlockReason(body.reason),
            new_number=body.new_number,
        )
    return told(call, card, number_of(call.session, card))


def told(call: Call, card: Card, number: str | None = None) -> CardAnswer:
    """A card as the API tells it."""
    return CardAnswer(
        member_id=card.member_id,
        card_id=card.id,
        number=number,
        last_four=card.last_four,
        state=card.state,
        replaces=card.replaces,
        history=[
            CardEvent(state=event.state, reason=event.reason, at=event.at, by=_who(call, event.by))
            for event in events_of(call.session, card.member_id).get(card.id, [])
        ],
    )


def _who(call: Call, by: str) -> str:
    kind, _, which = by.partition(" ")
    return which if by == call.caller.actor.name else kind
