"""A person at the desk where a till would be: what she enters by hand goes through the operations of the API.

So it is found, valued, booked and refused as at a till. What she is shown of a member, and what she enters for her,
goes from page to page sealed for her alone: nobody writes another member or sum into a form.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.models import HandleKind
from coalition.members.phones import e164
from coalition.members.queries import handle_of
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.promotions.awards import explained
from coalition.transactions.by_hand.actions import (
    Form,
    enter,
    require_let,
    require_new_number,
    sale_to_bring_back,
)
from coalition.transactions.by_hand.models import HandOperation, What, source_of
from coalition.transactions.by_hand.queries import own_sale
from coalition.transactions.dry_run import dry_run
from coalition.transactions.tills import with_points
from partner_portal.api.callers import SCOPES, Caller
from partner_portal.api.limits import HOUR
from partner_portal.api.operations import Call
from partner_portal.api.v1.cards import NewCard, Number, activate, add_card
from partner_portal.api.v1.cheques import ById
from partner_portal.api.v1.codes import CodeFor, For, Sent, must_be_right, send_code
from partner_portal.api.v1.codes import Given as CodeGiven
from partner_portal.api.v1.explanations import Given, given
from partner_portal.api.v1.members import Handle, card_state, find_member, member_of
from partner_portal.api.v1.purchases import PurchaseBody, record_purchase
from partner_portal.api.v1.returns import ReturnBody, record_return
from partner_portal.api.v1.sales import points_in, sale_told
from partner_portal.cabinet.hand_forms import Drafted, Found
from tenants.actor import Actor
from tenants.audit import record
from tenants.auth.limits import allowed
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import digest, new_id

CHANNEL = "by_hand"
"""The channel that receipts of what is entered by hand have."""
FOUND_MOST, FOUND_MOST_OF_COMPANY = 60, 300
"""So many members one person, and all of her company, find in an hour."""
HANDLE_LEAST, HANDLE_MOST = 3, 254
_CARD = re.compile("[0-9]{8,19}")
_MAY = frozenset({"members:read", "purchases:write", "points:spend", "cards:write"})


@dataclass(frozen=True)
class HandCaller(Caller):
    """The person as a caller of the API's operations; her reach is her company's."""

    person: Actor = field(kw_only=True)
    channel: ClassVar[str] = CHANNEL
    guesses_most: ClassVar[tuple[int, int]] = (20, 100)

    @property
    def actor(self) -> Actor:
        """She herself, with what a till may: her own page has asked whether she may operate."""
        return Actor("staff", self.person.id, frozenset(SCOPES[scope].permission for scope in self.scopes))

    def place_of(self, address: str | None) -> tuple[str, str]:
        """Wherever she sits: by person, and by company."""
        return f"hand {self.participant_id}|{self.person.id}", f"hand {self.participant_id}"

    def told_as(self) -> str | None:
        """As no client's: endpoints of one program alone do not hear of it."""
        return None


class Quoted(NamedTuple):
    """What a drafted sale would give, with the reasons, and what money pays of it, in minor units."""

    points: int
    gives: list[Given]
    to_pay: int


def call_of(session: Session, person: Actor, lang: str, source: str | None = None) -> Call:
    """The person's call; what it tells is told by her company's own source, or by that of the sale it undoes."""
    own = person.of_participant
    assert own is not None, "the section is for people of participants"
    programme = the_programme(session)
    return Call(
        session, HandCaller(source or source_of(own), programme.id, own, None, _MAY, person=person), lang
    )


def find(call: Call, written: str, region: str) -> Found:
    """The member whom a card, a phone or a till's code finds, as at a till: NotFound("member_unknown"), "card_blocked".

    Phones are read as people write them, cards with or without their spaces. Who is found is counted, whoever she is:
    Refusal("hand_found_over", most=...), so that nobody goes through a list of phones.
    """
    person, session = _person(call), call.session
    handle = _handle(session, written, region)
    if len(handle) < HANDLE_LEAST:
        raise Refusal("hand_find_empty")
    places = zip(call.caller.place_of(None), (FOUND_MOST, FOUND_MOST_OF_COMPANY), strict=True)
    for (
        place,
        most,
    ) in places:  # nothing is counted of what finds nobody: that is refused, and counted by itself
        if not allowed(session, "hand-found", place, most=most, seconds=HOUR):
            raise Refusal("hand_found_over", most=most)
    member_id = find_member(call, Handle(handle=handle)).member_id
    known = handle_of(session, handle)
    state = card_state(session, known, handle)
    kind = HandleKind(known.kind).name.lower()
    record(session, person, "hand.find", f"member {member_id}", after={"by": kind})
    ending = "" if known.kind == HandleKind.EMAIL else handle[-4:]
    return Found(member_id, kind, ending, handle if state is not None else "", state, clock.now())


def draft(
    call: Call, found: Found, *, outlet_id: int, outlet: str, number: str, amount: int, points: int
) -> Drafted:
    """A sale to be confirmed; without a number of the receipt's it is given one."""
    key = new_id()
    return Drafted(found, key, outlet, outlet_id, number or f"{key.int % 10**10:010}", amount, points)


