"""The text of a promotion version: one validated document, data and not code."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from coalition.programmes.asks import Asks
from coalition.programmes.titles import Titles
from coalition.promotions.activation import Activation
from coalition.promotions.base import Base
from coalition.promotions.categories import Named
from coalition.promotions.conditions import Condition
from coalition.promotions.control import ControlGroup
from coalition.promotions.gives import Gives, GivesPoints, Giving
from coalition.promotions.mechanics import Mechanic
from coalition.promotions.mechanics.both_sides import BothSides
from coalition.promotions.part import Mcc, Money, Part, Unfit
from coalition.promotions.periods import Span
from coalition.promotions.triggers import Trigger
from coalition.promotions.triggers.occasion import OccasionTrigger
from coalition.promotions.triggers.purchase import Purchase
from coalition.promotions.triggers.referral import Referral
from coalition.promotions.triggers.tier_reached import TierReached
from coalition.promotions.validity import Validity
from tenants.translations import N_


class Kind(StrEnum):
    """Operations a promotion can be for, by the names of `OperationKind`."""

    PURCHASE = "purchase"
    SERVICE = "service"
    TRANSFER_OWN = "transfer_own"


class Conditions(Part):
    """All that are given must hold; MCCs are four digits, partners and segments are codes.

    A sale is of any of the `categories`, which are the tenant's own.
    """

    kinds: Annotated[
        tuple[Kind, ...],
        Asks(
            N_("Operations"),
            choices={
                "purchase": N_("Purchases"),
                "service": N_("Services"),
                "transfer_own": N_("Transfers between one's own accounts"),
            },
        ),
    ] = (Kind.PURCHASE,)
    partners: Annotated[tuple[str, ...], Asks(N_("Partners"), help=N_("None ticked: all"), of="partner")] = ()
    mcc: Annotated[
        tuple[Mcc, ...], Asks(N_("Categories (MCC)"), help=N_("Several with commas between them. Empty: all"))
    ] = ()
    excluded_mcc: Annotated[
        tuple[Mcc, ...], Asks(N_("Excluded categories (MCC)"), help=N_("Several with commas between them"))
    ] = ()
    categories: Annotated[
        tuple[Named, ...],
        Field(max_length=100),
        Asks(N_("Own categories"), help=N_("Sales of any of them. None ticked: all"), of="category"),
    ] = ()
    segments: Annotated[
        tuple[str, ...],
        Asks(N_("Segments"), help=N_("Members of any of them. None ticked: everybody"), of="segment"),
    ] = ()  # any of them
    amount_from: Annotated[Money | None, Asks(N_("Purchase from"), unit="money")] = None

    def sums(self) -> list[tuple[str, Decimal]]:
        """The least amount."""
        return [] if self.amount_from is None else [("amount_from", self.amount_from)]


Points = Annotated[Decimal, Field(gt=0, le=1_000_000_000, decimal_places=2)]
Times = Annotated[int, Field(ge=1, le=10_000)]


class Limits(Part):
    """Points to one member from one purchase and in periods of the programme's zone, and to all members together.

    `budget` is hard: not a point over it is given, whoever asks at the same time; `budget_money` is one in money, at
    what the programme's points are worth. `times_per_day` and its like are how often one member is paid, `gap_minutes`
    the least time between two purchases that are. With `per_outlet` points per period and times are counted at each
    outlet apart. `first_members` are how many members ever earn from it: who is there first has a place for good.
    """

    per_purchase: Annotated[Points | None, Asks(N_("At most per purchase"), unit="points")] = None
    per_day: Annotated[Points | None, Asks(N_("At most a day"), unit="points")] = None
    per_week: Annotated[Points | None, Asks(N_("At most a week"), unit="points")] = None
    per_month: Annotated[Points | None, Asks(N_("At most a month"), unit="points")] = None
    per_year: Annotated[Points | None, Asks(N_("At most a year"), unit="points")] = None
    ever: Annotated[Points | None, Asks(N_("At most in all"), unit="points")] = None
    times_per_day: Annotated[Times | None, Asks(N_("Times a day"))] = None
    times_per_week: Annotated[Times | None, Asks(N_("Times a week"))] = None
    times_per_month: Annotated[Times | None, Asks(N_("Times a month"))] = None
    times_ever: Annotated[Times | None, Asks(N_("Times in all"))] = None
    gap_minutes: Annotated[int | None, Asks(N_("Between two awards, minutes"))] = Field(
        default=None, ge=1, le=366 * 24 * 60
    )
    per_outlet: Annotated[bool, Asks(N_("Count at each outlet apart"))] = False
    first_members: Annotated[
        Annotated[int, Field(ge=1, le=1_000_000_000)] | None,
        Asks(N_("Only for the first members"), help=N_("How many members ever earn from it")),
    ] = None
    budget: Annotated[
        Points | None,
        Asks(N_("Budget"), help=N_("All members together get no more. It is never exceeded"), unit="points"),
    ] = None
    budget_money: Annotated[
        Money | None,
        Asks(
            N_("Budget in money"),
            help=N_("Instead of a budget in points, at what points are worth"),
            unit="money",
        ),
    ] = None

    def sums(self) -> list[tuple[str, Decimal]]:
        """The budget in money."""
        return [] if self.budget_money is None else [("budget_money", self.budget_money)]

    @property
    def has_budget(self) -> bool:
        """Whether all members together get no more than so much."""
        return self.budget is not None or self.budget_money is not None

    def by_span(self) -> list[tuple[Span, Decimal]]:
        """The limits per period that are set, shortest period first."""
        if not self.model_fields_set:
            return []
        return [(span, most) for name, span in _POINTS_PER if (most := self.__dict__[name]) is not None]

    def times(self) -> list[tuple[Span, int]]:
        """How often a member is paid per period, where that is limited, shortest period first."""
        return [(span, most) for name, span in _TIMES_PER if (most := self.__dict__[name]) is not None]

    @property
    def of_awards(self) -> bool:
        """Whether it matters how often and when the promotion paid."""
        return bool(self.times()) or self.gap_minutes is not None


_POINTS_PER = (
    ("per_day", Span.DAY),
    ("per_week", Span.WEEK),
    ("per_month", Span.MONTH),
    ("per_year", Span.YEAR),
    ("ever", Span.EVER),
)
_TIMES_PER = (
    ("times_per_day", Span.DAY),
    ("times_per_week", Span.WEEK),
    ("times_per_month", Span.MONTH),
    ("times_ever", Span.EVER),
)


class Lane(Part):
    """Promotions that share a lane look at each other: "exclusive" pays alone, of "best" only the best pays.

    `percent` caps what the whole lane gives, as points worth that much of the amount; the lowest one named counts.
    """

    name: Annotated[
        str,
        Asks(N_("Group of promotions"), help=N_("Promotions that name the same group look at each other")),
    ] = Field(min_length=1, max_length=32)
    combine: Annotated[
        Literal["stack", "best", "exclusive"],
        Asks(
            N_("Beside others of the group"),
            choices={
                "stack": N_("Adds up with them"),
                "best": N_("Only the best of them pays"),
                "exclusive": N_("Pays alone"),
            },
        ),
    ] = "stack"
    priority: Annotated[int, Asks(N_("Priority"), help=N_("From -100 to 100: the higher comes first"))] = (
        Field(default=0, ge=-100, le=100)
    )
    percent: Annotated[Decimal | None, Asks(N_("Ceiling of the whole group, %"))] = Field(
        default=None, gt=0, le=100, decimal_places=2
    )


class Funder(Part):
    """A participant and its share of the cost; shares of all funders are weights."""

    participant: Annotated[str, Asks(N_("Payer"), of="participant")]
    share: Annotated[int, Asks(N_("Share, %"))] = Field(gt=0, le=100)


def _whole(funding: tuple[Funder, ...]) -> tuple[Funder, ...]:
    """The payers, if their shares make the whole; ValueError."""
    if funding and (made := sum(funder.share for funder in funding)) != 100:
        raise Unfit("", f"the funders' shares make 100, not {made}", "shares_of_payers", made=made)
    return funding


class Document(Part):
    """A promotion's terms. `once` pays for the first purchase that fits, and never again unless it is returned.

    Points can be spent as long as `valid` says, where it is there, else as long as the programme's terms say.
    """

    title: Annotated[Titles, Asks(N_("Title for members"))]
    category: Annotated[
        str, Asks(N_("Category in the cabinet"), help=N_("Members read it on the offer's card"), of="section")
    ] = Field(default="", max_length=32)
    icon: Annotated[str, Asks(N_("Icon in the cabinet"), of="icon")] = Field(default="percent", max_length=32)
    once: Annotated[bool, Asks(N_("Only once for each member"))] = False
    trigger: Annotated[Trigger, Asks(N_("Which purchase or occasion"))] = Purchase()
    conditions: Annotated[Conditions, Asks(N_("Which purchases"))] = Conditions()
    where: Annotated[
        tuple[Condition, ...], Asks(N_("Further conditions"), help=N_("All of them must hold"))
    ] = Field(default=(), max_length=20)
    base: Annotated[
        Base | None, Asks(N_("What of the amount counts"), help=N_("Without it the whole amount counts"))
    ] = None
    gives: Annotated[Gives, Asks(N_("What it gives"))] = GivesPoints()
    mechanic: Annotated[Mechanic, Asks(N_("How much"))]
    limits: Annotated[Limits, Asks(N_("Limits"), help=N_("Empty: without a bound"))] = Limits()
    lane: Annotated[
        Lane | None,
        Asks(
            N_("Group of promotions that look at each other"),
            help=N_("Without it the promotion adds up with all others"),
        ),
    ] = None
    test: Annotated[
        ControlGroup | None,
        Asks(N_("Control group"), help=N_("Members whom the promotion never pays, to compare with")),
    ] = None
    activation_delay_days: Annotated[
        int | None, Asks(N_("Can be spent after so many days"), help=N_("Empty: as the programme says"))
    ] = Field(default=None, ge=0, le=366)
    activation: Annotated[
        Activation | None,
        Asks(N_("Points that wait for a condition"), help=N_("They lapse if it is not met in time")),
    ] = None
    valid: Annotated[
        Validity | None,
        Asks(N_("How long points live"), help=N_("Without it they live as long as the programme says")),
    ] = None
    funding: Annotated[
        tuple[Funder, ...],
        AfterValidator(_whole),
        Asks(N_("Who pays"), help=N_("The shares make 100 %")),
    ] = Field(min_length=1)
    schema_version: Literal[1] = 1

    @model_validator(mode="after")
    def _limits_fit(self) -> "Document":
        if self.once and (self.limits.by_span() or self.limits.of_awards):
            raise Unfit("limits", "what is given once has no limit per period")
        if self.once and self.limits.per_outlet:
            raise Unfit("limits.per_outlet", "what is given once has no limit per outlet")
        if self.limits.budget is not None and self.limits.budget_money is not None:
            raise Unfit("limits.budget_money", "a budget is in points or in money, not in both")
        if self.activation is not None and self.activation_delay_days is not None:
            raise Unfit("activation_delay_days", "points wait for a condition or for some days, not for both")
        return self

    @model_validator(mode="after")
    def _not_points(self) -> "Document":
        giving = self.gives.giving
        if giving is Giving.POINTS:
            return self
        if self.mechanic.late or (giving is Giving.DISCOUNT and isinstance(self.trigger, TierReached)):
            raise Unfit("gives", "what adds to other promotions gives points")
        if self.activation_delay_days is not None or self.activation is not None:
            raise Unfit("gives", "only points wait before they can be spent")
        if self.valid is not None:
            raise Unfit("valid", "only points have a last day here")
        if self.limits.budget_money is not None:
            raise Unfit("limits.budget_money", "a budget in money is of points")
        if giving is Giving.DISCOUNT and self.is_occasional:
            raise Unfit("gives", "a discount is taken off a purchase")
        if giving is Giving.BENEFIT:
            if not self.mechanic.counts_pieces:
                raise Unfit(
                    "mechanic", "what is granted goes by the piece: fixed, per step, per unit or by tenure"
                )
            if any(most % 1 for _, most in self.written()):
                raise Unfit("mechanic", "what is granted is whole pieces")
            if self.lane is not None and self.lane.percent is not None:
                raise Unfit("lane.percent", "a lane's percentage is of points or money")
        return self

    def written(self) -> list[tuple[str, Decimal]]:
        """Every number that is in units of what is given, with its field."""
        names = ("per_purchase", "budget", *(name for name, _ in _POINTS_PER))
        limits = [(f"limits.{name}", getattr(self.limits, name)) for name in names]
        awards = [(f"mechanic.{name}", most) for name, most in self.mechanic.awards()]
        return [*awards, *((field, most) for field, most in limits if most is not None)]

    def sums(self) -> list[tuple[str, Decimal]]:
        """Every sum of money in it, with its field."""
        parts: list[tuple[str, Part]] = [("conditions", self.conditions), ("trigger", self.trigger)]
        parts += [(f"where.{number}", condition) for number, condition in enumerate(self.where)]
        parts += [("mechanic", self.mechanic), ("limits", self.limits)]
        if self.activation is not None:
            parts.append(("activation.condition", self.activation.condition))
        return [(f"{place}.{name}", sum_) for place, part in parts for name, sum_ in part.sums()]

    @model_validator(mode="after")
    def _late_alone(self) -> "Document":
        if (self.mechanic.late or isinstance(self.trigger, TierReached)) and self.lane is not None:
            raise Unfit("lane", "what adds to other promotions stands in no lane")
        return self

    @model_validator(mode="after")
    def _kinds_once(self) -> "Document":
        kinds = [condition.kind for condition in self.where if not condition.several]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise Unfit("where", f"the condition {kind!r} is named once, with all it allows")
        return self

    @model_validator(mode="after")
    def _without_purchase(self) -> "Document":
        if not self.is_occasional:
            return self
        if self.mechanic.of_purchase or self.base is not None:
            raise Unfit("mechanic", "without a purchase, points are fixed or go by tenure")
        if self.conditions != Conditions(segments=self.conditions.segments):
            raise Unfit(
                "conditions",
                "without a purchase there is no operation, partner, category or amount to ask for",
            )
        for condition in self.where:
            if condition.of_purchase:
                raise Unfit("where", f"a purchase is asked for by the condition {condition.kind!r}")
        if self.lane is not None and self.lane.percent is not None:
            raise Unfit("lane.percent", "a lane's percentage is of a purchase")
        if self.limits.per_outlet:
            raise Unfit("limits.per_outlet", "without a purchase there is no outlet to count at")
        return self

    @model_validator(mode="after")
    def _for_two(self) -> "Document":
        if isinstance(self.trigger, Referral) != isinstance(self.mechanic, BothSides):
            raise Unfit("mechanic", "a friend's purchase gives points to both sides, and nothing else does")
        if not isinstance(self.trigger, Referral):
            return self
        limits = self.limits
        if self.once or self.lane or limits.per_purchase is not None or limits.first_members is not None:
            raise Unfit(
                "limits", "what two members get is given whole: it is limited by times, periods and budgets"
            )
        if self.conditions.segments or any(condition.kind == "tier" for condition in self.where):
            raise Unfit(
                "conditions.segments" if self.conditions.segments else "where",
                "what two members get asks for no segment and no level",
            )
        if self.test is not None:
            raise Unfit("test", "what two members get has no control group")
        return self

    @property
    def is_occasional(self) -> bool:
        """Whether it pays for occasions, and not for purchases."""
        return isinstance(self.trigger, OccasionTrigger)

    def looks_back(self) -> tuple[Span, ...]:
        """Every period whose counters the document's parts look at."""
        found = [span for span, _ in (*self.limits.by_span(), *self.limits.times())]
        for part in (self.trigger, self.mechanic, *self.where):
            found += part.looks_back()
        return tuple(found)

    @property
    def is_personal(self) -> bool:
        """Whether a part asks for the member's profile."""
        return any(part.personal for part in (self.trigger, self.mechanic, *self.where))

    @property
    def is_simple(self) -> bool:
        """Whether one purchase's amount, partner and category decide alone."""
        return (
            not (self.once or self.where or self.base or self.test)
            and type(self.gives)
            is GivesPoints  # a model's isinstance is slow, and this is asked of all that live
            and type(self.trigger) is Purchase
            and not (self.limits.model_fields_set and (self.limits.per_outlet or self.limits.of_awards))
        )
