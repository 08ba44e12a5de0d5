"""The chart of a correction, day by day or week by week: what is given stands up, what is taken hangs down. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tenants.branding import chart
from tenants.branding.chart import Chart, Column
from tenants.branding.words import Words

_BARS_MOST = 31


@dataclass(frozen=True)
class Days:
    """Some days from the first one on, in units of points."""

    first_day: date
    given: int
    taken: int


def days_of(days: Mapping[str, Sequence[int]], first_day: date, last_day: date) -> Sequence[Days]:
    """Every day of a span, or sevens of a long one."""
    size = 1 if (last_day - first_day).days < _BARS_MOST else 7
    found = []
    while first_day <= last_day:
        pairs = [days.get((first_day + timedelta(days=number)).isoformat(), (0, 0)) for number in range(size)]
        found.append(Days(first_day, sum(one[0] for one in pairs), sum(one[1] for one in pairs)))
        first_day += timedelta(days=size)
    return found


def drawn(days: Sequence[Days], w: Words) -> Chart:
    """The days as bars on both sides of the ground."""
    columns = [
        Column(f"{one.first_day:%d.%m}", [[("added", one.given), ("taken", -one.taken)]]) for one in days
    ]
    return chart.drawn(columns, w.amount)
