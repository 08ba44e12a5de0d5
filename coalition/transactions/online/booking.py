"""A plain sale with all that it gives, written in one statement, or not at all.

The same rows as `posting` writes. It stands on what was read before: if the balance has moved on since, or something
was published, nothing is written. It waits for whoever holds the balance a quarter of a second at most.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from coalition.ledger.models import Account
from coalition.promotions.budgets import Claims
from coalition.promotions.case import Counters
from coalition.transactions.online.statements import BOOK, TURN
from tenants.runtime.trips import Refused, Value, together, trip

_UNIQUE_VIOLATION = "23505"


@dataclass
class Given:
    """Awards as columns: their ids, points, funders, first and last days, and whether they can be spent yet."""

    ids: list[UUID] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    funders: list[int] = field(default_factory=list)
    first: list[date] = field(default_factory=list)
    last: list[date] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)

    def total(self, account: Account) -> int:
        """Points that come to the account."""
        return sum(points for points, to in zip(self.points, self.accounts, strict=True) if to == account)


class Kept(NamedTuple):
    """What is answered from now on under the request's key: see `idempotency`; `lock` is that of the request."""

    owner: str
    key: str
    fingerprint: bytes
    lock: int
    status: int
    body: bytes


class Booking(NamedTuple):
    """A sale that was valued: `version` and `number` are those of the balance and the promotions it stands on."""

    member_id: UUID
    version: int
    number: int
    id: UUID
    key: UUID
    occurred_at: datetime
    booked_at: datetime
    amount: int
    merchant_id: int
    partner_id: int
    segments: int
    reason: Sequence[int]
    receipt: str | None
    given: Given
    counters: Counters
    periods: Sequence[int]
    claims: tuple[Claims, Claims]


def book(tenant_id: int, sale: Booking, kept: Kept) -> bool | None:
    """Write the sale; false where what it stands on has moved on, nothing where it or its key is known already.

    Raises what `trip` raises: Refused, too, where a budget's shard has less than is taken.
    """
    try:
        return bool(trip(tenant_id, BOOK, _values(tenant_id, sale, kept)))
    except Refused as refused:
        if refused.state != _UNIQUE_VIOLATION:
            raise
        return None


@contextmanager
def alone(tenant_id: int, member_id: UUID) -> Iterator[None]:
    """Read and book, as one transaction, when it is this sale's turn: nothing of the member's comes between.

    Raises what `trip` raises: Refused, too, where the turn does not come within a quarter of a second.
    """
    with together():
        trip(tenant_id, TURN, [tenant_id, member_id])
        yield


def _values(tenant_id: int, sale: Booking, kept: Kept) -> list[Value]:
    """What the statement is told."""
    given = sale.given
    slots: list[int] = []
    counts: list[int] = []
    first: list[int] = []
    last: list[int] = []
    for period in sale.periods:
        places = sorted((slot, count) for (when, slot), count in sale.counters.items() if when == period)
        first.append(len(slots) + 1)
        slots += [slot for slot, _ in places]
        counts += [count for _, count in places]
        last.append(len(slots))
    return [
        *(tenant_id, sale.member_id, sale.version, sale.number),
        *(given.total(Account.AVAILABLE), given.total(Account.PENDING), kept.lock),
        *(
            sale.id,
            sale.key,
            sale.occurred_at,
            sale.booked_at,
            sale.amount,
            sale.merchant_id,
            sale.partner_id,
        ),
        *(sale.segments, sale.reason, sale.receipt),
        *(given.ids, given.points, given.funders, given.first, given.last, given.accounts),
        *(sale.periods, first, last, slots, counts),
        *(kept.owner, kept.key, kept.fingerprint, kept.status, kept.body),
        *sale.claims[0],
        *sale.claims[1],
    ]
