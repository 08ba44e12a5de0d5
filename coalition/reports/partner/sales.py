"""Operations at a company's own places, and the members whom it has met there."""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from coalition.reports.lists.base import Money, Points, Value
from coalition.reports.of_partner import seen_as
from coalition.reports.partner.base import Column, Company, Report, Span, asked_of, rows_of
from tenants.branding.words import Words
from tenants.runtime.language import translate
from tenants.translations import N_

_OPERATIONS = """
select * from (
select 'sale' as what, p.member_id, p.id, p.occurred_at, p.booked_at, p.partner_id, p.amount,
    coalesce((select sum(p.reason[i]) from generate_series(3, cardinality(p.reason), 5) i
        where p.reason[i - 2] = any(:versions)), 0)::bigint as points,
    (select r.document ->> 'outlet' from receipt r
        where r.tenant_id = :tenant and r.member_id = p.member_id and r.purchase_id = p.id) as outlet
from purchase p
where p.tenant_id = :tenant and p.partner_id = any(:partners) and p.id >= :from and p.id < :until
union all
select 'return', b.member_id, b.id, b.occurred_at, b.booked_at, b.partner_id, -b.amount, null, b.receipt ->> 'outlet'
from purchase_return b
where b.tenant_id = :tenant and b.partner_id = any(:partners) and b.booked_at >= :begun and b.booked_at < :over
    and b.state = 'applied' and b.same_as is null and b.same_order is null
) t
left join lateral (select h.number from hand_operation h
    where h.tenant_id = :tenant and h.member_id = t.member_id and h.cause_id = t.id limit 1) h on true
order by t.booked_at, t.id limit :most"""
_MEMBERS = """
select member_id, count(sold_at) as sales, sum(amount)::bigint as minor, max(sold_at) as last_at from (
select p.member_id, p.amount, p.occurred_at as sold_at
from purchase p
where p.tenant_id = :tenant and p.partner_id = any(:partners) and p.id >= :from and p.id < :until
union all
select b.member_id, -b.amount, null
from purchase_return b
where b.tenant_id = :tenant and b.partner_id = any(:partners) and b.booked_at >= :begun and b.booked_at < :over
    and b.state = 'applied' and b.same_as is null and b.same_order is null
) t group by member_id order by max(sold_at) desc nulls last, member_id limit :most"""
KINDS = {"sale": N_("Sale"), "return": N_("Return")}


def _operations(session: Session, company: Company, span: Span, w: Words) -> Iterator[Sequence[Value]]:
    rows = rows_of(session, _OPERATIONS, asked_of(session, company, span))
    names = seen_as(session, company.owner.id, {row.member_id for row in rows})
    kinds = {code: translate(w.lang, said) for code, said in KINDS.items()}
    for row in rows:
        yield (
            row.occurred_at,
            row.booked_at,
            kinds[row.what],
            company.partner(row.partner_id, w.lang),
            company.outlet(row.outlet, w.lang),
            names[row.member_id],
            row.number or "",
            Money(row.amount),
            None if row.points is None else Points(row.points),
        )


def _members(session: Session, company: Company, span: Span, w: Words) -> Iterator[Sequence[Value]]:
    rows = rows_of(session, _MEMBERS, asked_of(session, company, span))
    names = seen_as(session, company.owner.id, {row.member_id for row in rows})
    for row in rows:
        yield names[row.member_id], row.sales, Money(row.minor), row.last_at and w.day_of(row.last_at)


OPERATIONS = Report(
    "operations",
    N_("Sales and returns"),
    N_(
        "Every sale at your places and everything that was brought back, by the day on which the programme learned "
        "of it; points of promotions that you alone pay for, what returns took not taken off"
    ),
    (
        Column(N_("When")),
        Column(N_("Booked")),
        Column(N_("What")),
        Column(N_("Partner")),
        Column(N_("Outlet")),
        Column(N_("Member")),
        Column(N_("By hand, No.")),
        Column(N_("Sum"), total=True),
        Column(N_("Points before returns"), total=True),
    ),
    _operations,
)
MEMBERS = Report(
    "members",
    N_("Members met"),
    N_(
        "Under the names that only your company sees: how often each bought, for how much less what was brought back "
        "in the period, and when last"
    ),
    (
        Column(N_("Member")),
        Column(N_("Sales"), total=True),
        Column(N_("Sum less returns"), total=True),
        Column(N_("Last purchase")),
    ),
    _members,
)
