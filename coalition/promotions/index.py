"""The live versions of a tenant, compiled for the engine: a purchase touches only what can apply to it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from coalition.promotions.activation import Activation
from coalition.promotions.case import EVER, Case, Facts, Failed, Line, Linear, Setting, Worth
from coalition.promotions.categories import Category, Sellers
from coalition.promotions.control import ControlGroup
from coalition.promotions.document import Document
from coalition.promotions.gives import Giving
from coalition.promotions.moments import FAR as FAR
from coalition.promotions.moments import LONG_AGO as LONG_AGO
from coalition.promotions.moments import microseconds as microseconds
from coalition.promotions.periods import Span, period_in
from coalition.promotions.tiers import Tiers, TiersInTime
from coalition.promotions.triggers import Occasional
from coalition.promotions.validity import Validity

SEATS = 1 << 40  # purses of places for members are numbered from here, after all promotions
EVERYBODY = -1  # a member of every segment
MOST_KEPT = 200_000  # answers of an index to "what can be met here?"


class Pool(NamedTuple):
    """Where points go: the participant who pays, the days until they can be spent, and how long they can be then.

    Points that wait for a condition name the version whose condition it is. Without `valid` the programme's terms hold.
    """

    funder_id: int
    delay_days: int
    condition: int = 0
    valid: Validity | None = None

    @property
    def identity(self) -> tuple[int, ...]:
        """What the ids of its awards are derived from; stored ids are, so what it is for a pool never changes."""
        pool = (self.funder_id, self.delay_days, self.condition)
        if self.valid is not None:
            return *pool, *self.valid.identity
        return pool if self.condition else pool[:2]


class Deposited(NamedTuple):
    """A deposit that pays a part of a rule's awards: its purse, since when, and which of the rule's pools it is for."""

    purse: int
    since: int
    places: tuple[int, ...]


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


@dataclass(slots=True, eq=False)
class Rule:
    """One version as the engine reads it; cheapest conditions first. Times in microseconds since 1970, UTC.

    Nobody changes one. It is no tuple because slots are read twice as fast, and not frozen because that is made slowly.

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
    lane: Lane | None
    monthly: int  # points per month, where that is all that is counted of a linear rule, else 0
    counted: bool  # whether it keeps a place on the member's counter sheets or has a budget
    replayed: bool  # whether what it gives for one purchase can depend on others
    slot: int
    limit_purchase: int
    limits: tuple[Limit, ...]
    budget: bool
    pools: tuple[tuple[int, int], ...]  # (pool, share)
    deposits: tuple[Deposited, ...]
    seats: int  # the purse of its places for members, 0 where everybody has one
    waits: Activation | None  # of points that wait for a condition
    # What a linear rule never has:
    late: int = (
        0  # or in which round after the others it is asked: 1 adds to them, 2 sees the level they lead to
    )
    times: tuple[Span, ...] = ()  # the periods in which it is counted how often it paid
    spaced: bool = False  # whether it matters when it last paid
    trigger: Occasional | None = None  # of one that pays without a purchase
    giving: Giving = (
        Giving.POINTS
    )  # what its points are: points, minor units of a discount, pieces of a benefit
    benefit: int = 0  # the benefit's number, 0 for none
    per_outlet: bool = False  # whether its limits are counted at each outlet
    sides: tuple[int, int] | None = None  # of one that two get, whole or not at all: the friend, the referrer
    test: ControlGroup | None = None  # whose control group it does not pay
    sellers: Sellers | None = None  # of the tenant's own categories that it is for

    def offered(self, at: int, segments: int, member_id: UUID) -> bool:
        """Whether it is live at the moment, for a member of these segments whom no test keeps out."""
        live = self.starts <= at < self.ends and (not self.segments or bool(self.segments & segments))
        return live and not self.keeps_out(member_id)

    def keeps_out(self, member_id: UUID) -> bool:
        """Whether the member is in the control group of its test."""
        return self.test is not None and self.test.keeps_out(member_id)

    def unmet(self, facts: Facts, line: Line) -> Failed | None:
        """The first of the rule's own conditions that fails; nothing for what would be noise to tell."""
        if not (self.kinds >> line.kind & 1 and self.starts <= line.at < self.ends):
            return None  # telling a buyer that transfers earn too, or what was last year, would be noise
        if line.amount < self.amount_from:
            return Failed("amount", self.amount_from, line.amount)
        if self.segments and not self.segments & facts.segments:
            return Failed("segment", self.segments, facts.segments)
        return None