def quote(call: Call, one: Drafted) -> Quoted:
    """What it would give, found by what would book it; refuses as that does, and where points do not pay."""
    session, programme = call.session, programme_by_id(call.session, call.caller.programme_id)
    told = sale_told(call, _sale(one), member_of(session, call.caller, one.found.member_id))
    if one.points:
        told = with_points(programme, told, one.points).told
    found = dry_run(session, call.caller.actor, programme_id=programme.id, told=told, discounts=False)
    gives = given(session, programme, explained(found.awards), call.lang)
    return Quoted(points_in(gives), gives, told.amount)


def code_for(call: Call, one: Drafted) -> Sent:
    """Send the member the code by which she lets her points pay for this sale alone; raises what `require_let` does."""
    require_let(call.session, _person(call))
    return send_code(
        call, CodeFor(purpose="sale", reference=one.number, points=one.points), one.found.member_id
    )


def sell(call: Call, one: Drafted, code: CodeGiven | None) -> HandOperation:
    """Book it, once; points are spent with the member's code and never without, whatever a till would need.

    Raises what `enter` raises, Refusal("hand_number_taken"), and what `record_purchase` does.
    """
    person = _person(call)
    form = Form(
        _key(one.key, What.SALE), What.SALE, one.found.member_id, one.outlet_id, one.number, one.amount
    )

    def book() -> UUID:
        require_new_number(call.session, person, one.number)
        if one.points:
            if code is None:
                raise Refusal("code_needed")
            member = member_of(call.session, call.caller, one.found.member_id)
            must_be_right(call, member, For("sale", one.number, one.points), code)
        return record_purchase(call, _sale(one, code)).id

    return enter(call.session, person, form, book)


def bring_back(
    call: Call, *, key: UUID, outlet_id: int, outlet: str, number: str, amount: int
) -> HandOperation:
    """Bring a sale of the own company back, in whole or in part, once; raises what `enter` and the return do."""
    session, person = call.session, _person(call)
    assert call.caller.participant_id == person.of_participant
    sale = own_sale(session, call.caller.participant_id, number).purchase
    form = Form(_key(key, What.RETURN), What.RETURN, sale.member_id, outlet_id, number, amount)

    def book() -> UUID:
        found = sale_to_bring_back(session, person, number=number, amount=amount)
        told = {"reference": f"hand-{form.key.hex}", "occurred_at": clock.now().isoformat(), "amount": amount}
        body = ReturnBody.model_validate(told | {"outlet": outlet, "original": number})
        return record_return(call_of(session, person, call.lang, found.source), body).id

    return enter(session, person, form, book)


def activate_card(call: Call, found: Found, *, key: UUID, outlet_id: int) -> HandOperation:
    """Let the issued card that was found be used, as a till does."""
    form = Form(_key(key, What.CARD), What.CARD, found.member_id, outlet_id, found.number[-4:])

    def book() -> UUID:
        return activate(call, Number(number=found.number)).card_id

    return enter(call.session, _person(call), form, book)


def code_for_card(call: Call, found: Found) -> Sent:
    """Send the member the code by which she takes one more card; raises what `require_let` does."""
    require_let(call.session, _person(call))
    return send_code(call, CodeFor(purpose="card"), found.member_id)


def give_card(
    call: Call, found: Found, *, key: UUID, outlet_id: int, number: str, code: CodeGiven | None
) -> HandOperation:
    """Give the member the card in her hand, or a new one without a number; her code shows that it is her."""
    form = Form(_key(key, What.CARD), What.CARD, found.member_id, outlet_id, number[-4:])

    def book() -> UUID:
        if number and _CARD.fullmatch(number) is None:
            raise Refusal("card_number_foreign")
        return add_card(call, NewCard(number=number or None, code=code), found.member_id).card_id

    return enter(call.session, _person(call), form, book)


def _person(call: Call) -> Actor:
    assert isinstance(call.caller, HandCaller)
    return call.caller.person


def _key(key: UUID, what: What) -> UUID:
    """Of a page that can do several things, each has a key of its own."""
    return UUID(bytes=digest("by hand", key, what))


def _sale(one: Drafted, code: CodeGiven | None = None) -> PurchaseBody:
    told = {
        "reference": one.number,
        "occurred_at": one.found.moment.isoformat(),
        "amount": one.amount,
        "outlet": one.outlet,
        "points": one.points,
    }
    return PurchaseBody.model_validate(told | {"member": ById(id=one.found.member_id), "code": code})


def _handle(session: Session, written: str, region: str) -> str:
    """What was typed, as handles are kept: the number on a card, or else a phone however it is written."""
    text = written.strip()
    plain = "".join(letter for letter in text if letter not in " \u00a0\u202f-()")
    for handle in filter(None, (text, plain, e164(text, region))):
        with suppress(NotFound):
            handle_of(session, handle)
            return handle
    return text
