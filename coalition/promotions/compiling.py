"""From documents to the rules of an index. Pure."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

from coalition.members.codes import canonical
from coalition.promotions.case import EVER, Case, Failed, Linear, Setting, Special, Worth, moment_of, slot_of
from coalition.promotions.categories import sellers_of
from coalition.promotions.document import Document, Kind
from coalition.promotions.document import Lane as Written
from coalition.promotions.explain import CONTROL
from coalition.promotions.frequency import enough
from coalition.promotions.gives import GivesBenefit, Giving
from coalition.promotions.index import (
    FAR,
    SEATS,
    Codes,
    Index,
    Lane,
    Limit,
    Published,
    Rule,
    microseconds,
)
from coalition.promotions.kinds import OCCASION, OperationKind
from coalition.promotions.mechanics.both_sides import BothSides
from coalition.promotions.periods import Span
from coalition.promotions.sharing import Shared
from coalition.promotions.tiers import TierHistory, TierTerms
from coalition.promotions.triggers.occasion import OccasionTrigger
from coalition.promotions.triggers.promo_code import PromoCode
from coalition.promotions.triggers.tier_reached import TierReached

NO_DEPOSITS: Mapping[int, tuple[int, int]] = {}


def compile_index(
    published: Iterable[Published],
    *,
    number: int,
    setting: Setting,
    codes: Codes,
    delay_days: int,
    tiers: TierTerms | TierHistory | None = None,
    deposits: Mapping[int, tuple[int, int]] = NO_DEPOSITS,
    like: Index | None = None,
) -> Index:
    """Compile versions; a code that the tenant does not have was refused at publication.

    From `like`, the programme's index of before, the rules are taken over that would be made the same way again.
    """
    if tiers is not None:
        setting = setting._replace(tiers=tiers.numbers())
    levels = tiers.compile(setting) if tiers else None
    if levels is not None:
        setting = setting._replace(climb=levels.climb)
    made_of = (setting.units, setting.exchange, delay_days, deposits, codes.numbers)
    index = Index(number, setting, levels, deposits=deposits, made_of=made_of)
    # Clocks differ: what is booked by this index is booked after every change of terms that is in it.
    changed = [setting.holidays.newest, *(moment_of(since) for _, since in deposits.values())]
    if isinstance(tiers, TierHistory):
        changed.append(tiers.newest)
    index.published_at = max([index.published_at, *changed])
    spans: set[Span] = set()
    like = like if like is not None and like.made_of == made_of else None
    shared = Shared(codes, delay_days, deposits, like.pools if like else ())
    with _uncollected():
        for item in published:
            rule = (_taken_over(item, like) if like else None) or _rule(item, setting, shared)
            index.rules[rule.version], index.documents[rule.version] = rule, item.document
            if item.published_at > index.published_at:
                index.published_at = item.published_at
            for limit in rule.limits:
                spans.add(limit.span)
            if rule.linear is None:
                _note_special(index, rule, item.document)
                spans.update(item.document.looks_back())
            if rule.trigger is not None:
                index.by_occasion.setdefault(rule.trigger.kind, []).append(rule)
                continue
            index.audience |= rule.segments
            _place(index, rule)
    index.pools = list(shared.pools)
    index.spans = frozenset(spans)
    index.occasional = frozenset(rule.promotion for rules in index.by_occasion.values() for rule in rules)
    index.purses = frozenset(rule.promotion for rule in index.rules.values() if rule.budget) | {
        draw.purse for rule in index.rules.values() for draw in rule.deposits
    }
    index.purses |= {rule.seats for rule in index.rules.values() if rule.seats}
    index.conditional = any(pool.condition for pool in index.pools)
    return index


def _taken_over(item: Published, like: Index) -> Rule | None:
    """The version's rule of before, where it is linear: such a one knows nothing but its document and `made_of`."""
    rule = like.rules.get(item.version)
    if rule is None or rule.linear is None or like.documents[item.version] is not item.document:
        return None
    return rule if _times(item) == (rule.starts, rule.ends, rule.published) else None


def _times(item: Published) -> tuple[int, int, int]:
    """When it starts and ends, and since when it is known."""
    ends = microseconds(item.ends_at) if item.ends_at else FAR
    return microseconds(item.starts_at), ends, microseconds(item.published_at)


def _place(index: Index, rule: Rule) -> None:
    """Put the rule where sales that it can be for look."""
    partners, codes = rule.partners, rule.mcc if rule.partners is None else None
    if partners is None and codes is None and rule.sellers is not None:
        codes, partners = rule.sellers
    if partners is None and codes is None:
        index.general.append(rule)
    for partner in partners or ():
        index.by_partner.setdefault(partner, []).append(rule)
    for mcc in codes or ():
        index.by_mcc.setdefault(mcc, []).append(rule)


