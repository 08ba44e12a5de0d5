"""Certificates, coupons and privileges of members with a company, and cards that became active at its places."""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from coalition.benefits.models import BenefitKind
from coalition.reports.lists.base import Money, Points, Value
from coalition.reports.of_partner import seen_as
from coalition.reports.partner.base import Column, Company, Report, Span, asked_of, rows_of
from tenants.branding.words import Words
from tenants.runtime.language import translate
from tenants.translations import N_

_CERTIFICATES = """
select * from (
select 'taken' as what, w.kind, d.member_id, d.id, d.made_at as at, w.name, d.points, d.minor, 1::bigint as pieces,
    null as client_id
from redemption d join reward w on w.tenant_id = d.tenant_id and w.id = d.reward_id
where d.tenant_id = :tenant and d.id >= :from and d.id < :until and w.participant_id = :owner
    and w.kind = 'certificate' and d.state = 'done'
union all
select case when u.quantity > 0 then 'used' else 'back' end, b.kind, u.member_id, u.id, u.at, b.name, null,
    case when b.kind = 'certificate' then u.quantity end, case when b.kind <> 'certificate' then u.quantity end,
    u.client_id
from benefit_use u
join benefit_grant g on g.tenant_id = u.tenant_id and g.member_id = u.member_id and g.id = u.grant_id
join benefit b on b.tenant_id = g.tenant_id and b.id = g.benefit_id
where u.tenant_id = :tenant and u.client_id = any(:clients) and u.at >= :begun and u.at < :over
) t order by t.at, t.id limit :most"""
_CARDS = """
select e.member_id, e.id, e.at, e.by, (select h.outlet_id from hand_operation h
        where h.tenant_id = :tenant and h.member_id = e.member_id and h.cause_id = e.card_id limit 1) as outlet_id
from card_event e
where e.tenant_id = :tenant and e.by = any(:actors) and e.state = 'active' and e.at >= :begun and e.at < :over
order by e.at, e.id limit :most"""
WHAT = {
    "taken": N_("Taken for points"),
    "used": N_("Used at your till"),
    "back": N_("Given back after it was used"),
}
KINDS = {
    BenefitKind.CERTIFICATE: N_("Certificate"),
    BenefitKind.COUPON: N_("Coupon"),
    BenefitKind.PRIVILEGE: N_("Privilege"),
    BenefitKind.UNITS: N_("Game units"),
    BenefitKind.TICKET: N_("Ticket"),
}


def _certificates(session: Session, company: Company, span: Span, w: Words) -> Iterator[Sequence[Value]]:
    asked = asked_of(session, company, span) | {"clients": sorted(company.clients)}
    rows = rows_of(session, _CERTIFICATES, asked)
    names = seen_as(session, company.owner.id, {row.member_id for row in rows})
    for row in rows:
        yield (
            row.at,
            translate(w.lang, WHAT[row.what]),
            translate(w.lang, KINDS[BenefitKind(row.kind)]),
            str(row.name.get(w.lang) or next(iter(row.name.values()), "")),
            names[row.member_id],
            company.outlet_of(company.clients.get(row.client_id or ""), w.lang),
            None if row.points is None else Points(row.points),
            None if row.minor is None else Money(row.minor),
            None if row.pieces is None else int(row.pieces),
        )


def _cards(session: Session, company: Company, span: Span, w: Words) -> Iterator[Sequence[Value]]:
    actors = [*(f"client {one}" for one in company.clients), *(f"staff {one}" for one in company.people)]
    rows = rows_of(session, _CARDS, asked_of(session, company, span) | {"actors": sorted(actors)})
    names = seen_as(session, company.owner.id, {row.member_id for row in rows})
    by_hand, till = translate(w.lang, "By hand"), translate(w.lang, "At a till")
    for row in rows:
        kind, _, which = row.by.partition(" ")
        outlet = row.outlet_id if kind == "staff" else company.clients.get(which)
        yield (
            row.at,
            company.outlet_of(outlet, w.lang),
            by_hand if kind == "staff" else till,
            names[row.member_id],
            1,
        )


CERTIFICATES = Report(
    "certificates",
    N_("Certificates, coupons and privileges"),
    N_(
        "Certificates of yours that members took for points, and what was used by its code at your tills; uses of "
        "before the programme kept whose till it was are not here"
    ),
    (
        Column(N_("When")),
        Column(N_("What")),
        Column(N_("Kind")),
        Column(N_("Name")),
        Column(N_("Member")),
        Column(N_("Outlet")),
        Column(N_("Points"), total=True),
        Column(N_("Sum"), total=True),
        Column(N_("Pieces"), total=True),
    ),
    _certificates,
)
CARDS = Report(
    "cards",
    N_("Cards activated"),
    N_("Loyalty cards that became active at your tills, or by your people's hand"),
    (
        Column(N_("When")),
        Column(N_("Outlet")),
        Column(N_("How")),
        Column(N_("Member")),
        Column(N_("Cards"), total=True),
    ),
    _cards,
)
