"""The live versions of a tenant, compiled for the engine: a purchase touches only what can apply to it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from coalition.promotions.case import EVER, Case, Facts, Failed, Line, Linear, Setting, Worth
from coalition.promotions.document import Document
from coalition.promotions.periods import Span, period_in
from coalition.promotions.tiers import Tiers
from coalition.promotions.triggers import Occasional

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

    def offered(self, at: int, segments: int) -> bool:
        """Whether it is live at the moment, for members of these segments."""
        return self.starts <= at < self.ends and (not self.segments or bool(self.segments & segments))

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
    """A stored version with its document read; in an index it may stand in several pieces (`timeline.in_force`)."""

    version: int
    promotion: int
    starts_at: datetime
    ends_at: datetime | None
    published_at: datetime
    document: Document
    correcting: bool = False


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
                (rule.version, rule.starts): rule
                for rules in (self.by_partner.get(partner, ()), self.by_mcc.get(mcc, ()), self.general)
                for rule in rules
                if (rule.mcc is None or mcc in rule.mcc)
                and (rule.excluded is None or mcc not in rule.excluded)
            }
            found = tuple(unique[piece] for piece in sorted(unique))
            if len(self.candidates) >= 200_000:  # a bound on memory: partners × categories can be many
                self.candidates.clear()
            self.candidates[partner, mcc] = found
        return found


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond
