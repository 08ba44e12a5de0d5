"""The chart of a backtest, week by week, as whole numbers for an SVG. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coalition.backtests.tally import Pair, Tally
from tenants.branding.words import Words

WIDTH, HEIGHT = 720, 260
_TOP, _BOTTOM, _LETTER, _STEPS_MOST = 16, 30, 15, 5  # a letter as wide as a phone shows it


@dataclass(frozen=True)
class Week:
    """A week from its first day on, in units of points: given then, what would be, what limits would cut."""

    first_day: date
    was: int
    would: int
    cut: int

    @property
    def added(self) -> int:
        """What the change would add."""
        return max(self.would - self.was, 0)

    @property
    def taken(self) -> int:
        """What the change would take away."""
        return max(self.was - self.would, 0)


@dataclass(frozen=True)
class Block:
    """One part of a bar: its kind (then, added, taken, cut) and where it stands."""

    kind: str
    y: int
    height: int


@dataclass(frozen=True)
class Bar:
    """A week's bar with its label."""

    x: int
    width: int
    label: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Chart:
    """Bars, and the lines behind them as (y, label); `left` is where the bars begin."""

    left: int
    bars: Sequence[Bar]
    lines: Sequence[tuple[int, str]]
    kinds: frozenset[str]


def weeks_of(tally: Tally, first_day: date, last_day: date) -> Sequence[Week]:
    """The days in sevens, from the first one on; the last may be shorter."""
    found = []
    while first_day <= last_day:
        days = [(first_day + timedelta(days=number)).isoformat() for number in range(7)]
        found.append(
            Week(
                first_day,
                _sum(tally.days, days, 0),
                _sum(tally.days, days, 1),
                _sum(tally.daily, days, 1),
            )
        )
        first_day += timedelta(days=7)
    return found


def drawn(weeks: Sequence[Week], w: Words) -> Chart:
    """The weeks as bars that stand on a common ground."""
    highest = max((max(week.was, week.would) + week.cut for week in weeks), default=0)
    step = step_of(highest)
    count = max(-(-highest // step), 1)
    top, ground = step * count, HEIGHT - _BOTTOM
    labels = [(number, w.amount(number * step)) for number in range(count + 1)]
    left = _LETTER * max(len(label) for _, label in labels) + 8
    lines = [(_y(number * step, top, ground), label) for number, label in labels]
    pitch = (WIDTH - left) // max(len(weeks), 1)
    bars = [
        Bar(
            left + place * pitch + pitch // 5,
            pitch * 3 // 5,
            f"{week.first_day:%d.%m}",
            list(_blocks(week, top, ground)),
        )
        for place, week in enumerate(weeks)
    ]
    return Chart(left, bars, lines, frozenset(block.kind for bar in bars for block in bar.blocks))


def _blocks(week: Week, top: int, ground: int) -> Iterator[Block]:
    """From the ground up; a part of nothing is not drawn, a small one is seen."""
    reached = 0
    kept = min(week.was, week.would)
    for kind, points in (("then", kept), ("added", week.added), ("taken", week.taken), ("cut", week.cut)):
        if points > 0:
            below, reached = _y(reached, top, ground), reached + points
            height = max(below - _y(reached, top, ground), 2)
            yield Block(kind, below - height, height)


def _y(points: int, top: int, ground: int) -> int:
    return ground - (ground - _TOP) * max(points, 0) // top


def step_of(highest: int) -> int:
    """The least of 1, 2, 5, 10, 20... of which few enough reach the highest."""
    step, power = 1, 1
    while step * _STEPS_MOST < highest:
        lead = step // power
        step, power = (10 * power, 10 * power) if lead == 5 else ({1: 2, 2: 5}[lead] * power, power)
    return step


def _sum(pairs: dict[str, Pair], days: Sequence[str], place: int) -> int:
    return sum(pairs[day][place] for day in days if day in pairs)
