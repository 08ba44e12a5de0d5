"""What a promotion may look at: the line of a purchase, the member's facts and counters, the receipt. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from coalition.promotions.calendar import Calendar
from coalition.promotions.moments import FAR
from coalition.promotions.moments import moment_of as moment_of
from tenants.runtime import clock

EVER = 0  # the period of what is counted once and for all

Counters = dict[tuple[int, int], int]  # (period, slot) -> how many, how much, or when


def slot_of(promotion: int, place: int = 0, partner: int = 0) -> int:
    """Where a promotion counts: several places (0 to 7) of its own, for each partner if it likes.

    Place 0 holds the points it gave, 1 and 2 are the trigger's, 3 is when it last paid, 4 to 6 are the mechanic's, 7 is
    how many times it paid. Promotions and partners are below 2^30.
    """
    return promotion << 33 | partner << 3 | place


def promotion_of(slot: int) -> int:
    """The promotion that counts there."""
    return slot >> 33


def seat_of(promotion: int) -> int:
    """Where a promotion for the first members keeps that this one has a place."""
    return slot_of(promotion, 0, (1 << 30) - 1)


PAID_AT, PAID_TIMES = 3, 7  # places: when a promotion last paid, and how many times

MINUTE, DAY = 60_000_000, 86_400_000_000  # in microseconds


class Line(NamedTuple):
    """A purchase as the engine reads it. No partner is 0, no MCC is -1; `period` is yyyymm of the business day."""

    at: int  # microseconds since 1970, UTC
    period: int
    kind: int
    amount: int
    partner: int
    mcc: int


class Item(NamedTuple):
    """A line of a receipt: quantity in thousandths, amount in minor units after discounts and before points.

    `discount` is what promotions took off it: the amount before them is both together.
    """

    sku: str
    quantity: int
    amount: int
    brand: str = ""
    category: str = ""
    tags: frozenset[str] = frozenset()
    discount: int = 0


class Outlet(NamedTuple):
    """A place of sale; codes are the tenant's own, the zone an IANA name."""

    code: str
    region: str
    brand: str
    franchise: str
    zone: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a till knows beyond the sum. `payments` are (type, minor units); what is not known is empty.

    `discounts` are (promotion's code, minor units) that the till took off the sum. `card_reference` (RRN) and
    `card_last_four` say by which payment of which card it was paid.
    """

    items: tuple[Item, ...] = ()
    payments: tuple[tuple[str, int], ...] = ()
    channel: str = ""
    outlet: Outlet | None = None
    points_spent: int = 0
    discounts: tuple[tuple[str, int], ...] = ()
    card_reference: str = ""
    card_last_four: str = ""


class Occasion(NamedTuple):
    """Something that can earn without a purchase: its kind as triggers name it, and what is told of it.

    `name` is a custom event's; `about` is the day that the occasion is for, where that is another than its own.
    """

    kind: str
    data: Mapping[str, Any] = {}
    name: str = ""
    about: date | None = None


class Profile(NamedTuple):
    """What is known of a member beside segments and tenure.

    Entitlements end on a day; consents to a promotion and promo codes hold from a moment (microseconds since 1970).
    """

    attributes: Mapping[str, str] = {}
    entitlements: Mapping[str, date] = {}
    accepted: Mapping[int, int] = {}  # promotion -> since when
    codes: Mapping[str, int] = {}  # promo code, as `members.codes.canonical` has it -> entered when


NOBODY = Profile()


class Known(NamedTuple):
    """A profile since the moment (microseconds since 1970) when it became known."""

    since: int
    profile: Profile


@dataclass(slots=True)
class Facts:
    """What promotions may ask of a member; `counters` move on as her purchases are evaluated."""

    member_id: UUID
    segments: int
    opened_on: date | None
    counters: Counters = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)  # periods whose counters have moved
    rooms: dict[int, int] = field(default_factory=dict)  # purse -> what may be taken from it
    outlet: int = 0  # of this purchase, where a limit is counted at each
    tier: int = 0  # the level held before this purchase; 0 is the lowest
    booked: int = 1 << 62  # when this purchase was, where deposits are to know it
    known: Sequence[Known] = ()  # every profile there was, the oldest first

    def profile_at(self, booked: int) -> Profile:
        """What was known of the member at the moment."""
        return next((known.profile for known in reversed(self.known) if known.since <= booked), NOBODY)


class Failed(NamedTuple):
    """The first condition that a purchase failed, with what it wanted and what there was, in its own units."""

    condition: str
    wanted: Any = None
    actual: Any = None


@dataclass(slots=True)
class Case:
    """One purchase or occasion of one member, in front of one promotion after the other."""

    line: Line
    facts: Facts
    day: date  # business day in the programme's zone
    zone: str
    receipt: Receipt | None = None
    profile: Profile = NOBODY
    given: Sequence[tuple[int, int]] = ()  # (promotion, points) so far, for multipliers
    occasion: Occasion | None = None
    booked: int = FAR

    @property
    def local(self) -> datetime:
        """The time of sale on the outlet's wall clock, or the programme's where the outlet is not known."""
        outlet = self.receipt.outlet if self.receipt else None
        return moment_of(self.line.at).astimezone(clock.zone(outlet.zone if outlet else self.zone))

    def count(self, period: int, slot: int) -> int:
        """What the member's counter says, 0 where nothing was counted."""
        return self.facts.counters.get((period, slot), 0)

    def set(self, period: int, slot: int, value: int) -> None:
        """Move the member's counter on."""
        self.facts.counters[period, slot] = value
        self.facts.touched.add(period)


Check = Callable[[Case], Failed | None]
"""A compiled condition: nothing when it holds, else what failed. It moves no counter."""

Counting = Callable[[Case, int], Failed | None]
"""A compiled trigger: told the promotion's number, it counts the purchase, and says whether this is one that pays."""


class Units(NamedTuple):
    """Digits after the point: of the programme's points, and of its currency."""

    scale: int
    exponent: int


class Setting(NamedTuple):
    """What a document is compiled for: the programme's units and zone, and (points, minor units) of their exchange.

    `promotions` are the numbers of the tenant's promotions by code, `promotion` is that of the document itself;
    `holidays` are the tenant's days off as they became known, `tiers` the programme's levels by code (`Facts.tier`),
    `climb` says above which of them a purchase lifts (`tiers.Tiers.climb`).
    """

    units: Units
    zone: str = "UTC"
    exchange: tuple[int, int] = (1, 100)
    promotions: Mapping[str, int] = {}
    promotion: int = 0
    holidays: Calendar = Calendar()
    tiers: Mapping[str, int] = {}
    climb: Callable[[Facts, Line, date, int, int], tuple[list[int], int]] | None = None

    def points(self, written: Decimal) -> int:
        """A document's points in whole units."""
        return int(written.scaleb(self.units.scale))

    def minor(self, written: Decimal) -> int:
        """A document's money in minor units."""
        return int(written.scaleb(self.units.exponent))

    def money(self, minor: int) -> Decimal:
        """Minor units as a document writes money."""
        return Decimal(minor).scaleb(-self.units.exponent)


class Linear(NamedTuple):
    """points = flat + amount // unit * numerator // denominator, in whole units, the remainder lost."""

    flat: int
    unit: int
    numerator: int
    denominator: int


class Worth(NamedTuple):
    """What a mechanic makes of a purchase: the base it looked at, points before any limit, and the step it stands on.

    The step tells the explanation what the base alone does not: the ladder's rung, the band, the years. 0 to 2^40.
    """

    base: int
    points: int
    step: int = 0


Special = Callable[[Case, int, int], Worth | Failed]
"""A mechanic that needs more than an amount: (case, the amount that counts, the promotion's number)."""
