"""A plain sale with all that it gives, written in one statement, or not at all.

The same rows as `posting` writes. It stands on what was read before: if the balance has moved on since, or something
was published, nothing is written and nothing waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from coalition.ledger.models import Account, Purpose
from coalition.promotions.case import Counters
from coalition.promotions.kinds import OperationKind
from tenants.runtime.trips import Refused, Value, trip

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


@dataclass(frozen=True)
class Kept:
    """What is answered from now on under the request's key: see `idempotency`; `lock` is that of the request."""

    owner: str
    key: str
    fingerprint: bytes
    lock: int
    status: int
    body: bytes


@dataclass(frozen=True)
class Booking:
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


# Only our own numbers of kinds and accounts are written into it.
BOOK = f"""
with clock as (select 1 from promotion_clock where tenant_id = $1 and number = $4 for share),
moved as (
    update balance set available = available + $5::bigint, pending = pending + $6::bigint, version = version + 1
    where tenant_id = $1 and member_id = $2 and version = $3 and exists (select from clock)
        and pg_try_advisory_xact_lock($7::bigint)
    returning tenant_id, member_id),
sold as (
    insert into purchase (tenant_id, member_id, id, key, occurred_at, booked_at, amount, merchant_id, partner_id, line,
        kind, segments, reason)
    select tenant_id, member_id, $8::uuid, $9::uuid, $10::timestamptz, $11::timestamptz, $12::bigint, $13::int,
        $14::int, 0, {OperationKind.PURCHASE:d}, $15::bigint, $16::bigint[] from moved),
receipts as (
    insert into receipt (tenant_id, member_id, purchase_id, document)
    select tenant_id, member_id, $8::uuid, $17::jsonb from moved where $17::text is not null),
transfers as (
    insert into transfer (tenant_id, member_id, id, cause_id, occurred_at, booked_at, points, funder_id, from_account,
        to_account, purpose)
    select tenant_id, member_id, a.id, $8::uuid, $10::timestamptz, $11::timestamptz, a.points, a.funder,
        {Account.ISSUED:d}, a.account, {Purpose.AWARD:d}
    from moved cross join unnest($18::uuid[], $19::bigint[], $20::int[], $23::int[]) a(id, points, funder, account)),
lots as (
    insert into lot (tenant_id, member_id, expires_on, id, points, remaining, funder_id, active_on, pending)
    select tenant_id, member_id, a.last, a.id, a.points, a.points, a.funder, a.first, a.account = {Account.PENDING:d}
    from moved cross join unnest($18::uuid[], $19::bigint[], $20::int[], $21::date[], $22::date[], $23::int[])
        a(id, points, funder, first, last, account)),
sheets as (
    insert into counter_sheet (tenant_id, member_id, period, slots, counts)
    select tenant_id, member_id, c.period, ($27::bigint[])[c.first : c.last], ($28::bigint[])[c.first : c.last]
    from moved cross join unnest($24::int[], $25::int[], $26::int[]) c(period, first, last)
    on conflict (tenant_id, member_id, period) do update set slots = excluded.slots, counts = excluded.counts),
kept as (
    insert into kept_answer (tenant_id, owner, key, fingerprint, status, body, answered_at)
    select tenant_id, $29, $30, $31::bytea, $32::int, $33::bytea, $11::timestamptz from moved)
select from moved
"""  # noqa: S608


def book(tenant_id: int, sale: Booking, kept: Kept) -> bool | None:
    """Write the sale; false where what it stands on has moved on, nothing where it or its key is known already.

    Raises what `trip` raises.
    """
    try:
        return bool(trip(tenant_id, BOOK, values_of(tenant_id, sale, kept)))
    except Refused as refused:
        if refused.state != _UNIQUE_VIOLATION:
            raise
        return None


def values_of(tenant_id: int, sale: Booking, kept: Kept) -> list[Value]:
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
    ]
