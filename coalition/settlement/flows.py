"""What moves money between a participant and the operator, as rows: a sum is their sum, a register is the rows.

Each flow is one statement that gives every row of a span of booking with its participant, kind, points and money. Rows
are immutable and found by when they were booked, so the same span gives the same rows for ever. Returns are not: which
sale they belong to can become known later, so closing keeps what it counted of them. Side 1: the participant owes;
side 2: it is owed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Purpose
from coalition.programmes.models import Programme
from coalition.settlement.terms import Terms
from tenants.runtime.db import by_hashes, tenant_of

OWES, OWED = 1, 2
_A = {name.lower(): int(account) for name, account in Account.__members__.items()}
_P = {name.lower(): int(purpose) for name, purpose in Purpose.__members__.items()}
_OURS = "join member m on m.tenant_id = t.tenant_id and m.id = t.member_id and m.programme_id = :programme"
_SPAN = "t.tenant_id = :tenant and t.booked_at >= :begun and t.booked_at < :over"

# Points at somebody's expense: given, taken back, burnt (and back), or taken back after they had burnt.
_FUNDED = f"""
    select t.funder_id as participant_id, t.member_id, t.id, t.occurred_at, t.booked_at,
        case when t.from_account in ({_A["issued"]}, {_A["adjusted"]}) then 'issued'
            when t.to_account = {_A["expired"]} or t.to_account in ({_A["available"]}, {_A["pending"]}) then 'expired'
            when t.from_account = {_A["expired"]} then 'burnt_back'
            else 'returned' end as kind,
        case when t.from_account in ({_A["issued"]}, {_A["adjusted"]}) then t.points
            when t.from_account = {_A["expired"]} and t.to_account in ({_A["available"]}, {_A["pending"]}) then t.points
            else -t.points end as points,
        null::bigint as minor, t.purpose, t.cause_id
    from transfer t {_OURS}
    where {_SPAN} and t.funder_id is not null
        and (t.from_account in ({_A["issued"]}, {_A["adjusted"]}, {_A["expired"]})
            or t.to_account in ({_A["issued"]}, {_A["adjusted"]}, {_A["expired"]}))"""  # noqa: S608  our own texts

# Points that were taken for a reward of somebody's, or given back: of what it stood for, the part that they are.
_KIND = "case when w.kind = 'certificate' then 'certificates' else 'accepted' end"
_ACCEPTED = f"""
    select w.participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, {_KIND} as kind, t.points, r.minor
    from transfer t {_OURS}
    join redemption r on r.tenant_id = t.tenant_id and r.member_id = t.member_id and r.id = t.cause_id
    join reward w on w.tenant_id = t.tenant_id and w.id = r.reward_id
    where {_SPAN} and t.to_account = {_A["redeemed"]}
    union all
    select w.participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, {_KIND} || '_back', -t.points,
        r.minor * e.points / r.points - r.minor * (e.points + t.points) / r.points
    from transfer t {_OURS}
    join transfer h on h.tenant_id = t.tenant_id and h.member_id = t.member_id and h.id = t.reverses
    join redemption r on r.tenant_id = t.tenant_id and r.member_id = t.member_id and r.id = h.cause_id
    join reward w on w.tenant_id = t.tenant_id and w.id = r.reward_id
    join lateral (select coalesce(sum(b.points), 0)::bigint as points from transfer b
        where b.tenant_id = t.tenant_id and b.member_id = t.member_id and b.reverses = t.reverses
            and b.from_account = {_A["redeemed"]} and (b.booked_at, b.id) < (t.booked_at, t.id)) e on true
    where {_SPAN} and t.from_account = {_A["redeemed"]}"""  # noqa: S608  our own texts

# The same points by who had paid for the lots they were taken from.
_SPENT = f"""
    select l.funder_id as participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'spent' as kind,
        u.points, null::bigint as minor, l.id as lot_id
    from transfer t {_OURS}
    join transfer h on h.tenant_id = t.tenant_id and h.member_id = t.member_id and h.cause_id = t.cause_id
        and h.purpose in ({_P["hold"]}, {_P["release"]})
    join lot_use u on u.tenant_id = t.tenant_id and u.member_id = t.member_id and u.transfer_id = h.id
    join lot l on l.tenant_id = t.tenant_id and l.member_id = t.member_id and l.expires_on = u.expires_on
        and l.id = u.lot_id
    where {_SPAN} and t.to_account = {_A["redeemed"]}
    union all
    select l.funder_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'unspent', u.points, null, l.id
    from transfer t {_OURS}
    join lot_use u on u.tenant_id = t.tenant_id and u.member_id = t.member_id and u.transfer_id = t.id
    join lot l on l.tenant_id = t.tenant_id and l.member_id = t.member_id and l.expires_on = u.expires_on
        and l.id = u.lot_id
    where {_SPAN} and t.from_account = {_A["redeemed"]}
    union all
    select t.funder_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'unspent', -t.points, null, t.id
    from transfer t {_OURS}
    where {_SPAN} and t.from_account = {_A["redeemed"]} and t.funder_id is not null"""  # noqa: S608  our own texts

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
                and s.booked_at < d.opened_at)"""  # noqa: S608
