"""Weekdays and hours on the outlet's wall clock (seed 001, golden H1: 10 to 13 and 15 to 17 on weekdays)."""

from datetime import time
from typing import Literal

from pydantic import Field, model_validator

from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.part import Part


class Span(Part):
    """From `start` (included) until `end` (not included); an end of 00:00 is midnight."""

    start: time
    end: time

    @model_validator(mode="after")
    def _order(self) -> "Span":
        if self.end != time(0) and self.end <= self.start:
            raise ValueError("hours end after they start, and before midnight")
        return self


class Hours(Part):
    """The time of sale, in the outlet's zone, falls into one of the spans on one of the days (1 is Monday).

    With `except_holidays` the tenant's days off do not count as days.
    """

    kind: Literal["hours"] = "hours"
    days: tuple[int, ...] = Field(default=(1, 2, 3, 4, 5, 6, 7), min_length=1)
    spans: tuple[Span, ...] = Field(min_length=1)
    except_holidays: bool = False

    @model_validator(mode="after")
    def _days(self) -> "Hours":
        if not set(self.days) <= set(range(1, 8)):
            raise ValueError("days are 1 (Monday) to 7 (Sunday)")
        return self

    def compile(self, setting: Setting) -> Check:
        """The wall clock against days and spans."""
        spans = [(span.start, span.end) for span in self.spans]
        days, holidays = frozenset(self.days), setting.holidays if self.except_holidays else frozenset()

        def check(case: Case) -> Failed | None:
            local = case.local
            at = local.time()
            if (
                local.isoweekday() in days
                and local.date() not in holidays
                and any(start <= at and (at < end or end == time(0)) for start, end in spans)
            ):
                return None
            return Failed("hours", None, f"{local:%Y-%m-%dT%H:%M}")

        return check
