"""From documents to the rules of an index. Pure."""

from collections.abc import Callable, Iterable

from coalition.promotions.case import EVER, Case, Failed, Linear, Setting, Special, Worth, slot_of
from coalition.promotions.document import Document
from coalition.promotions.explain import CONTROL
from coalition.promotions.frequency import enough
from coalition.promotions.index import FAR, Codes, Index, Lane, Limit, Pool, Published, Rule, microseconds
from coalition.promotions.kinds import OCCASION, OperationKind
from coalition.promotions.periods import Span
from coalition.promotions.tiers import TierHistory, TierTerms
from coalition.promotions.triggers.occasion import OccasionTrigger


def compile_index(
    published: Iterable[Published],
    *,
    number: int,
    setting: Setting,
    codes: Codes,
    delay_days: int,
    tiers: TierTerms | TierHistory | None = None,
) -> Index:
    """Compile versions; a code that the tenant does not have was refused at publication."""
    if tiers is not None:
        setting = setting._replace(tiers=tiers.numbers())
    index = Index(number, setting, tiers.compile(setting) if tiers else None)
    index.published_at = max(index.published_at, setting.holidays.newest)
    if isinstance(tiers, TierHistory):
        index.published_at = max(index.published_at, tiers.newest)
    spans: set[Span] = set()
    pools: dict[Pool, int] = {}
    for item in published:
        rule = rule_of(item, setting, codes, delay_days, pools)
        index.rules[rule.version] = rule
        index.published_at = max(index.published_at, item.published_at)
        index.personal |= item.document.is_personal
        spans.update(item.document.looks_back())
        if rule.trigger is not None:
            index.by_occasion.setdefault(rule.trigger.kind, []).append(rule)
        elif rule.partners is not None:
            for partner in rule.partners:
                index.by_partner.setdefault(partner, []).append(rule)
        elif rule.mcc is not None:
            for mcc in rule.mcc:
                index.by_mcc.setdefault(mcc, []).append(rule)
        else:
            index.general.append(rule)
    index.pools = list(pools)
    index.spans = frozenset(spans)
    index.occasional = frozenset(rule.promotion for rules in index.by_occasion.values() for rule in rules)
    index.budgets = frozenset(rule.promotion for rule in index.rules.values() if rule.budget)
    return index


def rule_of(item: Published, setting: Setting, codes: Codes, delay_days: int, pools: dict[Pool, int]) -> Rule:
    """One version, compiled; its pools join the others."""
    document, conditions, limits = item.document, item.document.conditions, item.document.limits
    delay = delay_days if document.activation_delay_days is None else document.activation_delay_days
    funded = [
        (pools.setdefault(Pool(codes.participants[funder.participant], delay), len(pools)), funder.share)
        for funder in document.funding
    ]
    simple = document.is_simple
    if not simple:
        setting = setting._replace(promotion=item.promotion)
    mechanic = document.mechanic.compile(setting)
    linear = mechanic if simple and isinstance(mechanic, Linear) else None
    lane, times, spaced = _lane(document, setting), limits.times(), limits.gap_minutes is not None
    spans = tuple(Limit(setting.points(most), span) for span, most in limits.by_span())
    if document.once:
        spans = (Limit(FAR, Span.EVER),)
    counted = bool(spans or times or spaced or limits.budget is not None)
    month_alone = linear and [limit.span for limit in spans] == [Span.MONTH] and lane is None
    slot = slot_of(item.promotion)
    return Rule(
        version=item.version,
        promotion=item.promotion,
        starts=microseconds(item.starts_at),
        ends=microseconds(item.ends_at) if item.ends_at else FAR,
        published=microseconds(item.published_at),
        kinds=1 << OCCASION
        if document.is_occasional
        else sum(1 << OperationKind[kind.name] for kind in set(conditions.kinds)),
        segments=sum(1 << codes.segments[code] for code in set(conditions.segments)),
        amount_from=setting.minor(conditions.amount_from) if conditions.amount_from else 0,
        partners=frozenset(codes.partners[code] for code in conditions.partners) or None,
        mcc=frozenset(map(int, conditions.mcc)) or None,
        excluded=frozenset(map(int, conditions.excluded_mcc)) or None,
        linear=linear,
        worth=_unasked if linear else _worth(document, setting, mechanic),
        late=document.mechanic.late,
        lane=lane,
        monthly=spans[0].points if month_alone and limits.budget is None else 0,
        counted=counted,
        replayed=counted or linear is None,
        slot=slot,
        limit_purchase=setting.points(limits.per_purchase) if limits.per_purchase else FAR,
        limits=spans,
        times=tuple(span for span, _ in times),
        spaced=spaced,
        budget=limits.budget is not None,
        pools=tuple(funded),
        trigger=document.trigger if isinstance(document.trigger, OccasionTrigger) else None,
        test=document.test,
    )


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

    def worth(case: Case) -> Worth | Failed:
        if test is not None and test.keeps_out(case.facts.member_id):
            return Failed(CONTROL, test.name)  # first: nothing of it is counted for her
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


def _lane(document: Document, setting: Setting) -> Lane | None:
    lane = document.lane
    if lane is None:
        return None
    percent = int(lane.percent * 100) if lane.percent else 0
    return Lane(lane.name, lane.combine, lane.priority, percent, setting.exchange)
