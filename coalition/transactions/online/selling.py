"""A plain sale: read, valued, and booked where nothing has come between; else it takes its turn, and is read anew."""

import time
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from coalition.promotions.awards import explained
from coalition.promotions.budgets import claims
from coalition.promotions.case import Outlet, Receipt
from coalition.transactions.lines import purchase_id
from coalition.transactions.online.booking import Booking, Kept, alone, book
from coalition.transactions.online.state import Caller, Place, State, Whose, read
from coalition.transactions.online.terms import Terms, fresh_terms, known_terms
from coalition.transactions.online.valuing import Valued, value
from coalition.transactions.recording import adds_up, keepable
from tenants.runtime import clock

TRIES = 4
"""One for terms that are over, the others for sales that come between."""
CROWDED_SECONDS, CROWDED_MOST = 1.0, 10_000


class Asked(NamedTuple):
    """A sale as a till tells it; `receipt` makes what it tells beside the sum, for the outlet that is found."""

    tenant_id: int
    caller: Caller
    whose: Whose
    place: Place
    key: UUID
    occurred_at: datetime
    amount: int
    receipt: Callable[[Outlet | None], Receipt | None]
    burns: int
    request: str | None = None


class Found(NamedTuple):
    """What the sale gives, with all that it stands on."""

    terms: Terms
    state: State
    valued: Valued
    receipt: str | None
    booked_at: datetime
    today: date


class _Over(Exception):
    """Other terms are in force than those that were read by."""


def quoted(asked: Asked) -> Found | None:
    """What a plain sale would give now; nothing where the way of all sales has to tell. Raises what `trip` raises."""
    terms = known_terms(asked.tenant_id, asked.caller.programme_id)
    for _ in range(TRIES):
        try:
            return _found(asked, terms, asking=True)
        except _Over:
            terms = fresh_terms(asked.tenant_id, asked.caller.programme_id)
    return None


def sell(asked: Asked, answer: Callable[[Found, UUID], tuple[bytes, Kept]]) -> bytes | None:
    """Book a plain sale with its answer, together; nothing, and nothing changed, where it is not a plain one.

    `answer` tells the sale of this number, and how that is kept. While it is this sale's turn, nothing is read but by
    its own connection: terms that are over end the turn, and another one is taken with fresh ones.

    Raises what `trip` raises: whether it was booked nobody knows then, and the way of all sales finds out.
    """
    terms = known_terms(asked.tenant_id, asked.caller.programme_id)
    for _ in range(TRIES):
        crowded = _crowd.member(asked)
        try:
            with alone(asked.tenant_id, crowded) if crowded else nullcontext():
                found = _found(asked, terms, asking=False)
                if found is None:
                    return None
                number = purchase_id(asked.key, asked.occurred_at)
                told, kept = answer(found, number)
                booked = book(asked.tenant_id, _booking(asked, found, number), kept)
        except _Over:
            terms = fresh_terms(asked.tenant_id, asked.caller.programme_id)
            continue
        if booked is not False:
            return told if booked else None
        _crowd.met(asked, found.state.member_id)
    return None


class _Crowd:
    """Of whom sales of this process have met others, so that for a second whoever sells to her takes turns at once."""

    def __init__(self) -> None:
        self._met: dict[Hashable, tuple[UUID, float]] = {}

    def met(self, asked: Asked, member_id: UUID) -> None:
        """A sale was booked between reading and booking this one."""
        if len(self._met) >= CROWDED_MOST:
            self._met.clear()
        self._met[self._place(asked)] = member_id, time.monotonic() + CROWDED_SECONDS

    def member(self, asked: Asked) -> UUID | None:
        """Who she is, if that was within the second."""
        member_id, until = self._met.get(self._place(asked), (None, 0.0))
        return member_id if time.monotonic() < until else None

    def _place(self, asked: Asked) -> Hashable:
        return asked.tenant_id, asked.whose.member_id, *asked.whose.digests


_crowd = _Crowd()


def _found(asked: Asked, terms: Terms, *, asking: bool) -> Found | None:
    state = _read(asked, terms)
    if state is None:
        return None
    if not terms.are(state.programme, state.number):
        raise _Over
    now = clock.now()
    receipt = asked.receipt(state.outlet)
    kept = keepable(receipt) if receipt is not None else None
    if not _plain(asked, receipt, kept) or asked.occurred_at > now:
        return None
    booked_at = max(now, terms.index.published_at)  # clocks differ: what a version gave, it was there for
    valued = value(
        terms,
        state,
        key=asked.key,
        occurred_at=asked.occurred_at,
        booked_at=booked_at,
        amount=asked.amount,
        receipt=receipt,
        asking=asking,
    )
    if valued is None:
        return None
    return Found(terms, state, valued, kept, booked_at, clock.business_day(terms.programme.zone, now))


def _plain(asked: Asked, receipt: Receipt | None, kept: str | None) -> bool:
    """Whether there is money, and nothing that is to be refused."""
    return 0 < asked.amount < 10**15 and (receipt is None or (adds_up(receipt) and kept is not None))


def _read(asked: Asked, terms: Terms) -> State | None:
    zone, index = terms.programme.zone, terms.index
    return read(
        asked.tenant_id,
        asked.caller,
        asked.whose,
        asked.place,
        periods=sorted(index.periods([clock.business_day(zone, asked.occurred_at)])),
        today=clock.business_day(zone),
        burns=asked.burns,
        personal=index.personal,
        key=asked.request,
        sale_key=asked.key,
    )


def _booking(asked: Asked, found: Found, number: UUID) -> Booking:
    state, valued = found.state, found.valued
    return Booking(
        member_id=state.member_id,
        version=state.version,
        number=state.number,
        id=number,
        key=asked.key,
        occurred_at=asked.occurred_at,
        booked_at=found.booked_at,
        amount=asked.amount,
        merchant_id=state.merchant_id,
        partner_id=state.partner_id,
        segments=state.segments,
        reason=explained(valued.awards),
        receipt=found.receipt,
        given=valued.given,
        counters=valued.facts.counters,
        periods=sorted(valued.facts.touched),
        claims=claims(valued.facts.rooms),
    )
