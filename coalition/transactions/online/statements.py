"""The statements of the short way; `$1` is the tenant everywhere."""

from coalition.ledger.models import Account, Purpose
from coalition.promotions.kinds import OperationKind

_BURNS = """(select json_agg(json_build_array(l.expires_on, l.points)) from (
        select expires_on, sum(remaining) as points from lot where tenant_id = $1 and member_id = m.id
            and remaining > 0 and not pending and expires_on >= {today}::date and expires_on < '9999-12-31'
        group by expires_on order by expires_on limit {most}::int) l)"""
# That a token which was verified before still lets its client in, whose row is the one that was read then.
_LET_IN = """c.tenant_id = $1 and c.id = $3 and c.xmin = $5::xid
    and exists (select from host h where h.name = $2 and h.tenant_id = $1)
    and not exists (select from revoked_token r where r.tenant_id = $1 and r.jti = $4)"""
BALANCE = f"""
select p.xmin, b.available, b.pending, b.held, b.debt, {_BURNS.format(today="$7", most="$8")}
from api_client c
join programme p on p.tenant_id = $1 and p.id = c.programme_id
join member m on m.tenant_id = $1 and m.id = $6::uuid and m.programme_id = c.programme_id
join balance b on b.tenant_id = $1 and b.member_id = m.id
where {_LET_IN}
"""  # noqa: S608  our own texts
_MEMBERS = {
    True: "select $7::uuid as id where $7::uuid is not null and $8::uuid[] = '{}'",
    False: """(select found.member_id as id from unnest($8::uuid[]) with ordinality as told(digest, kind)
        join handle found on found.tenant_id = $1 and found.kind = told.kind and found.digest = told.digest
        where $7::uuid is null order by told.kind limit 1)""",
}
"""Who she is: whether she is named by her number."""
_PLACES = {
    "named outlet": """select y.partner_id, y.id as outlet_id from outlet y
        where $12::text is not null and y.tenant_id = $1 and y.code = $12::text and y.id = coalesce($6::int, y.id)""",
    "own outlet": """select y.partner_id, y.id as outlet_id from outlet y
        where $12::text is null and $6::int is not null and y.tenant_id = $1 and y.id = $6::int""",
    "named partner": """select z.id as partner_id, null::int as outlet_id from partner z
        where $12::text is null and $6::int is null and $13::text is not null and z.tenant_id = $1
        and z.code = $13::text""",
    "only partner": """select min(z.id) as partner_id, null::int as outlet_id from partner z
        where $12::text is null and $6::int is null and $13::text is null and z.tenant_id = $1
        and z.participant_id = c.participant_id having count(*) = 1""",
}
"""Where it was sold, by what is said of it."""
# What makes a sale special is looked at with everything else, and then there is no row: `transactions.tills` sees to
# it. Each way to find the member and the place is a statement of its own, for all of a statement is made ready, what it
# does not need, too; the seller's name is fenced (offset 0), because a look-up by what is read from JSON, which could
# leak, would have to wait for the tenants' wall.
_STATE = f"""
select p.xmin, k.number, m.id, m.segments, m.account_opened_on, b.available, b.pending, b.held, b.version,
    place.partner_id, s.id, o.id, o.code, o.region, o.brand, o.franchise, o.zone,
    (select json_agg(json_build_array(c.period, c.slots, c.counts)) from counter_sheet c
        where c.tenant_id = $1 and c.member_id = m.id and c.period = any($14::int[])),
    {_BURNS.format(today="$15", most="$16")},
    case when $17::bool then (select json_agg(json_build_array(f.kind, f.name, f.since, f.value, f.until)
        order by f.since, f.ordinal, f.kind, f.name) from member_fact f where f.tenant_id = $1 and f.member_id = m.id)
    end
from api_client c
join programme p on p.tenant_id = $1 and p.id = c.programme_id
join promotion_clock k on k.tenant_id = $1
cross join lateral (
    {{member}}
) whose
join member m on m.tenant_id = $1 and m.id = whose.id and m.programme_id = c.programme_id
join balance b on b.tenant_id = $1 and b.member_id = m.id
cross join lateral (
    {{place}}
    offset 0
) place
cross join lateral (
    select coalesce(nullif(a.name ->> 'ru', ''), a.code) as name from partner a
        where a.tenant_id = $1 and a.id = place.partner_id and a.participant_id = c.participant_id
        and a.code = coalesce($13::text, a.code)
    offset 0
) seller
left join outlet o on o.tenant_id = $1 and o.id = place.outlet_id
join merchant s on s.tenant_id = $1 and s.name = seller.name
where {_LET_IN} and b.debt = 0 and not p.webhooks and p.same_sale is null and p.same_order is null
    and not exists (select from attempt t
        where t.tenant_id = $1 and t.subject = any($9::uuid[]) and t.window = $11::timestamptz
        and t.count >= ($10::int[])[array_position($9::uuid[], t.subject)])
    and not exists (select from card d where d.tenant_id = $1 and d.member_id = m.id and d.last_four = $18
        and d.blocked_at is not null)
    and not exists (select from kept_answer w where w.tenant_id = $1 and w.owner = $3 and w.key = $19)
    and not exists (select from redemption e where e.tenant_id = $1 and e.member_id = m.id and e.sale_key = $20::uuid)
    and not exists (select from purchase_return u where u.tenant_id = $1 and u.member_id = m.id
        and u.state not in ('by_terms', 'let_be')
        and (u.original_key = $20::uuid or u.original_key is null and u.merchant_id = s.id))
    and not exists (select from waiting_lot v where v.tenant_id = $1 and v.member_id = m.id and v.met_at is null)
    and not exists (select from referral g where g.tenant_id = $1 and g.member_id = m.id)
"""  # noqa: S608  our own texts
STATES = {
    (by_number, place): _STATE.format(member=member, place=where)
    for by_number, member in _MEMBERS.items()
    for place, where in _PLACES.items()
}
"""By whether the member is told by her number, and by how the place is."""
TURN = "select from balance where tenant_id = $1 and member_id = $2::uuid for no key update"
"""Waits for whoever holds the balance; then it is this transaction's alone."""
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
budgets as (
    update promotion_budget b set room = b.room - d.points
    from moved cross join unnest($34::int[], $35::int[], $36::bigint[]) d(promotion, shard, points)
    where b.tenant_id = $1 and b.promotion_id = d.promotion and b.shard = d.shard),
deposits as (
    update deposit_room r set room = r.room - d.points
    from moved cross join unnest($37::int[], $38::int[], $39::bigint[]) d(deposit, shard, points)
    where r.tenant_id = $1 and r.deposit_id = d.deposit and r.shard = d.shard),
kept as (
    insert into kept_answer (tenant_id, owner, key, fingerprint, status, body, answered_at)
    select tenant_id, $29, $30, $31::bytea, $32::int, $33::bytea, $11::timestamptz from moved)
select from moved
"""  # noqa: S608
