"""A friend's first purchase (seed 001, golden F1: 200 points to who brought her, 150 to her)."""

from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.part import Money
from coalition.promotions.triggers.occasion import OccasionTrigger
from tenants.translations import N_


class Brought(NamedTuple):
    """A standing purchase of a friend, as the trigger looks at it.

    `joined_days` is how long after joining she said who brought her, `early` that she bought before she said it,
    `age` the days since the purchase. `decided` are the promotions for which an earlier purchase of hers has decided.
    """

    amount: int
    age: int
    joined_days: int
    early: bool
    decided: set[int]

    def told(self) -> dict[str, Any]:
        """As the data of an occasion."""
        return {"brought": self}


class Referral(OccasionTrigger):
    """Pays both members once for a friend's first purchase of at least `amount_from`, when it has settled.

    It has settled `settled_days` after its day, if so much of it still stands. The friend says who brought her within
    `within_days` of joining, and before that purchase.
    """

    kind: Annotated[Literal["referral"], named(referral=N_("A friend's first purchase"))] = "referral"
    amount_from: Annotated[Money | None, Asks(N_("Purchase from"), unit="money")] = None
    settled_days: Annotated[int, Asks(N_("The purchase stands after, days"))] = Field(
        default=14, ge=0, le=366
    )
    within_days: Annotated[int, Asks(N_("The friend's code is named within, days"))] = Field(
        default=30, ge=0, le=366
    )

    def sums(self) -> list[tuple[str, Decimal]]:
        """The least purchase."""
        return [] if self.amount_from is None else [("amount_from", self.amount_from)]

    def compile(self, setting: Setting) -> Counting:
        """The first purchase that is large enough decides, settled or not."""
        least = setting.minor(self.amount_from) if self.amount_from else 0

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            brought: Brought = case.occasion.data["brought"]
            if promotion in brought.decided:
                return Failed("once", 1, 1)
            if brought.amount < least:
                return Failed("amount", least, brought.amount)
            brought.decided.add(promotion)
            if brought.early or brought.joined_days > self.within_days:
                return Failed("referral_late", self.within_days, brought.joined_days)
            if brought.age < self.settled_days:
                return Failed("unsettled", self.settled_days, brought.age)
            return None

        return counting
