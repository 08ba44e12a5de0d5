"""Offers as a member reads them: those that hold for her now, new ones first, and those that she has had for good."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from coalition.members.models import Member
from coalition.partners.queries import all_partners
from coalition.programmes.models import Programme
from coalition.promotions import wording
from coalition.promotions.case import DAY, NOBODY
from coalition.promotions.conditions.opt_in import OptIn
from coalition.promotions.document import Document, Kind
from coalition.promotions.favourite import attribute_of
from coalition.promotions.index import FAR, Rule, microseconds
from coalition.promotions.mechanics.category_of_month import CategoryOfMonth
from coalition.promotions.periods import Span
from coalition.promotions.profiles import known_of
from coalition.promotions.queries import index_of, versions_by_id
from coalition.promotions.wording_gives import words_for
from coalition.promotions.wording_rates import rate_of
from coalition.reports.reach import Reach, reach_of
from coalition.reports.switched import told_of
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.language import translate
from tenants.translations import N_

_MOST = 100  # cards on one page
NEW_DAYS = 14
"""So long after its start an offer is new to members."""
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
class Offer:
    """A promotion as a card in the showcase. One that is taken `by_consent` is for who has `accepted` it."""

    code: str
    icon: str
    category: str
    rate: str
    title: str
    terms: str
    by_consent: bool = False
    accepted: bool = False
    choices: Sequence[tuple[str, str]] = ()  # categories of the month to choose from
    chosen: str = ""
    had: bool = False  # given, and never again
    is_new: bool = False


def live_offers(session: Session, programme: Programme, member: Member, w: Words) -> list[Offer]:
    """The offers that a member can use now, the new ones first, and after them those that she has had for good."""
    at = clock.now()
    index = index_of(session, programme)
    began = _beginnings(index.rules.values())
    since = microseconds(at) - NEW_DAYS * DAY
    live = [rule for rule in index.rules.values() if is_live(rule, at, member)]
    newest = sorted(
        (rule for rule in live if began[rule.version] > since), key=lambda rule: -began[rule.version]
    )
    new = {rule.version for rule in newest}
    rules = [*newest, *(rule for rule in live if rule.version not in new)][:_MOST]
    documents = versions_by_id(session, [rule.version for rule in rules])
    codes = {number: code for code, number in index.setting.promotions.items()}
    known = known_of(session, index, [member.id]).get(member.id, ())
    profile = known[-1].profile if known else NOBODY
    reach = reach_of(session, index, member.id)
    places = {row.code: row.name.get(w.lang) or row.code for row in all_partners(session)}
    cards, had, told = [], [], told_of(session)
    for rule in rules:
        document = documents[rule.version]
        if not told(document):
            continue
        card, stands = _card(document, rule, codes[rule.promotion], places, w), reach(rule, document)
        card = replace(card, is_new=rule.version in new)
        if stands is not Reach.OPEN:
            had += [replace(card, had=True)] if stands is Reach.HAD else []
            continue
        if any(isinstance(condition, OptIn) for condition in document.where):
            card = replace(card, by_consent=True, accepted=rule.promotion in profile.accepted)
        if isinstance(document.mechanic, CategoryOfMonth):
            chosen = profile.attributes.get(attribute_of(w.today), "")
            choices = [(code, category_name(code, w.lang)) for code in document.mechanic.categories]
            card = replace(card, choices=choices, chosen=category_name(chosen, w.lang) if chosen else "")
        cards.append(card)
    return cards + had


def is_live(rule: Rule, at: datetime, member: Member) -> bool:
    """Whether a rule holds for a member at a moment."""
    return rule.offered(microseconds(at), member.segments, member.id)


def _beginnings(rules: Iterable[Rule]) -> dict[int, int]:
    """Since when members know what each version offers: other terms of an offer that went on are no new offer."""
    known, last = dict[int, int](), defaultdict[int, list[Rule]](list)
    for rule in sorted(rules, key=lambda rule: rule.starts):
        before = [
            known[one.version]
            for one in last[rule.promotion]
            if one.ends > one.starts and one.ends >= rule.starts - NEW_DAYS * DAY
        ]
        known[rule.version] = min([rule.starts, *before])
        last[rule.promotion].append(rule)
    return known


def _card(document: Document, rule: Rule, code: str, places: Mapping[str, str], w: Words) -> Offer:
    rate = rate_of(document, w)
    return Offer(
        code=code,
        icon=document.icon,
        category=section_of(document, w.lang),
        rate=rate[:1].upper() + rate[1:],
        title=wording.title(document, w),
        terms=". ".join([*_places(document, places, w), *_terms(document, rule, w)]),
    )


def section_of(document: Document, lang: str) -> str:
    """In which section its card stands, by what it is for; one with no category may be for no purchases at all."""
    kinds = document.conditions.kinds
    if not document.category and document.trigger.kind in OCCASIONS:
        return translate(lang, OCCASIONS[document.trigger.kind])
    if not document.category and len(kinds) == 1 and kinds[0] in KINDS:
        return translate(lang, KINDS[kinds[0]])
    if not document.category and document.conditions.categories:
        return ", ".join(one.called(lang) for one in document.conditions.categories)
    if not document.category and document.conditions.partners:
        return translate(lang, "At certain partners")
    if not document.category and (
        document.conditions.mcc or (document.base is not None and document.base.goods)
    ):
        return translate(lang, "For certain goods")
    return category_name(document.category, lang)


def _places(document: Document, places: Mapping[str, str], w: Words) -> list[str]:
    """Where it holds, when that is not everywhere."""
    named = [places.get(code, code) for code in document.conditions.partners]
    return [translate(w.lang, "Only at %(partners)s", partners=", ".join(named))] if named else []


def _terms(document: Document, rule: Rule, w: Words) -> list[str]:
    """For what, how often, up to how much and until when; that there is no limit only where there is none."""
    conditions, lang = document.conditions, w.lang
    found = []
    if conditions.amount_from is not None:
        least = w.money_written(conditions.amount_from)
        found.append(translate(lang, "For purchases from %(money)s", money=least))
    if document.once:
        found.append(translate(lang, "Once, for the first purchase"))
    found += [clause[:1].upper() + clause[1:] for clause in wording.clauses(document, w)]
    found += _limits(document, words_for(document, w))
    if rule.ends < FAR:
        last = datetime.fromtimestamp(rule.ends // 1_000_000 - 1, UTC)
        found.append(translate(lang, "Until %(day)s", day=w.day(w.day_of(last))))
    return found or [translate(lang, "No limit and no last day")]


def _limits(document: Document, w: Words) -> list[str]:
    """Up to how much for a purchase, in each period, with the others of its lane, and for all members together."""
    limits, lane, lang = document.limits, document.lane, w.lang
    found = []
    if limits.per_purchase is not None:
        most = w.amount_written(limits.per_purchase)
        found.append(translate(lang, "Up to %(most)s for one purchase", most=most))
    found += [translate(lang, PER_SPAN[span], most=w.amount_written(most)) for span, most in limits.by_span()]
    if lane is not None and lane.percent is not None:
        most = w.percent(int(lane.percent * 100))
        found.append(translate(lang, "Together with similar offers up to %(most)s of a purchase", most=most))
    if limits.has_budget:
        found.append(translate(lang, "While its budget lasts"))
    return found


def category_name(code: str, lang: str) -> str:
    """A category in the reader's language; a code that nobody translated stands for itself."""
    if code in CATEGORIES:
        return translate(lang, CATEGORIES[code])
    return code[:1].upper() + code[1:].replace("_", " ") if code else translate(lang, "For everything")
