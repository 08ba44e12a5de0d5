"""What moves money between a participant and the operator, as rows: a sum is their sum, a register is the rows.

Each flow is one statement that gives every row of a span of booking with its participant, kind, points and money. Rows
are immutable and found by when they were booked, so the same span gives the same rows for ever: those of a day are
added up once, when it is over (`days`). Returns are not: which sale they belong to can become known later, so what was
counted of them is kept (`returns`). Side 1: the participant owes; side 2: it is owed.

What has a key is looked up by it, in a subquery that the planner leaves where it is (`offset 0`): what a day costs does
not grow with what was booked before it. Ids begin with their moment (`tenants.runtime.ids`), which bounds the search
for what has no key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Purpose
from coalition.programmes.models import Programme
from coalition.settlement.terms import Terms
from tenants.runtime.db import tenant_of

OWES, OWED = 1, 2
_A = {name.lower(): int(account) for name, account in Account.__members__.items()}
_P = {name.lower(): int(purpose) for name, purpose in Purpose.__members__.items()}
OURS = "join member m on m.tenant_id = t.tenant_id and m.id = t.member_id and m.programme_id = :programme"
"""Rows of the programme's members, of those `t`."""
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
    from transfer t {OURS}
    where {_SPAN} and t.funder_id is not null
        and (t.from_account in ({_A["issued"]}, {_A["adjusted"]}, {_A["expired"]})
            or t.to_account in ({_A["issued"]}, {_A["adjusted"]}, {_A["expired"]}))"""  # noqa: S608  our own texts

# Points that were taken for a reward of somebody's, or given back: of what it stood for, the part that they are.
_KIND = "case when w.kind = 'certificate' then 'certificates' else 'accepted' end"
_REDEMPTION = """lateral (select r.reward_id, r.points, r.minor, r.made_at from redemption r
        where r.tenant_id = t.tenant_id and r.member_id = t.member_id and r.id = {cause} offset 0) r on true"""
_ACCEPTED = f"""
    select w.participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, {_KIND} as kind, t.points, r.minor
    from transfer t {OURS}
    join {_REDEMPTION.format(cause="t.cause_id")}
    join reward w on w.tenant_id = t.tenant_id and w.id = r.reward_id
    where {_SPAN} and t.to_account = {_A["redeemed"]}
    union all
    select w.participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, {_KIND} || '_back', -t.points,
        r.minor * e.points / r.points - r.minor * (e.points + t.points) / r.points
    from transfer t {OURS}
    join lateral (select h.cause_id from transfer h
        where h.tenant_id = t.tenant_id and h.member_id = t.member_id and h.id = t.reverses offset 0) h on true
    join {_REDEMPTION.format(cause="h.cause_id")}
    join reward w on w.tenant_id = t.tenant_id and w.id = r.reward_id
    join lateral (select coalesce(sum(b.points), 0)::bigint as points from transfer b
        where b.tenant_id = t.tenant_id and b.member_id = t.member_id and b.reverses = t.reverses
            and b.from_account = {_A["redeemed"]} and (b.booked_at, b.id) < (t.booked_at, t.id)) e on true
    where {_SPAN} and t.from_account = {_A["redeemed"]}"""  # noqa: S608  our own texts

# The same points by who had paid for the lots they were taken from, when they were set aside.
_STAMP = "rpad(lpad(to_hex((extract(epoch from {at}) * 1000)::bigint), 12, '0'), 32, '0')::uuid"
_FROM_LOT = """
    join lateral (select u.lot_id, u.expires_on, u.points from lot_use u
        where u.tenant_id = t.tenant_id and u.member_id = t.member_id and u.transfer_id = {taken} offset 0) u on true
    join lateral (select l.funder_id from lot l where l.tenant_id = t.tenant_id and l.member_id = t.member_id
        and l.expires_on = u.expires_on and l.id = u.lot_id offset 0) l on true"""
_SPENT = f"""
    select l.funder_id as participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'spent' as kind,
        u.points, null::bigint as minor, u.lot_id
    from transfer t {OURS}
    join {_REDEMPTION.format(cause="t.cause_id")}
    join lateral (select h.id from transfer h where h.tenant_id = t.tenant_id and h.member_id = t.member_id
        and h.id >= {_STAMP.format(at="r.made_at - interval '1 day'")}
        and h.id < {_STAMP.format(at="t.booked_at + interval '1 day'")}
        and h.cause_id = t.cause_id and h.purpose in ({_P["hold"]}, {_P["release"]}) offset 0) h on true
    {_FROM_LOT.format(taken="h.id")}
    where {_SPAN} and t.to_account = {_A["redeemed"]}
    union all
    select l.funder_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'unspent', u.points, null, u.lot_id
    from transfer t {OURS}
    {_FROM_LOT.format(taken="t.id")}
    where {_SPAN} and t.from_account = {_A["redeemed"]}
    union all
    select t.funder_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'unspent', -t.points, null, t.id
    from transfer t {OURS}
    where {_SPAN} and t.from_account = {_A["redeemed"]} and t.funder_id is not null"""  # noqa: S608  our own texts

# What promotions gave, and was taken back of it, since the payer had a deposit: it was paid for when it was paid in. A
# return of a sale of before does not go back into the deposit, so its money is given back.
_OF_PROMOTIONS = f"({_P['award']}, {_P['occasion']}, {_P['correction']})"
_OF_DEPOSIT = """deposit d on d.tenant_id = :tenant and d.programme_id = :programme
        and d.participant_id = {of}.participant_id"""
_DRAWN = f"""
    select f.participant_id, f.member_id, f.id, f.occurred_at, f.booked_at, 'prepaid' as kind, -f.points as points,
        f.minor
    from ({_FUNDED} and {{which}}) f
    join {_OF_DEPOSIT.format(of="f")}
    where f.kind <> 'expired' and f.booked_at >= d.opened_at"""  # noqa: S608
_PREPAID = _DRAWN.format(which=f"t.purpose in {_OF_PROMOTIONS}")
_PREPAID_BACK = f"""{_DRAWN.format(which=f"t.purpose = {_P['return']}")}
        and not coalesce((select (select s.booked_at from purchase s
                where s.tenant_id = b.tenant_id and s.member_id = b.member_id and s.id = b.purchase_id)
            from purchase_return b
            where b.tenant_id = :tenant and b.member_id = f.member_id and b.id = f.cause_id) < d.opened_at, false)"""  # noqa: S608
_PREPAID_SPENT = f"""
    select s.participant_id, s.member_id, s.id, s.occurred_at, s.booked_at, 'spent_prepaid' as kind,
        -s.points as points, s.minor
    from ({_SPENT}) s
    join {_OF_DEPOSIT.format(of="s")}
    join lateral (select g.purpose, g.booked_at from transfer g
        where g.tenant_id = :tenant and g.member_id = s.member_id and g.id = s.lot_id offset 0) g on true
    where g.purpose in ({_P["award"]}, {_P["occasion"]}, {_P["return"]}, {_P["correction"]})
        and g.booked_at >= d.opened_at"""  # noqa: S608

# Sales at a participant's partners.
_SOLD = f"""
    select p.participant_id, t.member_id, t.id, t.occurred_at, t.booked_at, 'turnover' as kind,
        0::bigint as points, t.amount as minor
    from purchase t {OURS}
    join partner p on p.tenant_id = t.tenant_id and p.id = t.partner_id
    where {_SPAN}"""  # noqa: S608  our own texts

# Of these the ones for which the participant itself gave points: they are booked together.
_AWARDED = f"""
    select s.participant_id, s.member_id, s.id, s.occurred_at, s.booked_at, 'awarded' as kind, s.points, s.minor
    from ({_SOLD}) s
    where exists (select from transfer t where {_SPAN} and t.member_id = s.member_id
        and t.cause_id = s.id and t.purpose = {_P["award"]} and t.funder_id = s.participant_id)"""  # noqa: S608

# Money that was given back for sales, as this month counted it.
_BROUGHT_BACK = """
    select c.participant_id, c.member_id, c.return_id as id, t.occurred_at, t.booked_at,
        '{of}_back' as kind, 0::bigint as points, c.minor
    from (select participant_id, member_id, return_id, sum({of})::bigint as minor from settled_return
        where tenant_id = :tenant and programme_id = :programme and month = :month
        group by 1, 2, 3 having sum({of}) <> 0) c
    left join purchase_return t on t.tenant_id = :tenant and t.member_id = c.member_id and t.id = c.return_id"""

# What is settled in this month because objections to months before were accepted.
_CORRECTED = """
    select a.participant_id, null::uuid as member_id, null::uuid as id, a.at as occurred_at, a.at as booked_at,
        case when a.side = 1 then 'correction' else 'owed_correction' end as kind, 0::bigint as points, a.minor
    from objection_answer a
    where a.tenant_id = :tenant and a.programme_id = :programme and a.counts_in = :month"""

ROWS: Mapping[str, str] = {
    **dict.fromkeys(("issued", "returned", "burnt_back", "expired"), _FUNDED),
    **dict.fromkeys(("accepted", "accepted_back", "certificates", "certificates_back"), _ACCEPTED),
    **dict.fromkeys(("spent", "unspent"), _SPENT),
    "prepaid": f"{_PREPAID} union all {_PREPAID_BACK}",
    "spent_prepaid": _PREPAID_SPENT,
    **dict.fromkeys(("correction", "owed_correction"), _CORRECTED),
    "turnover": _SOLD,
    "turnover_back": _BROUGHT_BACK.format(of="turnover"),
    "awarded": _AWARDED,
    "awarded_back": _BROUGHT_BACK.format(of="awarded"),
}
"""The statement that has the rows of each kind."""


@dataclass(frozen=True)
class Flow:
    """A statement with its rows, and whether terms ask for them."""

    rows: str
    asked: Callable[[Terms], bool]


def _of_turnover(terms: Terms) -> bool:
    return terms.turnover == "through" or (terms.fee.rate > 0 and terms.fee.of == "turnover")


def _of_awarded(terms: Terms) -> bool:
    return terms.fee.rate > 0 and terms.fee.of == "awarded"


BY_DAY = (
    Flow(_FUNDED, lambda terms: terms.pays == "issued"),
    Flow(_PREPAID, lambda terms: terms.pays == "issued"),
    Flow(_ACCEPTED, lambda terms: True),
    Flow(_SPENT, lambda terms: terms.pays == "spent"),
    Flow(_PREPAID_SPENT, lambda terms: terms.pays == "spent"),
    Flow(_SOLD, _of_turnover),
    Flow(_AWARDED, _of_awarded),
)
"""What nothing that comes later changes."""
AT_CLOSING = (
    Flow(_PREPAID_BACK, lambda terms: terms.pays == "issued"),
    Flow(ROWS["turnover_back"], _of_turnover),
    Flow(ROWS["awarded_back"], _of_awarded),
    Flow(_CORRECTED, lambda terms: True),
)
"""What depends on what is known of returns, and what was answered to objections, when the month is closed."""


@dataclass(frozen=True)
class Span:
    """Of a month, and when its rows were booked: from `begun` until before `over`."""

    month: date
    begun: datetime
    over: datetime


def has_one_programme(session: Session) -> bool:
    """Whether the tenant has no other programme: then nobody is looked up to be a member of this one."""
    count = select(func.count()).select_from(Programme).where(Programme.tenant_id == tenant_of(session))
    return session.scalar(count) == 1


def read(rows: str, alone: bool) -> str:
    """The statement as it is read, of a programme that is the tenant's only one or not."""
    return rows.replace(OURS, "") if alone else rows


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
    rows = read(ROWS[kind], has_one_programme(session))
    query = text(
        f"select * from ({rows}) r where participant_id = :participant and kind = :kind"  # noqa: S608
        " order by booked_at, member_id, id limit :most"
    )
    asked = given(session, programme, span) | {"participant": participant_id, "kind": kind, "most": most}
    return [dict(row._mapping) for row in session.execute(query, asked)]


def given(session: Session, programme: Programme, span: Span) -> dict[str, Any]:
    """What the statements are asked with."""
    return {
        "tenant": tenant_of(session),
        "programme": programme.id,
        "month": span.month,
        "begun": span.begun,
        "over": span.over,
    }
