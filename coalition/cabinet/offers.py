"""Offers that are live for this member, and the partners of the programme."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flask import redirect, request, url_for
from flask_babel import gettext as _

from coalition.cabinet import reasons
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.reach import Reach, reach_of
from coalition.cabinet.views import Offer
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.partners.queries import all_partners
from coalition.promotions import wording
from coalition.promotions.case import NOBODY
from coalition.promotions.conditions.opt_in import OptIn
from coalition.promotions.document import Document, Kind
from coalition.promotions.favourite import attribute_of, choose_category
from coalition.promotions.index import FAR, Rule, microseconds
from coalition.promotions.mechanics.category_of_month import CategoryOfMonth
from coalition.promotions.opt_in import accept_promotion
from coalition.promotions.periods import Span
from coalition.promotions.profiles import known_of
from coalition.promotions.queries import index_of, versions_by_id
from coalition.promotions.wording_gives import words_for
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.errors import Conflict
from tenants.translations import N_

_MOST = 100  # cards on one page
CATEGORIES = {
    "apparel": N_("Clothes"),
    "auto": N_("Cars"),
    "beauty": N_("Beauty"),
    "books": N_("Books"),
    "cafe": N_("Cafés and restaurants"),
    "children": N_("For children"),
    "education": N_("Education"),
    "electronics": N_("Electronics"),
    "entertainment": N_("Entertainment"),
    "flowers": N_("Flowers"),
    "fuel": N_("Fuel"),
    "groceries": N_("Groceries"),
    "health": N_("Health"),
    "home": N_("Home and garden"),
    "office": N_("Office"),
    "online": N_("Online"),
    "pharmacy": N_("Pharmacies"),
    "services": N_("Services"),
    "sport": N_("Sport"),
    "supermarkets": N_("Supermarkets"),
    "transport": N_("Transport"),
    "travel": N_("Travel"),
    "welcome": N_("Welcome"),
}
OCCASIONS = {"referral": N_("Friends"), "exchange": N_("Exchange"), "prize": N_("Draws")}
PER_SPAN = {
    Span.DAY: N_("Up to %(most)s a day"),
    Span.WEEK: N_("Up to %(most)s a week"),
    Span.MONTH: N_("Up to %(most)s a month"),
    Span.YEAR: N_("Up to %(most)s a year"),
    Span.EVER: N_("Up to %(most)s in all"),
}
KINDS = {Kind.SERVICE: N_("Services"), Kind.TRANSFER_OWN: N_("Transfers")}


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
    return visit.page("offers.html", here="offers", offers=live_offers(visit))


@cabinet.get("/partners")
@members_only
def partners(visit: Visit) -> Answer:
    """Where points are given."""
    index = index_of(visit.session, visit.programme)
    at = clock.now()
    first = {
        partner: next((rule for rule in rules if _live(rule, at, visit)), None)
        for partner, rules in index.by_partner.items()
    }
    documents = versions_by_id(visit.session, [rule.version for rule in first.values() if rule])
    groups: dict[str, list[PartnerLine]] = {}
    for partner in all_partners(visit.session):
        rule = first.get(partner.id)
        rate = reasons.rate_of(documents[rule.version], visit.w) if rule else ""
        line = PartnerLine(partner.icon, visit.said(partner.name), visit.said(partner.about), rate)
        groups.setdefault(partner.category, []).append(line)
    shown = [PartnerGroup(category_name(code), lines) for code, lines in groups.items()]
    return visit.page("partners.html", here="offers", groups=shown)


def live_offers(visit: Visit) -> list[Offer]:
    """The offers that this member can use now, and after them those that she has had for good."""
    at = clock.now()
    index = index_of(visit.session, visit.programme)
    rules = [rule for rule in index.rules.values() if _live(rule, at, visit)][:_MOST]
    documents = versions_by_id(visit.session, [rule.version for rule in rules])
    codes = {number: code for code, number in index.setting.promotions.items()}
    known = known_of(visit.session, index, [visit.member_id]).get(visit.member_id, ())
    profile = known[-1].profile if known else NOBODY
    reach = reach_of(visit, index)
    cards, had = [], []
    for rule in rules:
        document = documents[rule.version]
        card, stands = _card(document, rule, visit.w), reach(rule, document)
        if stands is not Reach.OPEN:
            had += [replace(card, had=True)] if stands is Reach.HAD else []
            continue
        if any(isinstance(condition, OptIn) for condition in document.where):
            card = replace(card, code=codes[rule.promotion], accepted=rule.promotion in profile.accepted)
        if isinstance(document.mechanic, CategoryOfMonth):
            chosen = profile.attributes.get(attribute_of(visit.w.today), "")
            choices = [(code, category_name(code)) for code in document.mechanic.categories]
            card = replace(card, choices=choices, chosen=category_name(chosen) if chosen else "")
        cards.append(card)
    return cards + had


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


def _live(rule: Rule, at: datetime, visit: Visit) -> bool:
    return rule.offered(microseconds(at), visit.member.segments, visit.member_id)


def _card(document: Document, rule: Rule, w: Words) -> Offer:
    rate = reasons.rate_of(document, w)
    return Offer(
        icon=document.icon,
        category=_category(document),
        rate=rate[:1].upper() + rate[1:],
        title=wording.title(document, w),
        terms=". ".join(_terms(document, rule, w)),
    )


def _category(document: Document) -> str:
    """What the offer is for; one with no category may still be for operations that are no purchases."""
    kinds = document.conditions.kinds
    if not document.category and document.trigger.kind in OCCASIONS:
        return _(OCCASIONS[document.trigger.kind])
    if not document.category and len(kinds) == 1 and kinds[0] in KINDS:
        return _(KINDS[kinds[0]])
    return category_name(document.category)


def _terms(document: Document, rule: Rule, w: Words) -> list[str]:
    """For what, how often, up to how much and until when; that there is no limit only where there is none."""
    conditions = document.conditions
    found = []
    if conditions.amount_from is not None:
        least = w.money_written(conditions.amount_from)
        found.append(_("For purchases from %(money)s", money=least))
    if document.once:
        found.append(_("Once, for the first purchase"))
    found += [clause[:1].upper() + clause[1:] for clause in wording.clauses(document, w)]
    found += _limits(document, words_for(document, w))
    if rule.ends < FAR:
        last = datetime.fromtimestamp(rule.ends // 1_000_000 - 1, UTC)
        found.append(_("Until %(day)s", day=w.day(w.day_of(last))))
    return found or [_("No limit and no last day")]


def _limits(document: Document, w: Words) -> list[str]:
    """Up to how much for a purchase, in each period, with the others of its lane, and for all members together."""
    limits, lane = document.limits, document.lane
    found = []
    if limits.per_purchase is not None:
        found.append(_("Up to %(most)s for one purchase", most=w.amount_written(limits.per_purchase)))
    found += [_(PER_SPAN[span], most=w.amount_written(most)) for span, most in limits.by_span()]
    if lane is not None and lane.percent is not None:
        most = w.percent(int(lane.percent * 100))
        found.append(_("Together with similar offers up to %(most)s of a purchase", most=most))
    if limits.has_budget:
        found.append(_("While its budget lasts"))
    return found


def category_name(code: str) -> str:
    """A category in the reader's language; a code that nobody translated stands for itself."""
    if code in CATEGORIES:
        return _(CATEGORIES[code])
    return code[:1].upper() + code[1:].replace("_", " ") if code else _("For everything")