_PREPAID_SPENT = f"""
    select s.participant_id, s.member_id, s.id, s.occurred_at, s.booked_at, 'spent_prepaid' as kind,
        -s.points as points, s.minor
    from ({_SPENT}) s
    join deposit d on d.tenant_id = :tenant and d.programme_id = :programme and d.participant_id = s.participant_id
    join transfer g on g.tenant_id = :tenant and g.member_id = s.member_id and g.id = s.lot_id
        and g.purpose in {_OF_PROMOTIONS} and g.booked_at >= d.opened_at"""  # noqa: S608

# Sales at a participant's partners.
_SOLD = f"""
    select p.participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'turnover' as kind,
        0::bigint as points, t.amount as minor
    from purchase t {_OURS}
    join partner p on p.tenant_id = t.tenant_id and p.id = t.partner_id
    where {_SPAN}"""  # noqa: S608  our own texts

# Of these the ones for which the participant itself gave points.
_GIVEN_FOR = f"""exists (select from transfer a where a.tenant_id = :tenant and a.member_id = s.member_id
        and a.cause_id = s.id and a.purpose = {_P["award"]} and a.funder_id = s.participant_id)"""
_AWARDED = f"""
    select s.participant_id, s.member_id, s.id, s.occurred_at, s.booked_at, 'awarded' as kind, s.points, s.minor
    from ({_SOLD}) s
    where {_GIVEN_FOR}"""  # noqa: S608

# Money that was given back for sales, as the closing of this month counted it.
_BROUGHT_BACK = """
    select c.participant_id, c.member_id, c.return_id as id, t.occurred_at, t.booked_at,
        '{of}_back' as kind, 0::bigint as points, c.{of} as minor
    from settled_return c
    join purchase_return t on t.tenant_id = c.tenant_id and t.member_id = c.member_id and t.id = c.return_id
    where c.tenant_id = :tenant and c.programme_id = :programme and c.month = :month and c.{of} <> 0"""

# What is settled in this month because objections to months before were accepted.
_CORRECTED = """
    select a.participant_id, null::uuid as member_id, null::uuid as id, a.at as occurred_at, a.at as booked_at,
        case when a.side = 1 then 'correction' else 'owed_correction' end as kind, 0::bigint as points, a.minor
    from objection_answer a
    where a.tenant_id = :tenant and a.programme_id = :programme and a.counts_in = :month"""

# What is known of returns by the end of a month, less what months before have counted of it.
_COUNTED = f"""
    insert into settled_return
        (tenant_id, programme_id, month, participant_id, member_id, return_id, turnover, awarded)
    select :tenant, :programme, :month, n.participant_id, n.member_id, n.id,
        n.turnover - coalesce(k.turnover, 0), n.awarded - coalesce(k.awarded, 0)
    from (
        select s.participant_id, s.member_id, s.return_id as id, s.turnover,
            case when {_GIVEN_FOR} then s.turnover else 0 end as awarded
        from (
            select p.participant_id, t.member_id, t.id as return_id, t.purchase_id as id,
                case when t.state = 'same' then 0 else -t.amount end as turnover
            from purchase_return t {_OURS}
            join partner p on p.tenant_id = t.tenant_id and p.id = t.partner_id
            join unnest(cast(:numbers as int[]), cast(:since as timestamptz[])) f (number, since)
                on f.number = p.participant_id
            where t.tenant_id = :tenant and t.booked_at >= f.since and t.booked_at < :over
        ) s
    ) n
    left join (
        select participant_id, member_id, return_id, sum(turnover)::bigint as turnover, sum(awarded)::bigint as awarded
        from settled_return
        where tenant_id = :tenant and programme_id = :programme
        group by 1, 2, 3
    ) k on k.participant_id = n.participant_id and k.member_id = n.member_id and k.return_id = n.id
    where n.turnover <> coalesce(k.turnover, 0) or n.awarded <> coalesce(k.awarded, 0)"""  # noqa: S608  our own texts

