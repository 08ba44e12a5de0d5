"""What months count of returns: money that left a participant's turnover, as far as it is known when it is counted.

Which sale a return belongs to can become known, or change, at any time after it was booked. So what was counted of it
is kept, and counting adds what is known now less that: the returns of a day once it is over, and later those that moved
(`coalition.transactions.moved`) since they were counted. Counting anything again adds nothing.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.ledger.models import Purpose
from coalition.programmes.models import Programme
from coalition.settlement.flows import OURS, Span, given, read

# Awards begin with the moment of their sale, as it does itself; its other 80 bits say nothing of order.
_GIVEN_FOR = f"""exists (select from transfer a where a.tenant_id = :tenant and a.member_id = s.member_id
        and a.id >= (left(s.purchase_id::text, 13) || '-0000-0000-000000000000')::uuid
        and a.id <= (left(s.purchase_id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid
        and a.cause_id = s.purchase_id and a.purpose = {Purpose.AWARD:d} and a.funder_id = s.participant_id)"""
_COUNT = f"""
    insert into settled_return (tenant_id, member_id, return_id, number, programme_id, month, participant_id, turnover,
        awarded)
    select :tenant, n.member_id, n.id, k.number + 1, :programme, n.month, n.participant_id, n.turnover - k.turnover,
        n.awarded - k.awarded
    from (
        select s.participant_id, s.member_id, s.id, s.month, case when s.for_order then 0 else s.back end as turnover,
            case when {_GIVEN_FOR} then s.back else 0 end as awarded
        from (
            select p.participant_id, t.member_id, t.id, t.purchase_id,
                greatest(:month, date_trunc('month', t.booked_at at time zone :zone)::date) as month,
                case when t.state = 'same' then 0 else -t.amount end as back, t.same_order is not null as for_order
            from {{returns}}
            join partner p on p.tenant_id = t.tenant_id and p.id = t.partner_id
            join unnest(cast(:numbers as int[]), cast(:since as timestamptz[])) f (number, since)
                on f.number = p.participant_id and t.booked_at >= f.since
        ) s
    ) n
    join lateral (
        select coalesce(max(number), 0) as number, coalesce(sum(turnover), 0)::bigint as turnover,
            coalesce(sum(awarded), 0)::bigint as awarded
        from settled_return where tenant_id = :tenant and member_id = n.member_id and return_id = n.id
    ) k on true
    where n.turnover <> k.turnover or n.awarded <> k.awarded"""  # noqa: S608  our own texts
_BOOKED = _COUNT.format(
    returns=f"""(select t.* from purchase_return t {OURS}
                where t.tenant_id = :tenant and t.booked_at >= :begun and t.booked_at < :over) t"""  # noqa: S608
)
# One statement, so that it forgets exactly the moves after which it reads the returns.
_MOVED = f"""
    with moved as (
        delete from moved_return d using member m
        where d.tenant_id = :tenant and m.tenant_id = d.tenant_id and m.id = d.member_id
            and m.programme_id = :programme
        returning d.member_id, d.return_id
    )
    {_COUNT}""".format(  # noqa: S608
    returns="""(select distinct member_id, return_id from moved) d
            join lateral (select t.* from purchase_return t
                where t.tenant_id = :tenant and t.member_id = d.member_id and t.id = d.return_id offset 0) t on true"""
)

Since = Mapping[int, datetime]
"""From when on each participant settles."""


def count_booked(session: Session, programme: Programme, span: Span, since: Since, alone: bool) -> None:
    """Count the returns that were booked in the span; `alone` says that the tenant has no other programme."""
    _execute(session, programme, span, since, read(_BOOKED, alone))


def count_moved(session: Session, programme: Programme, span: Span, since: Since) -> None:
    """Count those that moved: in the month that is open, the span's, or in that of their booking where it is later."""
    _execute(session, programme, span, since, _MOVED)


def _execute(session: Session, programme: Programme, span: Span, since: Since, statement: str) -> None:
    told = {"zone": programme.zone, "numbers": list(since), "since": list(since.values())}
    session.execute(text(statement), given(session, programme, span) | told)
