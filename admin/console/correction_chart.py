"""The chart of a correction, day by day or week by week: what is given stands up, what is taken hangs down. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tenants.branding.chart import step_of
from tenants.branding.words import Words

WIDTH, HEIGHT = 720, 260
_TOP, _BOTTOM, _LETTER, _BARS_MOST = 16, 30, 15, 31


@dataclass(frozen=True)
class Days:
    """Some days from the first one on, in units of points."""

    first_day: date
    given: int
    taken: int


@dataclass(frozen=True)
class Bar:
    """A bar with its label: from `given_y` so high, and from the ground down."""

    x: int
    width: int
    label: str
    given_y: int
    given_height: int
    taken_height: int


@dataclass(frozen=True)
class Chart:
    """Bars on the ground, and the lines behind them as (y, label); every `every`-th label has room."""

    left: int
    ground: int
    bars: Sequence[Bar]
    lines: Sequence[tuple[int, str]]
    every: int


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
    highest, lowest = max(one.given for one in days), max(one.taken for one in days)
    step = step_of(max(highest, lowest, 1))
    above, below = -(-highest // step), -(-lowest // step)
    height, steps = HEIGHT - _TOP - _BOTTOM, max(above + below, 1)
    ground = _TOP + height * above // steps
    labels = [(number, w.amount(number * step)) for number in range(-below, above + 1)]
    left = _LETTER * max(len(label) for _, label in labels) + 8
    pitch = (WIDTH - left) // len(days)
    bars = [
        Bar(
            left + place * pitch + pitch // 5,
            max(pitch * 3 // 5, 2),
            f"{one.first_day:%d.%m}",
            ground - _high(one.given, height, step * steps),
            _high(one.given, height, step * steps),
            _high(one.taken, height, step * steps),
        )
        for place, one in enumerate(days)
    ]
    lines = [(ground - height * number // steps, label) for number, label in labels]
    return Chart(left, ground, bars, lines, max(-(-len(bars) // 8), 1))


def _high(points: int, height: int, top: int) -> int:
    """A small part is seen."""
    return max(height * points // top, 2) if points else 0