@contextmanager
def _uncollected() -> Iterator[None]:
    """All that is made here stays: the collector would walk it time and again, for a sixth of the whole."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _note_special(index: Index, rule: Rule, document: Document) -> None:
    """What the index has to know of a rule that is not linear."""
    index.personal |= document.is_personal
    index.discounts |= rule.giving is Giving.DISCOUNT
    index.benefits |= rule.giving is Giving.BENEFIT
    if isinstance(document.trigger, PromoCode):
        index.by_code.setdefault(canonical(document.trigger.code), []).append(rule)


def _rule(item: Published, setting: Setting, shared: Shared) -> Rule:
    """One version, compiled; its pools join the others."""
    document, conditions, limits = item.document, item.document.conditions, item.document.limits
    simple, codes = document.is_simple, shared.codes
    if not simple:
        setting = document.gives.setting(setting)
    # Only points move points of a payer: discounts and benefits have no pools, and draw on no deposit.
    funding = document.funding if document.gives.giving is Giving.POINTS else ()
    payers = [codes.participants[funder.participant] for funder in funding]
    drawn_on = shared.deposited(payers)
    mechanic = document.mechanic.compile(setting)
    linear = mechanic if simple and isinstance(mechanic, Linear) else None
    lane = _lane(document.lane, setting) if document.lane else None
    spans = shared.limits(limits, setting)
    seats = SEATS + item.promotion if limits.first_members is not None else 0
    bounded = bool(limits.has_budget or drawn_on or seats)
    starts, ends, known = _times(item)
    month_alone = linear and lane is None and len(spans) == 1 and spans[0].span is Span.MONTH
    rule = Rule(
        version=item.version,
        promotion=item.promotion,
        starts=starts,
        ends=ends,
        published=known,
        kinds=_kinds(conditions.kinds),
        segments=_segments(conditions.segments, codes) if conditions.segments else 0,
        amount_from=setting.minor(conditions.amount_from) if conditions.amount_from else 0,
        partners=shared.partners(conditions.partners),
        mcc=shared.mcc(conditions.mcc),
        excluded=shared.mcc(conditions.excluded_mcc),
        linear=linear,
        worth=_unasked,
        lane=lane,
        monthly=spans[0].points if month_alone and not bounded else 0,
        counted=bool(spans or bounded),
        replayed=bool(spans or bounded or linear is None),
        slot=slot_of(item.promotion),
        limit_purchase=setting.points(limits.per_purchase) if limits.per_purchase else FAR,
        limits=spans,
        budget=limits.has_budget,
        pools=shared.shares(document, item.version, payers, funding),
        deposits=drawn_on,
        seats=seats,
        waits=document.activation,
        sellers=sellers_of(conditions.categories, codes.partners.__getitem__),
    )
    if linear:
        return rule
    return _special(rule, document, setting._replace(promotion=item.promotion), codes, mechanic)


def _special(
    rule: Rule, document: Document, setting: Setting, codes: Codes, mechanic: Linear | Special
) -> Rule:
    """The rule with what only those have that look at more than the amount."""
    gives, limits = document.gives, document.limits
    times, spaced = limits.times(), limits.gap_minutes is not None
    return replace(
        rule,
        kinds=1 << OCCASION if document.is_occasional else rule.kinds,
        amount_from=rule.amount_from if gives.giving is not Giving.DISCOUNT else 0,
        worth=_worth(document, setting, mechanic),
        late=1 if document.mechanic.late else 2 if isinstance(document.trigger, TierReached) else 0,
        counted=bool(rule.counted or document.once or times or spaced),
        limits=(Limit(FAR, Span.EVER),) if document.once else rule.limits,
        times=tuple(span for span, _ in times),
        spaced=spaced,
        trigger=document.trigger if isinstance(document.trigger, OccasionTrigger) else None,
        giving=gives.giving,
        benefit=codes.benefits[gives.code] if isinstance(gives, GivesBenefit) else 0,
        per_outlet=limits.per_outlet,
        sides=document.mechanic.sides(setting) if isinstance(document.mechanic, BothSides) else None,
        test=document.test,
    )


def _segments(written: Iterable[str], codes: Codes) -> int:
    """A bit for each segment."""
    return sum(1 << codes.segments[code] for code in set(written))


@cache
def _kinds(kinds: tuple[Kind, ...]) -> int:
    """A bit for each kind of operation."""
    return sum(1 << OperationKind[kind.name] for kind in set(kinds))


def _unasked(case: Case) -> Worth | Failed:
    raise AssertionError("a linear rule is reckoned by the engine itself")


def _worth(
    document: Document, setting: Setting, mechanic: Linear | Special
) -> Callable[[Case], Worth | Failed]:
    """The long way: the test, conditions, then the trigger, which counts, then the base, then the arithmetic."""
    promotion = setting.promotion
    checks = tuple(condition.compile(setting) for condition in document.where)
    counting = document.trigger.compile(setting)
    base_of = document.base.compile(setting) if document.base else None
    once, slot, test = document.once, slot_of(promotion), document.test
    often = enough(document.limits, promotion) if document.limits.of_awards else None
    # A discount is of the prices before it, which only the case that is made for it has.
    least = 0
    if document.gives.giving is Giving.DISCOUNT and document.conditions.amount_from:
        least = setting.minor(document.conditions.amount_from)
    per_outlet = document.limits.per_outlet

    def worth(case: Case) -> Worth | Failed:
        if test is not None and test.keeps_out(case.facts.member_id):
            return Failed(CONTROL, test.name)  # first: nothing of it is counted for her
        if case.line.amount < least:
            return Failed("amount", least, case.line.amount)
        if per_outlet:
            outlet = case.receipt.outlet if case.receipt else None
            if outlet is None:
                return Failed("no_outlet")
            case.facts.outlet = outlet.number
        for check in checks:
            if (failed := check(case)) is not None:
                return failed
        if counting is not None and (failed := counting(case, promotion)) is not None:
            return failed
        if once and case.count(EVER, slot):
            return Failed("once", 1, 1)
        if often is not None and (failed := often(case)) is not None:
            return failed
        amount = base_of(case) if base_of else case.line.amount
        if isinstance(mechanic, Linear):
            flat, unit, numerator, denominator = mechanic
            return Worth(amount, flat + amount // unit * numerator // denominator)
        return mechanic(case, amount, promotion)

    return worth


def _lane(lane: Written, setting: Setting) -> Lane:
    percent = int(lane.percent * 100) if lane.percent else 0
    return Lane(lane.name, lane.combine, lane.priority, percent, setting.exchange)
