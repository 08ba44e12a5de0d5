"""Weekdays and hours on the outlet's wall clock (seed 001, golden H1: 10 to 13 and 15 to 17 on weekdays)."""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from coalition.programmes.asks import Asks, named
from coalition.promotions.calendar import Calendar
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Requirement
from coalition.promotions.part import Part
from tenants.translations import N_

Days = Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, max_length=7)]
"""Weekdays: 1 is Monday, 7 is Sunday."""

WEEKDAYS = {
    "1": N_("Mon"),
    "2": N_("Tue"),
    "3": N_("Wed"),
    "4": N_("Thu"),
    "5": N_("Fri"),
    "6": N_("Sat"),
    "7": N_("Sun"),
}


class Span(Part):
    """From `start` (included) until `end` (not included); an end of 00:00 is midnight.

    Without them it is the whole day. `days` are the span's own where it has others than the whole timetable.
    """

    start: Annotated[time, Asks(N_("From"), help=N_("Empty: the whole day"))] = time(0)
    end: Annotated[time, Asks(N_("Until"), help=N_("00:00 is midnight"))] = time(0)
    days: Annotated[
        Days | None,
        Asks(
            N_("Only on these days"), help=N_("None ticked: on all days of the timetable"), choices=WEEKDAYS
        ),
    ] = None

    @field_validator("start", "end")
    @classmethod
    def _wall_clock(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("hours are those of the outlet's own clock, without a zone")
        return at

    @model_validator(mode="after")
    def _order(self) -> "Span":
        if self.end != time(0) and self.end <= self.start:
            raise ValueError("hours end after they start, and before midnight")
        return self

    def holds(self, at: time) -> bool:
        """Whether the time of day falls into it."""
        return self.start <= at and (at < self.end or self.end == time(0))


class Hours(Requirement):
    """The time of sale, in the outlet's zone, falls into one of the spans on one of the days.

    With `except_holidays` the tenant's days off do not count as days.
    """

    kind: Annotated[Literal["hours"], named(hours=N_("Weekdays and hours"))] = "hours"
    days: Annotated[Days, Asks(N_("Weekdays"), choices=WEEKDAYS)] = (1, 2, 3, 4, 5, 6, 7)
    spans: Annotated[tuple[Span, ...], Asks(N_("Hours"), help=N_("On the outlet's own clock"))] = Field(
        default=(Span(),), min_length=1, max_length=20
    )
    except_holidays: Annotated[bool, Asks(N_("Not on days off of the calendar"))] = False

    @property
    def looks_at_time(self) -> bool:
        """Whether the time of day decides, and not the weekday alone."""
        return any((span.start, span.end) != (time(0), time(0)) for span in self.spans)

    def compile(self, setting: Setting) -> Check:
        """The wall clock against days and spans; what failed is told with the local time of sale."""
        spans = [(frozenset(span.days or self.days), span) for span in self.spans]
        holidays = setting.holidays if self.except_holidays else Calendar()

        def check(case: Case) -> Failed | None:
            local = case.local
            if holidays.is_off(local.date(), case.booked):
                return Failed("holiday", None, f"{local:%Y-%m-%dT%H:%M:%S}")
            weekday, at = local.isoweekday(), local.time()
            if any(weekday in days and span.holds(at) for days, span in spans):
                return None
            return Failed("hours", None, f"{local:%Y-%m-%dT%H:%M:%S}")

        return check
