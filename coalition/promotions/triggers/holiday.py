"""Days that everybody keeps (seed 001, golden F2: gifts for 23 February and 8 March)."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger
from tenants.translations import N_


def _month_and_day(text: str) -> str:
    try:
        day = date.fromisoformat(f"2000-{text}")
    except ValueError:
        raise ValueError(f"a day of the year is written as 03-08, not {text!r}") from None
    if text == "02-29":
        raise ValueError("29 February does not come every year")
    return day.isoformat()[5:]


class Holiday(OccasionTrigger):
    """Pays every member on the `days` of the year ("03-08"), or without any on those of the tenant's calendar."""

    kind: Annotated[Literal["holiday"], named(holiday=N_("A day of the calendar"))] = "holiday"
    days: Annotated[
        tuple[Annotated[str, AfterValidator(_month_and_day)], ...],
        Asks(
            N_("Days of the year"),
            help=N_("Like 02-23, 03-08: the month first. Empty: days off of the calendar"),
        ),
    ] = Field(default=(), max_length=50)

    def falls_on(self, setting: Setting) -> Callable[[date, int], bool]:
        """Whether a day is one of them, by the calendar as it was known at a moment (microseconds since 1970)."""
        named, calendar = frozenset(self.days), setting.holidays
        return lambda day, at: day.isoformat()[5:] in named if named else calendar.is_off(day, at)

    def compile(self, setting: Setting) -> Counting:
        """The business day among the days."""
        falls_on = self.falls_on(setting)

        def counting(case: Case, promotion: int) -> Failed | None:
            return None if falls_on(case.day, case.booked) else Failed("occasion")

        return counting
