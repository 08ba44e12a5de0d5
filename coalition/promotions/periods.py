"""The periods that limits and counters know: which number a business day has in each. Pure.

The ranges do not meet, so that one sheet number says both the kind and the period: ever 0, year yyyy, quarter yyyyq,
month yyyymm, week 1,0ww,www (weeks since 1970), day yyyymmdd.
"""

from datetime import date
from enum import StrEnum

from coalition.promotions.case import EVER
from tenants.translations import N_

_MONDAY = date(1969, 12, 29).toordinal()


class Span(StrEnum):
    """A period's length."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    EVER = "ever"


SPANS = {
    "day": N_("day"),
    "week": N_("week"),
    "month": N_("month"),
    "quarter": N_("quarter"),
    "year": N_("year"),
    "ever": N_("all time"),
}
"""What periods are called where one is chosen."""


def period_in(span: Span, day: date) -> int:
    """The number of the period of this length that holds the day; weeks begin on Monday (ISO 8601)."""
    match span:
        case Span.DAY:
            return day.year * 10_000 + day.month * 100 + day.day
        case Span.WEEK:
            return 1_000_000 + (day.toordinal() - _MONDAY) // 7
        case Span.MONTH:
            return day.year * 100 + day.month
        case Span.QUARTER:
            return day.year * 10 + (day.month + 2) // 3
        case Span.YEAR:
            return day.year
        case Span.EVER:
            return EVER


def month_of(day: date) -> int:
    """The calendar month as yyyymm."""
    return period_in(Span.MONTH, day)
