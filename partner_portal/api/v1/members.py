"""Members: who is this, and what has she got."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from flask import request
from pydantic import Field
from sqlalchemy.orm import Session

from coalition.cards.models import CardState
from coalition.cards.queries import card_with
from coalition.ledger.queries import balance_of, open_lots
from coalition.members.models import Handle as Known
from coalition.members.models import HandleKind, Member
from coalition.members.queries import handle_of, member_by_id
from coalition.programmes.queries import programme_by_id
from coalition.transactions.online import state as online
from coalition.transactions.online.terms import fresh_terms, known_terms
from partner_portal.api.callers import Caller
from partner_portal.api.limits import HOUR, Limit, tell
from partner_portal.api.operations import Answer, Body, Call, Short, operation, written
from tenants.auth.limits import allowed, tried
from tenants.runtime import clock, db
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.translations import N_

BURNS_TOLD = 5


class Handle(Body):
    """What finds a member: loyalty card or barcode, token of a bank card, phone (E.164), e-mail."""

    handle: str = Field(min_length=3, max_length=254)


class Burn(Answer):
    """Points whose last day this is."""

    points: int
    last_day: date


class Balance(Answer):
    """What a member has, in the programme's smallest units of points: `scale` digits of them are after the point."""

    available: int
    pending: int
    held: int
    debt: int
    scale: int
    burns: list[Burn]


class Found(Answer):
    """A member, without her name: a till need not know it."""

    member_id: UUID
    balance: Balance


@operation(
    "POST",
    "/members/find",
    scope="members:read",
    about=N_(
        "Find a member by her card, phone or e-mail. The handle is sent in the body, so that no log keeps it"
    ),
    takes=Handle,
    gives=Found,
    problems=("member_unknown", "card_blocked", "too_many_tries"),
)
def find_member(call: Call, body: Handle) -> Found:
    """The member whom a handle finds; a blocked card finds nobody."""
    known = found_by(call.session, call.caller, body.handle)
    if card_state(call.session, known, body.handle) is CardState.BLOCKED:
        raise Conflict("card_blocked")
    member = member_of(call.session, call.caller, known.member_id)
    return Found(member_id=member.id, balance=balance(call.session, member))


def _read_shortly(short: Short, member_id: UUID) -> bytes | None:
    known = short.known
    terms = known_terms(known.tenant_id, known.caller.programme_id)
    today = clock.business_day(terms.programme.zone)
    row = online.read_balance(known.tenant_id, known.as_asked(), member_id, today=today, burns=BURNS_TOLD)
    if row is None:
        return None
    if row.programme != terms.row:
        fresh_terms(known.tenant_id, known.caller.programme_id)  # for the next one
        return None
    return written(
        Balance(
            available=row.available,
            pending=row.pending,
            held=row.held,
            debt=row.debt,
            scale=terms.programme.scale,
            burns=[Burn(points=points, last_day=day) for day, points in row.burns],
        )
    )


@operation(
    "GET",
    "/members/{member_id}/balance",
    scope="members:read",
    about=N_("What a member has, and what of it burns next"),
    gives=Balance,
    problems=("member_unknown",),
    short=_read_shortly,
)
def read_balance(call: Call, member_id: UUID) -> Balance:
    """A member's balance."""
    return balance(call.session, member_of(call.session, call.caller, member_id))


def member_of(session: Session, caller: Caller, member_id: UUID) -> Member:
    """A member of the caller's programme; NotFound("member_unknown")."""
    member = member_by_id(session, member_id)
    if member.programme_id != caller.programme_id:
        raise NotFound("member_unknown")
    return member


def guesses(caller: Caller, address: str | None, code: str) -> tuple[str, Sequence[tuple[str, int]]]:
    """What a caller's guesses are counted by: the kind, and each place with how many it may have in an hour."""
    here, everywhere = caller.place_of(address)
    most_here, most_everywhere = caller.guesses_most
    return f"api-{code}", ((here, most_here), (everywhere, most_everywhere))


@contextmanager
def guessing(session: Session, caller: Caller, code: str, *others: str) -> Iterator[None]:
    """Count what is refused with one of these codes, in a transaction of its own; Refusal("too_many_tries") in the end.

    What one client at one address guesses is counted by the first code, so that a till that enrols many who are members
    already can still sell.
    """
    kind, places = guesses(caller, request.remote_addr, code)
    left = [max(0, most - tried(session, kind, place, seconds=HOUR)) for place, most in places]
    # As it stands before anything is looked up: what is found and what is not are told alike.
    tell(Limit(f"{code}_here", places[0][1], HOUR, left[0]))
    tell(Limit(code, places[1][1], HOUR, left[1]))
    if not all(left):
        raise Refusal("too_many_tries")
    try:
        yield
    except Refusal as refused:
        if refused.code in (code, *others):
            with db.transaction(tenant_of(session)) as counting:
                for place, most in places:
                    allowed(counting, kind, place, most=most, seconds=HOUR)
        raise


def found_by(session: Session, caller: Caller, handle: str) -> Known:
    """The handle of a member of the caller's programme; NotFound("member_unknown"), which is counted."""
    with guessing(session, caller, "member_unknown"):
        known = handle_of(session, handle)
        member_of(session, caller, known.member_id)
        return known


def card_state(session: Session, known: Known, handle: str) -> CardState | None:
    """The state of the loyalty card that a handle is, if it is one."""
    if known.kind != HandleKind.CARD_NUMBER:
        return None
    card = card_with(session, known.member_id, handle.strip())
    return card.state if card else None


def balance(session: Session, member: Member) -> Balance:
    """A member's balance as the API tells it."""
    programme, row = programme_by_id(session, member.programme_id), balance_of(session, member.id)
    today = clock.business_day(programme.zone)
    burns: dict[date, int] = {}
    for lot in open_lots(session, member.id):
        if not lot.pending and today <= lot.expires_on < date.max:
            burns[lot.expires_on] = burns.get(lot.expires_on, 0) + lot.remaining
    return Balance(
        available=row.available,
        pending=row.pending,
        held=row.held,
        debt=row.debt,
        scale=programme.scale,
        burns=[Burn(points=points, last_day=day) for day, points in sorted(burns.items())[:BURNS_TOLD]],
    )
