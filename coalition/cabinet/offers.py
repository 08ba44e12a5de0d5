"""Offers that are live for this member, and the partners of the programme."""

from contextlib import suppress
from dataclasses import dataclass

from flask import redirect, request, url_for

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.partners.queries import all_partners
from coalition.promotions.favourite import choose_category
from coalition.promotions.opt_in import accept_promotion
from coalition.promotions.queries import index_of, versions_by_id
from coalition.promotions.wording_rates import rate_of
from coalition.reports.offers import Offer, category_name, is_live, live_offers
from tenants.runtime import clock
from tenants.runtime.errors import Conflict


@dataclass(frozen=True)
class PartnerLine:
    """A partner in the showcase."""

    icon: str
    name: str
    about: str
    rate: str


@dataclass(frozen=True)
class PartnerGroup:
    """Partners of one category."""

    title: str
    partners: list[PartnerLine]


@cabinet.get("/offers")
@members_only
def offers(visit: Visit) -> Answer:
    """Every live offer."""
    return visit.page("offers.html", here="offers", offers=offers_of(visit))


@cabinet.get("/partners")
@members_only
def partners(visit: Visit) -> Answer:
    """Where points are given."""
    index = index_of(visit.session, visit.programme)
    at = clock.now()
    first = {
        partner: next((rule for rule in rules if is_live(rule, at, visit.member)), None)
        for partner, rules in index.by_partner.items()
    }
    documents = versions_by_id(visit.session, [rule.version for rule in first.values() if rule])
    groups: dict[str, list[PartnerLine]] = {}
    for partner in all_partners(visit.session):
        if partner.closed_at is not None:
            continue
        rule = first.get(partner.id)
        rate = rate_of(documents[rule.version], visit.w) if rule else ""
        line = PartnerLine(partner.icon, visit.said(partner.name), visit.said(partner.about), rate)
        groups.setdefault(partner.category, []).append(line)
    shown = [PartnerGroup(category_name(code, visit.w.lang), lines) for code, lines in groups.items()]
    return visit.page("partners.html", here="offers", groups=shown)


@cabinet.post("/offers/category")
@members_only
def choose(visit: Visit) -> Answer:
    """Choose the category of the month; what is chosen already stands, and the page shows it."""
    category = request.form.get("category", "")[:64]
    with suppress(Conflict):
        choose_category(visit.session, visit.actor, member_id=visit.member_id, category=category)
    return redirect(url_for("cabinet.offers"), 303)


@cabinet.post("/offers/<code>/accept")
@members_only
def accept_offer(visit: Visit, code: str) -> Answer:
    """Take part in an offer from now on."""
    accept_promotion(visit.session, visit.actor, member_id=visit.member_id, code=code)
    return redirect(url_for("cabinet.offers"), 303)


def offers_of(visit: Visit) -> list[Offer]:
    """The offers that this member can use now, and after them those that she has had for good."""
    return live_offers(visit.session, visit.programme, visit.member, visit.w)
