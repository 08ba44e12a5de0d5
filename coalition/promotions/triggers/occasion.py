"""What triggers have in common that pay without a purchase, for an occasion: joining, a birthday, a holiday.

Who pays once a year keeps the business day of the last time, and not the date that it was for: a birthday is sealed.
"""

from calendar import isleap
from datetime import date
from typing import ClassVar

from coalition.promotions.case import EVER, Case, Counting, Failed, Setting, slot_of
from coalition.promotions.part import Part

_PAID_ON = 1
_YEAR = 365


class OccasionTrigger(Part):
    """Pays for an occasion of its own `kind`. The one that needs no more than that compiles to nothing."""

    of_purchase: ClassVar[bool] = False

    def compile(self, setting: Setting) -> Counting | None:
        """Every occasion of the kind pays."""
        return None


def once_a_year(case: Case, promotion: int) -> Failed | None:
    """Count an occasion that pays, unless the promotion paid less than 365 days ago."""
    slot, today = slot_of(promotion, _PAID_ON), case.day.toordinal()
    last = case.count(EVER, slot)
    if last and today - last < _YEAR:
        return Failed("yearly", _YEAR, today - last)
    case.set(EVER, slot, today)
    return None


def kept_on(day: date, year: int) -> date:
    """The day on which a date is kept in a year: 29 February on 28 February in common years (golden F2)."""
    return (
        date(year, 2, 28) if (day.month, day.day) == (2, 29) and not isleap(year) else day.replace(year=year)
    )


def nearest(day: date, today: date) -> date:
    """The day nearest to today on which the date is kept, in this year, the last or the next one; not before itself."""
    years = [year for year in (today.year - 1, today.year, today.year + 1) if 1 <= year <= 9999]
    kept = [kept_on(day, year) for year in years]
    return min((one for one in kept if one >= day), key=lambda one: abs(one - today), default=day)