ROWS: Mapping[str, str] = {
    **dict.fromkeys(("issued", "returned", "burnt_back", "expired"), _FUNDED),
    **dict.fromkeys(("accepted", "accepted_back", "certificates", "certificates_back"), _ACCEPTED),
    **dict.fromkeys(("spent", "unspent"), _SPENT),
    "prepaid": _PREPAID,
    "spent_prepaid": _PREPAID_SPENT,
    **dict.fromkeys(("correction", "owed_correction"), _CORRECTED),
    "turnover": _SOLD,
    "turnover_back": _BROUGHT_BACK.format(of="turnover"),
    "awarded": _AWARDED,
    "awarded_back": _BROUGHT_BACK.format(of="awarded"),
}
"""The statement that has the rows of each kind."""


@dataclass(frozen=True)
class Sum:
    """What the rows of one kind come to for one participant; `fee` is the sum of each row's own fee."""

    count: int
    points: int
    minor: int
    fee: int


Sums = Mapping[tuple[int, str], Sum]


@dataclass(frozen=True)
class Span:
    """A month, and when its rows were booked: from `begun` until before `over`."""

    month: date
    begun: datetime
    over: datetime


def sums(session: Session, programme: Programme, span: Span, terms: Mapping[int, Terms]) -> Sums:
    """By participant and kind. Only flows that somebody's terms ask for are read."""
    found: dict[tuple[int, str], Sum] = {}
    rates = [int(terms[n].fee.rate * 100) if n in terms else None for n in range(1, max(terms) + 1)]
    for statement in _needed(terms.values()):
        asked = _given(session, programme, span) | {"rates": rates}
        with by_hashes(session):
            rows = session.execute(_summed(statement), asked).all()
        for row in rows:
            found[row.participant_id, row.kind] = Sum(row.rows, row.points, row.minor, row.fee)
    return found


def count_returns(session: Session, programme: Programme, span: Span, since: Mapping[int, datetime]) -> None:
    """Keep what is known of returns at the end of the span; `since` is from when on each participant settles."""
    asked = {"numbers": list(since), "since": list(since.values())}
    session.execute(text(_COUNTED), _given(session, programme, span) | asked)


def register(
    session: Session,
    programme: Programme,
    span: Span,
    participant_id: int,
    kind: str,
    *,
    most: int | None = None,
) -> Sequence[Mapping[str, Any]]:
    """The rows behind one sum of a participant's, in the order in which they were booked; the first of them, or all."""
    query = text(
        f"select * from ({ROWS[kind]}) r where participant_id = :participant and kind = :kind"  # noqa: S608
        " order by booked_at, member_id, id limit :most"
    )
    asked = _given(session, programme, span) | {"participant": participant_id, "kind": kind, "most": most}
    return [dict(row._mapping) for row in session.execute(query, asked)]


def _needed(terms: Any) -> Sequence[str]:
    """The statements that these terms need, each once."""
    kept, found = list(terms), [_ACCEPTED, _CORRECTED]
    if any(one.pays == "issued" for one in kept):
        found += [_FUNDED, _PREPAID]
    if any(one.pays == "spent" for one in kept):
        found += [_SPENT, _PREPAID_SPENT]
    if any(one.turnover == "through" or (one.fee.rate and one.fee.of == "turnover") for one in kept):
        found += [ROWS["turnover"], ROWS["turnover_back"]]
    if any(one.fee.rate and one.fee.of == "awarded" for one in kept):
        found += [ROWS["awarded"], ROWS["awarded_back"]]
    return found


def _summed(statement: str) -> TextClause:
    """Of who settles: others have no rate. By its place, not joined: no plan then multiplies rows with participants."""
    return text(f"""
        select participant_id, kind, count(*) as rows, sum(points)::bigint as points,
            coalesce(sum(minor), 0)::bigint as minor,
            coalesce(sum(sign(minor) * ((abs(minor) * rate + 5000) / 10000)), 0)::bigint as fee
        from (select r.*, (cast(:rates as bigint[]))[r.participant_id] as rate from ({statement}) r) r
        where rate is not null
        group by 1, 2""")  # noqa: S608


def _given(session: Session, programme: Programme, span: Span) -> dict[str, Any]:
    return {
        "tenant": tenant_of(session),
        "programme": programme.id,
        "month": span.month,
        "begun": span.begun,
        "over": span.over,
    }
