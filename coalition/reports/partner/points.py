"""Movement of points by day and outlet: what was given at a company's expense and what became of it, and what members
have paid with at its places.

The rows are those that settlement counts (`settlement.flows`), so a month of this report is the month of the act.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy.orm import Session

from coalition.reports.lists.base import Points, Value
from coalition.reports.partner.base import Column, Company, Report, Span, asked_of, rows_of
from coalition.settlement.flows import ROWS, has_one_programme, read
from tenants.branding.words import Words
from tenants.translations import N_

# Where the sale or the return behind a movement was: as its receipt has it, a return's else as the sale's has it.
_AT = """lateral (select coalesce(
        (select r.document ->> 'outlet' from receipt r
            where r.tenant_id = :tenant and r.member_id = f.member_id and r.purchase_id = {cause}),
        (select coalesce(b.receipt ->> 'outlet', (select r.document ->> 'outlet' from receipt r
                where r.tenant_id = :tenant and r.member_id = f.member_id and r.purchase_id = b.purchase_id))
            from purchase_return b
            where b.tenant_id = :tenant and b.member_id = f.member_id and b.id = {cause})) as outlet) o on true"""
_FUNDED = """
select (f.booked_at at time zone :zone)::date as day, f.kind, o.outlet, sum(f.points)::bigint as points
from ({rows}) f left join {at}
where f.participant_id = :owner group by 1, 2, 3"""
# Of what paid for a sale the cause is the redemption, which knows the sale by its key.
_ACCEPTED = """
select (f.booked_at at time zone :zone)::date as day, f.kind, o.outlet, sum(f.points)::bigint as points
from ({rows}) f
join lateral (select t.cause_id from transfer t
    where t.tenant_id = :tenant and t.member_id = f.member_id and t.id = f.id offset 0) t on true
left join lateral (select (select p.id from purchase p where p.tenant_id = :tenant and p.key = d.sale_key) as sale_id
    from redemption d
    where d.tenant_id = :tenant and d.member_id = f.member_id and d.id = t.cause_id offset 0) s on true
left join {at}
where f.participant_id = :owner group by 1, 2, 3"""
_PLACES = {
    "issued": 0, "returned": 1, "burnt_back": 1, "expired": 2,
    "accepted": 3, "certificates": 3, "accepted_back": 4, "certificates_back": 4,
}  # fmt: skip


def _movement(session: Session, company: Company, span: Span, w: Words) -> Iterator[Sequence[Value]]:
    asked = asked_of(session, company, span)
    found: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0] * 5)
    alone = has_one_programme(session)
    for statement, kind, cause in (
        (_FUNDED, "issued", "f.cause_id"),
        (_ACCEPTED, "accepted", "coalesce(s.sale_id, t.cause_id)"),
    ):
        at = _AT.format(cause=cause)
        for row in rows_of(session, statement.format(rows=read(ROWS[kind], alone), at=at), asked):
            code = row.outlet if row.outlet in company.outlets else ""
            found[row.day, company.outlet(code, w.lang), code][_PLACES[row.kind]] += row.points
    for (day, outlet, _code), sums in sorted(found.items()):
        yield day, outlet, *(Points(one) for one in sums)


MOVEMENT = Report(
    "points",
    N_("Movement of points"),
    N_("By day and outlet, as settlement counts them; what no outlet is known of stands without one"),
    (
        Column(N_("Day")),
        Column(N_("Outlet")),
        Column(N_("Given at your expense"), total=True),
        Column(N_("Taken back"), total=True),
        Column(N_("Burnt"), total=True),
        Column(N_("Spent with you"), total=True),
        Column(N_("Given back after spending"), total=True),
    ),
    _movement,
)
