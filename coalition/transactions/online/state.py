"""What a sale asks of the database, read in one statement: who calls, whose it is, where, and what she has."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from coalition.promotions.case import Counters, Outlet
from tenants.runtime.trips import Value, trip


@dataclass(frozen=True)
class Caller:
    """A client as its token was found to be; `scopes` as the client's row has them."""

    host: str
    client_id: str
    token_id: str
    programme_id: int
    participant_id: int
    outlet_id: int | None
    scopes: Sequence[str]


@dataclass(frozen=True)
class Whose:
    """The member: by number, or by what one of the digests (one a kind of handle, in their order) finds.

    `tries` are the counters of guesses, with how many of them are too many.
    """

    member_id: UUID | None
    digests: Sequence[UUID] = ()
    last_four: str = ""
    tries: Sequence[tuple[UUID, int]] = ()
    window: datetime | None = None


@dataclass(frozen=True)
class Place:
    """What the cheque says of where it was sold, by code."""

    outlet: str | None
    partner: str | None


@dataclass(frozen=True)
class State:
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


# What makes a sale special is looked at with everything else, and then there is no row: `transactions.tills` sees to
# it. Each of four ways to find the place is one branch, so that each is a look-up by a key.
_STATE = """
select p.xmin, k.number, m.id, m.segments, m.account_opened_on, b.available, b.pending, b.held, b.version,
    place.partner_id, s.id, o.id, o.code, o.region, o.brand, o.franchise, o.zone,
    (select json_agg(json_build_array(c.period, c.slots, c.counts)) from counter_sheet c
        where c.tenant_id = $1 and c.member_id = m.id and c.period = any($16::int[])),
    (select json_agg(json_build_array(l.expires_on, l.points)) from (
        select expires_on, sum(remaining) as points from lot where tenant_id = $1 and member_id = m.id
            and remaining > 0 and not pending and expires_on >= $17::date and expires_on < '9999-12-31'
        group by expires_on order by expires_on limit $18::int) l),
    case when $19::bool then (select json_agg(json_build_array(f.kind, f.name, f.since, f.value, f.until)
        order by f.since, f.ordinal, f.kind, f.name) from member_fact f where f.tenant_id = $1 and f.member_id = m.id)
    end
from api_client c
join host h on h.name = $2 and h.tenant_id = $1
join programme p on p.tenant_id = $1 and p.id = c.programme_id
join promotion_clock k on k.tenant_id = $1
cross join lateral (
    select $9::uuid as id where $9::uuid is not null
    union all
    (select found.member_id from unnest($10::uuid[]) with ordinality as told(digest, kind)
        join handle found on found.tenant_id = $1 and found.kind = told.kind and found.digest = told.digest
        where $9::uuid is null order by told.kind limit 1)
) whose
join member m on m.tenant_id = $1 and m.id = whose.id and m.programme_id = c.programme_id
join balance b on b.tenant_id = $1 and b.member_id = m.id
cross join lateral (
    select y.partner_id, y.id as outlet_id from outlet y
        where $14::text is not null and y.tenant_id = $1 and y.code = $14::text and y.id = coalesce($7::int, y.id)
    union all
    select y.partner_id, y.id from outlet y
        where $14::text is null and $7::int is not null and y.tenant_id = $1 and y.id = $7::int
    union all
    select z.id, null from partner z
        where $14::text is null and $7::int is null and $15::text is not null and z.tenant_id = $1
        and z.code = $15::text
    union all
    select min(z.id), null from partner z
        where $14::text is null and $7::int is null and $15::text is null and z.tenant_id = $1
        and z.participant_id = $6::int having count(*) = 1
) place
join partner a on a.tenant_id = $1 and a.id = place.partner_id and a.participant_id = c.participant_id
    and a.code = coalesce($15::text, a.code)
left join outlet o on o.tenant_id = $1 and o.id = place.outlet_id
join merchant s on s.tenant_id = $1 and s.name = coalesce(nullif(a.name ->> 'ru', ''), a.code)
where c.tenant_id = $1 and c.id = $3 and c.ended_at is null and c.programme_id = $5::int
    and c.participant_id = $6::int and c.outlet_id is not distinct from $7::int and c.scopes = $8::jsonb
    and b.debt = 0 and not p.webhooks
    and not exists (select from revoked_token r where r.tenant_id = $1 and r.jti = $4)
    and not exists (select from attempt t join unnest($11::uuid[], $12::int[]) as most(subject, count)
        on t.subject = most.subject where t.tenant_id = $1 and t.window = $13::timestamptz and t.count >= most.count)
    and not exists (select from card d where d.tenant_id = $1 and d.member_id = m.id and d.last_four = $20
        and d.blocked_at is not null)
    and not exists (select from kept_answer w where w.tenant_id = $1 and w.owner = $3 and w.key = $21)
    and not exists (select from redemption e where e.tenant_id = $1 and e.member_id = m.id and e.sale_key = $22::uuid)
    and not exists (select from purchase_return u where u.tenant_id = $1 and u.member_id = m.id
        and (u.merchant_id = s.id or u.original_key = $22::uuid))
    and not exists (select from waiting_lot v where v.tenant_id = $1 and v.member_id = m.id and v.met_at is null)
    and not exists (select from referral g where g.tenant_id = $1 and g.member_id = m.id)
"""


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
        *(
            tenant_id,
            caller.host,
            caller.client_id,
            caller.token_id,
            caller.programme_id,
            caller.participant_id,
        ),
        *(caller.outlet_id, json.dumps(caller.scopes), whose.member_id, whose.digests),
        *([subject for subject, _ in whose.tries], [most for _, most in whose.tries], whose.window),
        *(place.outlet, place.partner, periods, today, burns, personal, whose.last_four, key, sale_key),
    ]
    rows = trip(tenant_id, _STATE, values)
    return _state([None if value is None else value.decode() for value in rows[0]]) if rows else None


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
        burns=[(date.fromisoformat(day), points) for day, points in json.loads(burns or "[]")],
        facts=json.loads(facts or "[]"),
    )
