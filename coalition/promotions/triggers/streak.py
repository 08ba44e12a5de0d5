"""Purchases in several days, weeks or months on end (seed 002: conditional points for regular buying)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import EVER, Case, Counters, Counting, Failed, Setting, slot_of
from coalition.promotions.part import Part
from coalition.promotions.periods import Span, period_in
from tenants.translations import N_

_LAST, _RUN = 1, 2


class Streak(Part):
    """Pays for the purchase that makes `length` periods on end with a purchase in each.

    That is once per member, or with `again` each time: the next period may begin a new streak. A missed period begins
    anew; one that becomes known too late, when a later one is known already, does not fill the hole.
    """

    kind: Annotated[Literal["streak"], named(streak=N_("Purchases on end"))] = "streak"
    length: Annotated[int, Asks(N_("How many on end"))] = Field(ge=2, le=366)
    span: Annotated[
        Literal[Span.DAY, Span.WEEK, Span.MONTH],
        Asks(N_("Counted in"), choices={"day": N_("days"), "week": N_("weeks"), "month": N_("months")}),
    ]
    again: Annotated[bool, Asks(N_("Again and again"))] = False

    def counts(self) -> tuple[object, ...]:
        """Periods on end."""
        return ("streak", self.span)

    def is_over(self, counters: Counters, promotion: int) -> bool:
        """The streak was made, where one is all."""
        return not self.again and counters.get((EVER, slot_of(promotion, _RUN)), 0) == self.length

    def compile(self, setting: Setting) -> Counting:
        """The period that was last bought in, and how many it ends."""

        def counting(case: Case, promotion: int) -> Failed | None:
            last_slot, run_slot = slot_of(promotion, _LAST), slot_of(promotion, _RUN)
            last, run = case.count(EVER, last_slot), case.count(EVER, run_slot)
            if run == self.length and not self.again:
                return Failed("once", 1, 1)
            period = _number(self.span, case.day)
            if period <= last:
                return Failed("streak", self.length, run % self.length)
            run = run + 1 if period == last + 1 and run < self.length else 1
            case.set(EVER, last_slot, period)
            case.set(EVER, run_slot, run)
            return None if run == self.length else Failed("streak", self.length, run)

        return counting


def _number(span: Span, day: date) -> int:
    """The period's number in a row without gaps."""
    match span:
        case Span.DAY:
            return day.toordinal()
        case Span.WEEK:
            return period_in(span, day)
        case _:
            return day.year * 12 + day.month
