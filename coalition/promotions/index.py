"""The live versions of a tenant, compiled for the engine: a purchase touches only what can apply to it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from coalition.promotions.case import (
    EVER,
    Case,
    Facts,
    Failed,
    Line,
    Linear,
    Setting,
    Special,
    Worth,
    slot_of,
)
from coalition.promotions.document import Document
from coalition.promotions.frequency import enough
from coalition.promotions.kinds import OCCASION, OperationKind
from coalition.promotions.periods import Span, period_in
from coalition.promotions.tiers import Tiers, TierTerms
from coalition.promotions.triggers import Occasional
from coalition.promotions.triggers.occasion import OccasionTrigger

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
FAR = 1 << 62  # later than any time, larger than any amount


class Pool(NamedTuple):
    """Where points go: the participant who pays, and the days until they can be spent."""

    funder_id: int
    delay_days: int


class Lane(NamedTuple):
    """How a rule stands to others of the same name; `combine` is "stack", "best" or "exclusive".

    `percent` (hundredths, 0 for none) of the amount, as points, is what the lane gives at most: `exchange` is
    (points, minor units) of what the programme's points are worth.
    """

    name: str
    combine: str
    priority: int
    percent: int
    exchange: tuple[int, int]

    def ceiling(self, amount: int) -> int:
        """Points that the whole lane may give for the amount."""
        points, minor = self.exchange
        return amount * self.percent * points // (10_000 * minor) if self.percent else FAR


class Limit(NamedTuple):
    """Points to one member in a period of this length."""

    points: int
    span: Span

    def period(self, month: int, day: date) -> int:
        """The number of the business day's period; its month is known."""
        return month if self.span is Span.MONTH else period_in(self.span, day)


class Rule(NamedTuple):
    """One version as the engine reads it; cheapest conditions first. Times in microseconds since 1970, UTC.

    What only looks at the amount is `linear`; everything else answers through `worth`, `late` ones after the others.
    """

    version: int
    promotion: int
    starts: int
    ends: int
    published: int
    kinds: int  # bit k for OperationKind k
    segments: int  # any of these bits, 0 for everybody
    amount_from: int
    partners: frozenset[int] | None
    mcc: frozenset[int] | None
    excluded: frozenset[int] | None
    linear: Linear | None
    worth: Callable[[Case], Worth | Failed]
    late: bool
    lane: Lane | None
    monthly: int  # points per month, where that is all that is counted of a linear rule, else 0
    counted: bool  # whether it keeps a place on the member's counter sheets or has a budget
    replayed: bool  # whether what it gives for one purchase can depend on others
    slot: int
    limit_purchase: int
    limits: tuple[Limit, ...]
    times: tuple[Span, ...]  # the periods in which it is counted how often it paid
    spaced: bool  # whether it matters when it last paid
    budget: bool
    pools: tuple[tuple[int, int], ...]  # (pool, share)
    trigger: Occasional | None  # of one that pays without a purchase

    def unmet(self, facts: Facts, line: Line) -> Failed | None:
        """The first of the rule's own conditions that fails; nothing for what would be noise to tell."""
        if not (self.kinds >> line.kind & 1 and self.starts <= line.at < self.ends):
            return None  # telling a buyer that transfers earn too, or what was last year, would be noise
        if line.amount < self.amount_from:
            return Failed("amount", self.amount_from, line.amount)
        if self.segments and not self.segments & facts.segments:
            return Failed("segment", self.segments, facts.segments)
        return None


class Published(NamedTuple):
    """A stored version with its document read."""

    version: int
    promotion: int
    starts_at: datetime
    ends_at: datetime | None
    published_at: datetime
    document: Document


class Codes(NamedTuple):
    """What the codes of documents stand for in one tenant."""

    partners: dict[str, int]
    segments: dict[str, int]  # code -> bit number
    participants: dict[str, int]
    promotions: Mapping[str, int] = {}
    tiers: frozenset[str] = frozenset()
    places: Mapping[str, frozenset[str]] = {}  # of the tenant's outlets, by the kind of condition


@dataclass
class Index:
    """Compiled rules by what a purchase shows first; `number` says which publication they are."""

    number: int
    setting: Setting
    tiers: Tiers | None = None
    rules: dict[int, Rule] = field(default_factory=dict)
    by_partner: dict[int, list[Rule]] = field(default_factory=dict)
    by_mcc: dict[int, list[Rule]] = field(default_factory=dict)
    general: list[Rule] = field(default_factory=list)
    by_occasion: dict[str, list[Rule]] = field(default_factory=dict)  # never met by a purchase
    occasional: frozenset[int] = (
        frozenset()
    )  # promotions of those: a replay of purchases leaves their counters
    pools: list[Pool] = field(default_factory=list)
    spans: frozenset[Span] = frozenset()
    budgets: frozenset[int] = frozenset()
    personal: bool = False
    published_at: datetime = LONG_AGO  # of the newest version
    candidates: dict[tuple[int, int], tuple[Rule, ...]] = field(default_factory=dict)

    def periods(self, days: Iterable[date]) -> set[int]:
        """The counter sheets that purchases of these business days look at."""
        found = {EVER}
        for day in days:
            found |= {period_in(span, day) for span in self.spans}
            if self.tiers is not None:
                found |= set(self.tiers.periods(day))
        return found

    def on(self, occasion: str, at: int) -> list[Rule]:
        """Rules for occasions of the kind that hold at the moment."""
        return [rule for rule in self.by_occasion.get(occasion, ()) if rule.starts <= at < rule.ends]

    def of(self, partner: int, mcc: int) -> tuple[Rule, ...]:
        """Rules that a sale at this partner and MCC (0 and -1: none) can meet, in the order of their versions."""
        found = self.candidates.get((partner, mcc))
        if found is None:
            unique = {
                rule.version: rule
                for rules in (self.by_partner.get(partner, ()), self.by_mcc.get(mcc, ()), self.general)
                for rule in rules
                if (rule.mcc is None or mcc in rule.mcc)
                and (rule.excluded is None or mcc not in rule.excluded)
            }
            found = tuple(unique[version] for version in sorted(unique))
            if len(self.candidates) >= 200_000:  # a bound on memory: partners × categories can be many
                self.candidates.clear()
            self.candidates[partner, mcc] = found
        return found


def compile_index(
    published: Iterable[Published],
    *,
    number: int,
    setting: Setting,
    codes: Codes,
    delay_days: int,
    tiers: TierTerms | None = None,
) -> Index:
    """Compile versions; a code that the tenant does not have was refused at publication."""
    if tiers is not None:
        setting = setting._replace(tiers={level.code: i for i, level in enumerate(tiers.levels)})
    index = Index(number, setting, tiers.compile(setting) if tiers else None)
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
    )


def _unasked(case: Case) -> Worth | Failed:
    raise AssertionError("a linear rule is reckoned by the engine itself")


def _worth(
    document: Document, setting: Setting, mechanic: Linear | Special
) -> Callable[[Case], Worth | Failed]:
    """The long way: conditions, then the trigger, which counts, then the base, then the arithmetic."""
    promotion = setting.promotion
    checks = tuple(condition.compile(setting) for condition in document.where)
    counting = document.trigger.compile(setting)
    base_of = document.base.compile(setting) if document.base else None
    once, slot = document.once, slot_of(promotion)
    often = enough(document.limits, promotion) if document.limits.of_awards else None

    def worth(case: Case) -> Worth | Failed:
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


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond
