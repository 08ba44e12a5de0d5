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
# A card becomes active once: that it was blocked and let go again is none. By hand it was where somebody entered it for
# the company, wherever she works now.
_FIRST = """not exists (select from card_event f where f.tenant_id = :tenant and f.member_id = e.member_id
    and f.card_id = e.card_id and f.state = 'active' and (f.at, f.id) < (e.at, e.id))"""
_CARDS = f"""
select * from (
select e.member_id, e.id, e.at, split_part(e.by, ' ', 2) as client_id, null::int as outlet_id
from card_event e
where e.tenant_id = :tenant and e.by = any(:tills) and e.state = 'active' and e.at >= :begun and e.at < :over
    and {_FIRST}
union all
select e.member_id, e.id, e.at, null, h.outlet_id
from (select distinct on (h.member_id, h.cause_id) h.member_id, h.cause_id, h.outlet_id, h.staff_id
    from hand_operation h
    where h.tenant_id = :tenant and h.participant_id = :owner and h.what = 'card' and h.at >= :begun
    order by h.member_id, h.cause_id, h.at) h
join card_event e on e.tenant_id = :tenant and e.member_id = h.member_id and e.card_id = h.cause_id
where e.by = 'staff ' || h.staff_id and e.state = 'active' and e.at >= :begun and e.at < :over and {_FIRST}
) t order by t.at, t.id limit :most"""  # noqa: S608  our own texts
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
        taken = row.what == "taken"
        yield (
            row.at,
            translate(w.lang, WHAT[row.what]),
            translate(w.lang, KINDS[BenefitKind(row.kind)]),
            str(row.name.get(w.lang) or next(iter(row.name.values()), "")),
            names[row.member_id],
            company.outlet_of(company.clients.get(row.client_id or ""), w.lang),
            None if row.points is None else Points(row.points),
            *_apart(taken, None if row.minor is None else Money(row.minor)),
            *_apart(taken, None if row.pieces is None else int(row.pieces)),
        )


def _apart(taken: bool, value: Value) -> tuple[Value, Value]:
    """What was taken and what was used stand in columns of their own: added up they would be counted twice."""
    return (value, None) if taken else (None, value)


def _cards(session: Session, company: Company, span: Span, w: Words) -> Iterator[Sequence[Value]]:
    tills = sorted(f"client {one}" for one in company.clients)
    rows = rows_of(session, _CARDS, asked_of(session, company, span) | {"tills": tills})
    names = seen_as(session, company.owner.id, {row.member_id for row in rows})
    by_hand, till = translate(w.lang, "By hand"), translate(w.lang, "At a till")
    for row in rows:
        hand = row.client_id is None
        yield (
            row.at,
            company.outlet_of(row.outlet_id if hand else company.clients.get(row.client_id), w.lang),
            by_hand if hand else till,
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
        Column(N_("Sum taken"), total=True),
        Column(N_("Sum used"), total=True),
        Column(N_("Pieces taken"), total=True),
        Column(N_("Pieces used"), total=True),
    ),
    _certificates,
)
CARDS = Report(
    "cards",
    N_("Cards activated"),
    N_("Loyalty cards that became active at your tills, or by your people's hand; each once"),
    (
        Column(N_("When")),
        Column(N_("Outlet")),
        Column(N_("How")),
        Column(N_("Member")),
        Column(N_("Cards"), total=True),
    ),
    _cards,
)