Place = dict[int, tuple[Rule, ...]]
"""The rules of a place of sale by the member's segments, of those that any rule asks for; under all of them, all."""


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
    segments: dict[str, int]  # code -> bit number, of those that are retired, too
    participants: dict[str, int]
    promotions: Mapping[str, int] = {}
    tiers: frozenset[str] = frozenset()
    places: Mapping[str, frozenset[str]] = {}  # of the tenant's outlets, by the kind of condition
    benefits: Mapping[str, int] = {}
    retired: frozenset[str] = frozenset()  # segments that only older versions may name
    retired_benefits: frozenset[str] = (
        frozenset()
    )  # granted by older versions alone; what there is can be exchanged
    left: frozenset[str] = frozenset()  # participants that only older versions may name
    prizes: Mapping[str, frozenset[str]] = {}  # of each draw, by its code
    categories: Mapping[str, Category] = {}  # what the tenant's own mean now; versions hold what they meant

    @property
    def numbers(self) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        """What a rule that only looks at the amount needs of them."""
        return self.partners, self.segments, self.participants


@dataclass
class Index:
    """Compiled rules by what a purchase shows first; `number` says which publication they are."""

    number: int
    setting: Setting
    tiers: Tiers | TiersInTime | None = None
    rules: dict[int, Rule] = field(default_factory=dict)
    by_partner: dict[int, list[Rule]] = field(default_factory=dict)
    by_mcc: dict[int, list[Rule]] = field(default_factory=dict)
    general: list[Rule] = field(default_factory=list)
    by_occasion: dict[str, list[Rule]] = field(default_factory=dict)  # never met by a purchase
    by_code: dict[str, list[Rule]] = field(default_factory=dict)  # of those that a promo code is for
    occasional: frozenset[int] = (
        frozenset()
    )  # promotions of those: a replay of purchases leaves their counters
    pools: list[Pool] = field(default_factory=list)
    spans: frozenset[Span] = frozenset()
    purses: frozenset[int] = frozenset()  # hard bounds, as `budgets` names them
    deposits: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # funder -> purse, and since when
    conditional: bool = False  # whether any version's points wait for a condition
    personal: bool = False
    discounts: bool = False  # whether a version takes money off
    benefits: bool = False  # whether a version grants something
    published_at: datetime = LONG_AGO  # of the newest version or other change of terms
    documents: dict[int, Document] = field(default_factory=dict)  # by version
    audience: int = 0  # every segment that a purchase is asked for
    places: dict[tuple[int, int], Place] = field(default_factory=dict)  # by partner and MCC, as they are met
    alike: dict[tuple[Rule, ...], Place] = field(default_factory=dict)
    kept: int = 0  # answers that those hold
    made_of: tuple[object, ...] = ()  # what its linear rules come from, besides their documents

    @cached_property
    def names(self) -> dict[int, tuple[str, int]]:
        """What people know versions by: the promotion's code, and the number among its versions, from 1 on."""
        counted: dict[int, int] = {}
        found: dict[int, tuple[str, int]] = {}
        for version in sorted(self.rules):
            promotion = self.rules[version].promotion
            counted[promotion] = counted.get(promotion, 0) + 1
            found[version] = self.codes[promotion], counted[promotion]
        return found

    @cached_property
    def codes(self) -> dict[int, str]:
        """The codes of promotions, by number."""
        return {number: code for code, number in self.setting.promotions.items()}

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

    def of(self, partner: int, mcc: int, segments: int = EVERYBODY) -> tuple[Rule, ...]:
        """Rules that a sale at this partner and MCC (0 and -1: none) can meet, in the order of their versions.

        Those for members of other segments are left out, where the member's are named.
        """
        place = self.places.get((partner, mcc))
        if place is None:
            place = self.places[partner, mcc] = self._place(partner, mcc)
        asked = segments & self.audience
        found = place.get(asked)
        if found is None:
            every = place[self.audience]
            found = tuple([rule for rule in every if not rule.segments or rule.segments & asked])
            self._keep()
            place[asked] = found
        return found

    def _place(self, partner: int, mcc: int) -> Place:
        """What can be met there, for members of any segments; places with the same rules are one."""
        unique = {
            (rule.version, rule.starts): rule
            for rules in (self.by_partner.get(partner, ()), self.by_mcc.get(mcc, ()), self.general)
            for rule in rules
            if (rule.mcc is None or mcc in rule.mcc)
            and (rule.excluded is None or mcc not in rule.excluded)
            and (rule.sellers is None or rule.sellers.hold(partner, mcc))
        }
        every = tuple([unique[piece] for piece in sorted(unique)])
        self._keep()
        return self.alike.setdefault(every, {self.audience: every})

    def _keep(self) -> None:
        """Keep one more answer; all are forgotten when they are too many: places × segments can be."""
        self.kept += 1
        if self.kept > MOST_KEPT:
            self.kept = 1
            self.places.clear()
            self.alike.clear()
