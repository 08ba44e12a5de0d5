"""What goes from page to page of operations by hand: sealed for the person alone, and good for half an hour in all."""

import base64
import binascii
import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.cards.models import CardState
from tenants.actor import Actor
from tenants.runtime import clock
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import new_id
from tenants.vault import vault_of

HOLDS_FOR = timedelta(minutes=30)
"""How long what a page shows can be gone on from."""
_PLACE = "by_hand"


class Found(NamedTuple):
    """A member as the person has found her: by what, ending how, with number and state if it was a loyalty card.

    `moment` is when: for `HOLDS_FOR` from it the pages go on, however often they are drawn anew.
    """

    member_id: UUID
    kind: str
    ending: str
    number: str
    state: CardState | None
    moment: datetime


class Opened(NamedTuple):
    """What a sealed form had: since when its pages go on, and the values."""

    since: datetime
    values: list[Any]


class Drafted(NamedTuple):
    """A sale that is not made yet: everything that is confirmed, and the key by which it is made once."""

    found: Found
    key: UUID
    outlet: str
    outlet_id: int
    number: str
    amount: int
    points: int


def sealed(session: Session, person: Actor, what: str, since: datetime, *values: Any) -> str:
    """Values of a page for its forms, which go on since that moment: only this person's next page of the kind opens
    them."""
    told = json.dumps([since.isoformat(), *values], default=str)
    return base64.urlsafe_b64encode(vault_of(session).seal(told, _PLACE, what, person.id)).decode()


def opened(session: Session, person: Actor, what: str, text: str) -> Opened:
    """What `sealed` made for her; Refusal("hand_over") for anything else, and half an hour after its first page."""
    try:
        told = vault_of(session).open(base64.urlsafe_b64decode(text.encode()), _PLACE, what, person.id)
    except (Refusal, binascii.Error, ValueError):
        raise Refusal("hand_over") from None
    moment, *values = json.loads(told)
    since = datetime.fromisoformat(moment)
    if since + HOLDS_FOR < clock.now():
        raise Refusal("hand_over")
    return Opened(since, list(values))


def seal_found(session: Session, person: Actor, found: Found) -> str:
    """Whom she has found, for the forms of the page, with a key of its own for what is sent once."""
    return sealed(session, person, "found", found.moment, *_plain(found), new_id())


def found_in(session: Session, person: Actor, text: str) -> tuple[Found, UUID]:
    """Whom a form is about, and its key."""
    since, (*found, key) = opened(session, person, "found", text)
    return _found(since, *found), UUID(key)


def seal_draft(session: Session, person: Actor, one: Drafted) -> str:
    """A drafted sale, for the form that confirms it."""
    return sealed(session, person, "sale", one.found.moment, *_plain(one.found), one.key, *one[2:])


def draft_in(session: Session, person: Actor, text: str) -> Drafted:
    """The sale that a form confirms."""
    since, (*found, key, outlet, outlet_id, number, amount, points) = opened(session, person, "sale", text)
    return Drafted(_found(since, *found), UUID(key), outlet, outlet_id, number, amount, points)


def _plain(found: Found) -> tuple[Any, ...]:
    return (*found[:4], found.state and str(found.state))


def _found(since: datetime, member_id: str, kind: str, ending: str, number: str, state: str | None) -> Found:
    return Found(UUID(member_id), kind, ending, number, CardState(state) if state else None, since)
