"""The plain way: what a month comes to, by joins of everything, and of every return that was ever booked.

As settlement was counted before it counted days; tests compare the two.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.settlement.days import since_of, span_of
from coalition.settlement.flows import _A, _CORRECTED, _FUNDED, _P, _SOLD, _SPAN, OURS, given
from coalition.settlement.sums import Sum, Sums
from coalition.settlement.terms import Terms

# Points that were taken for a reward of somebody's, or given back: of what it stood for, the part that they are.
_KIND = "case when w.kind = 'certificate' then 'certificates' else 'accepted' end"
_ACCEPTED = f"""
    select w.participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, {_KIND} as kind, t.points, r.minor
    from transfer t {OURS}
    join redemption r on r.tenant_id = t.tenant_id and r.member_id = t.member_id and r.id = t.cause_id
    join reward w on w.tenant_id = t.tenant_id and w.id = r.reward_id
    where {_SPAN} and t.to_account = {_A["redeemed"]}
    union all
    select w.participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, {_KIND} || '_back', -t.points,
        r.minor * e.points / r.points - r.minor * (e.points + t.points) / r.points
    from transfer t {OURS}
    join transfer h on h.tenant_id = t.tenant_id and h.member_id = t.member_id and h.id = t.reverses
    join redemption r on r.tenant_id = t.tenant_id and r.member_id = t.member_id and r.id = h.cause_id
    join reward w on w.tenant_id = t.tenant_id and w.id = r.reward_id
    join lateral (select coalesce(sum(b.points), 0)::bigint as points from transfer b
        where b.tenant_id = t.tenant_id and b.member_id = t.member_id and b.reverses = t.reverses
            and b.from_account = {_A["redeemed"]} and (b.booked_at, b.id) < (t.booked_at, t.id)) e on true
    where {_SPAN} and t.from_account = {_A["redeemed"]}"""

# The same points by who had paid for the lots they were taken from.
_SPENT = f"""
    select l.funder_id as participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'spent' as kind,
        u.points, null::bigint as minor, l.id as lot_id
    from transfer t {OURS}
    join transfer h on h.tenant_id = t.tenant_id and h.member_id = t.member_id and h.cause_id = t.cause_id
        and h.purpose in ({_P["hold"]}, {_P["release"]})
    join lot_use u on u.tenant_id = t.tenant_id and u.member_id = t.member_id and u.transfer_id = h.id
    join lot l on l.tenant_id = t.tenant_id and l.member_id = t.member_id and l.expires_on = u.expires_on
        and l.id = u.lot_id
    where {_SPAN} and t.to_account = {_A["redeemed"]}
    union all
    select l.funder_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'unspent', u.points, null, l.id
    from transfer t {OURS}
    join lot_use u on u.tenant_id = t.tenant_id and u.member_id = t.member_id and u.transfer_id = t.id
    join lot l on l.tenant_id = t.tenant_id and l.member_id = t.member_id and l.expires_on = u.expires_on
        and l.id = u.lot_id
    where {_SPAN} and t.from_account = {_A["redeemed"]}
    union all
    select t.funder_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'unspent', -t.points, null, t.id
    from transfer t {OURS}
    where {_SPAN} and t.from_account = {_A["redeemed"]} and t.funder_id is not null"""

# What promotions gave, and was taken back of it, since the payer had a deposit: it was paid for when it was paid in. A
# return of a sale of before does not go back into the deposit, so its money is given back.
_OF_PROMOTIONS = f"({_P['award']}, {_P['occasion']}, {_P['return']}, {_P['correction']})"
_PREPAID = f"""
    select f.participant_id, f.member_id, f.id, f.occurred_at, f.booked_at, 'prepaid' as kind, -f.points as points,
        f.minor
    from ({_FUNDED}) f
    join deposit d on d.tenant_id = :tenant and d.programme_id = :programme and d.participant_id = f.participant_id
    where f.kind <> 'expired' and f.purpose in {_OF_PROMOTIONS} and f.booked_at >= d.opened_at
        and not exists (select from purchase_return b
            join purchase s on s.tenant_id = b.tenant_id and s.member_id = b.member_id and s.id = b.purchase_id
            where b.tenant_id = :tenant and b.member_id = f.member_id and b.id = f.cause_id
                and s.booked_at < d.opened_at)"""
_PREPAID_SPENT = f"""
    select s.participant_id, s.member_id, s.id, s.occurred_at, s.booked_at, 'spent_prepaid' as kind,
        -s.points as points, s.minor
    from ({_SPENT}) s
    join deposit d on d.tenant_id = :tenant and d.programme_id = :programme and d.participant_id = s.participant_id
    join transfer g on g.tenant_id = :tenant and g.member_id = s.member_id and g.id = s.lot_id
        and g.purpose in {_OF_PROMOTIONS} and g.booked_at >= d.opened_at"""

# Of these the ones for which the participant itself gave points.
_GIVEN_FOR = f"""exists (select from transfer a where a.tenant_id = :tenant and a.member_id = s.member_id
        and a.cause_id = s.id and a.purpose = {_P["award"]} and a.funder_id = s.participant_id)"""
_AWARDED = f"""
    select s.participant_id, s.member_id, s.id, s.occurred_at, s.booked_at, 'awarded' as kind, s.points, s.minor
    from ({_SOLD}) s
    where {_GIVEN_FOR}"""

_BACK = f"""
    select n.participant_id, '{{of}}_back' as kind, 0::bigint as points, n.{{of}} - coalesce(k.{{of}}, 0) as minor
    from (
        select s.*, case when {_GIVEN_FOR} then s.turnover else 0 end as awarded
        from (
            select p.participant_id, t.member_id, t.id as return_id, t.purchase_id as id,
                case when t.state = 'same' then 0 else -t.amount end as turnover
            from purchase_return t {OURS}
            join partner p on p.tenant_id = t.tenant_id and p.id = t.partner_id
            join unnest(cast(:numbers as int[]), cast(:since as timestamptz[])) f (number, since)
                on f.number = p.participant_id
            where t.tenant_id = :tenant and t.booked_at >= f.since and t.booked_at < :over
        ) s
    ) n
    left join (
        select member_id, return_id, sum(turnover)::bigint as turnover, sum(awarded)::bigint as awarded
        from settled_return where tenant_id = :tenant and month < :month group by 1, 2
    ) k on k.member_id = n.member_id and k.return_id = n.return_id
    where n.{{of}} <> coalesce(k.{{of}}, 0)"""
_ALL = (
    _FUNDED, _ACCEPTED, _SPENT, _PREPAID, _PREPAID_SPENT, _SOLD, _AWARDED, _BACK.format(of="turnover"),
    _BACK.format(of="awarded"), _CORRECTED,
)  # fmt: skip


def sums(session: Session, programme: Programme, month: date, terms: Mapping[int, Terms]) -> Sums:
    """By participant and kind, of everybody who has terms."""
    since = since_of(session, programme)
    told = given(session, programme, span_of(programme, month)) | {
        "rates": [int(terms[n].fee.rate * 100) if n in terms else None for n in range(1, max(terms) + 1)],
        "numbers": list(since),
        "since": list(since.values()),
    }
    found: dict[tuple[int, str], Sum] = {}
    for statement in _ALL:
        query = f"""
            select participant_id, kind, count(*), sum(points)::bigint, coalesce(sum(minor), 0)::bigint,
                coalesce(sum(sign(minor) * ((abs(minor) * rate + 5000) / 10000)), 0)::bigint
            from (select r.*, (cast(:rates as bigint[]))[r.participant_id] as rate from ({statement}) r) r
            where rate is not null group by 1, 2"""
        for number, kind, *rest in session.execute(text(query), told):
            found[number, kind] = Sum(*map(int, rest))
    return found
