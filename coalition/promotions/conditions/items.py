"""How many lines the receipt has (seed 003, golden N3)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Requirement
from coalition.promotions.part import Unfit
from tenants.translations import N_


class Items(Requirement):
    """At least `count_from` and at most `count_to` lines, whatever their quantities.

    Lines that cost nothing or less do not count: they are gifts and returns.
    """

    kind: Annotated[Literal["items"], named(items=N_("Lines of the receipt"))] = "items"
    count_from: Annotated[int | None, Asks(N_("At least"))] = Field(default=None, ge=1, le=1000)
    count_to: Annotated[int | None, Asks(N_("At most"))] = Field(default=None, ge=1, le=1000)

    @model_validator(mode="after")
    def _bounds(self) -> "Items":
        if self.count_from is None and self.count_to is None:
            raise Unfit("count_from", "a count of lines has a lower or an upper bound")
        if self.count_from is not None and self.count_to is not None and self.count_to < self.count_from:
            why = f"the upper bound is {self.count_from} or more, as the lower one"
            raise Unfit("count_to", why, "bounds_crossed", low=self.count_from)
        return self

    def compile(self, setting: Setting) -> Check:
        """The count against its bounds."""
        least, most = self.count_from, self.count_to

        def check(case: Case) -> Failed | None:
            if case.receipt is None or not case.receipt.items:
                return Failed("receipt")
            count = sum(item.amount > 0 for item in case.receipt.items)
            if least is not None and count < least:
                return Failed("items_from", least, count)
            if most is not None and count > most:
                return Failed("items_to", most, count)
            return None

        return check
