"""What a sale asks of the database, read in one statement: who calls, whose it is, where, and what she has."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from coalition.promotions.case import Counters, Outlet
from coalition.transactions.online.statements import BALANCE, STATES
from tenants.runtime.trips import Value, trip


class Caller(NamedTuple):
    """A client as its token was found to be; `row` is the transaction that wrote its row (PostgreSQL's xmin)."""

    host: str
    client_id: str
    token_id: str
    row: str
    programme_id: int
    outlet_id: int | None


class Whose(NamedTuple):
    """The member: by number, or by what one of the digests (one a kind of handle, in their order) finds.

    `tries` are the counters of guesses, with how many of them are too many.
    """

    member_id: UUID | None
    digests: Sequence[UUID] = ()
    last_four: str = ""
    tries: Sequence[tuple[UUID, int]] = ()
    window: datetime | None = None


class Place(NamedTuple):
    """What the cheque says of where it was sold, by code."""

    outlet: str | None
    partner: str | None


class State(NamedTuple):
    """The answer: rows as they stood at one moment, `version` that of the balance."""

    programme: str
    number: int
    member_id: UUID
    segments: int
    opened_on: date | None
    available: int
    pending: int
    held: int
    version: int
    partner_id: int
    merchant_id: int
    outlet: Outlet | None
    counters: Counters
    burns: Sequence[tuple[date, int]]
    facts: Sequence[Sequence[Any]]


def read(
    tenant_id: int,
    caller: Caller,
    whose: Whose,
    place: Place,
    *,
    periods: Sequence[int],
    today: date,
    burns: int,
    personal: bool,
    key: str | None,
    sale_key: UUID | None,
) -> State | None:
    """The state for a plain sale; nothing where there is anything special, or anything wrong.

    Raises what `trip` raises.
    """
    values: list[Value] = [
        *_let_in(tenant_id, caller),
        *(caller.outlet_id, whose.member_id, whose.digests),
        *([subject for subject, _ in whose.tries], [most for _, most in whose.tries], whose.window),
        *(place.outlet, place.partner, periods, today, burns, personal, whose.last_four, key, sale_key),
    ]
    statement = STATES[whose.member_id is not None, _way(caller, place)]
    rows = trip(tenant_id, statement, values)
    return _state([None if value is None else value.decode() for value in rows[0]]) if rows else None


class Balance(NamedTuple):
    """What a member has, and the days on which the next of it burns."""

    programme: str
    available: int
    pending: int
    held: int
    debt: int
    burns: Sequence[tuple[date, int]]


def read_balance(
    tenant_id: int, caller: Caller, member_id: UUID, *, today: date, burns: int
) -> Balance | None:
    """A member's balance; nothing where anything is wrong. Raises what `trip` raises."""
    rows = trip(tenant_id, BALANCE, [*_let_in(tenant_id, caller), member_id, today, burns])
    if not rows:
        return None
    programme, *numbers, days = [None if value is None else value.decode() for value in rows[0]]
    available, pending, held, debt = [int(number or 0) for number in numbers]
    return Balance(str(programme), available, pending, held, debt, _days(days))


def _let_in(tenant_id: int, caller: Caller) -> list[Value]:
    return [tenant_id, caller.host, caller.client_id, caller.token_id, caller.row]


def _way(caller: Caller, place: Place) -> str:
    """How the place is found: the outlet named or the client's own, else the partner named, else its only one."""
    if place.outlet is not None:
        return "named outlet"
    if caller.outlet_id is not None:
        return "own outlet"
    return "only partner" if place.partner is None else "named partner"


def _days(told: str | None) -> list[tuple[date, int]]:
    return [(date.fromisoformat(day), points) for day, points in json.loads(told)] if told else []


def _state(told: Sequence[str | None]) -> State:
    (programme, number, member, segments, opened, available, pending, held, version, partner, merchant) = (
        told[:11]
    )
    outlet, (sheets, burns, facts) = told[11:17], told[17:]
    counters: Counters = {}
    for period, slots, counts in json.loads(sheets or "[]"):
        for slot, count in zip(slots, counts, strict=True):
            counters[period, slot] = count
    place = [text or "" for text in outlet[1:]]
    return State(
        programme=str(programme),
        number=int(number or 0),
        member_id=UUID(member),
        segments=int(segments or 0),
        opened_on=date.fromisoformat(opened) if opened else None,
        available=int(available or 0),
        pending=int(pending or 0),
        held=int(held or 0),
        version=int(version or 0),
        partner_id=int(partner or 0),
        merchant_id=int(merchant or 0),
        outlet=Outlet(place[0], place[1], place[2], place[3], place[4], int(outlet[0]))
        if outlet[0]
        else None,
        counters=counters,
        burns=_days(burns),
        facts=json.loads(facts or "[]"),
    )
