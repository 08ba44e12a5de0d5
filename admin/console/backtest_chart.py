"""The weeks of a backtest, and what their bars stand on. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coalition.backtests.tally import Pair, Tally
from tenants.branding.chart import Chart, Column
from tenants.branding.chart import drawn as bars


@dataclass(frozen=True)
class Week:
    """A week from its first day on, in whole units: given then, what would be, what limits would cut."""

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


def weeks_of(tally: Tally, first_day: date, last_day: date, since: date | None = None) -> Sequence[Week]:
    """The days in sevens, from the first one on, or from `since` if that is later; the last may be shorter."""
    first_day = max(first_day, since or first_day)
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


def drawn(weeks: Sequence[Week], said: Callable[[int], str]) -> Chart:
    """The weeks as bars: what stays, what is added or taken away, what limits would cut."""
    return bars(
        [
            Column(
                f"{week.first_day:%d.%m}",
                [
                    [
                        ("then", min(week.was, week.would)),
                        ("added", week.added),
                        ("taken", week.taken),
                        ("cut", week.cut),
                    ]
                ],
            )
            for week in weeks
        ],
        said,
    )


def _sum(pairs: dict[str, Pair], days: Sequence[str], place: int) -> int:
    return sum(pairs[day][place] for day in days if day in pairs)
