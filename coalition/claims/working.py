"""Working time: so many seconds from a moment on, or between two moments, by hours and days off. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tenants.runtime import clock

DAYS_MAX = 4000
"""How far it is looked for working days: a calendar without any must not keep anybody waiting."""


@dataclass(frozen=True)
class WorkingTime:
    """Hours on the wall clock of `zone`; `weekdays` count from 1, Monday."""

    zone: str
    opens: time
    closes: time
    weekdays: frozenset[int]
    off: frozenset[date] = frozenset()

    @property
    def seconds_a_day(self) -> int:
        """The working seconds of one day."""
        return _seconds(self.closes) - _seconds(self.opens)

    def works_on(self, day: date) -> bool:
        """Whether somebody works on that day."""
        return day.isoweekday() in self.weekdays and day not in self.off

    def after(self, at: datetime, seconds: int) -> datetime:
        """The moment at which so many working seconds have passed since `at`."""
        end = at
        for begins, ends in self._days(at):
            left = int((ends - begins).total_seconds())
            if seconds <= left:
                return begins + timedelta(seconds=seconds)
            seconds, end = seconds - left, ends
        return end + timedelta(seconds=seconds)

    def before(self, at: datetime, seconds: int) -> datetime:
        """The latest moment from which so many working seconds have passed until `at`."""
        first = clock.business_day(self.zone, at)
        begins = at
        for number in range(DAYS_MAX):
            for begins, ends in self._hours(first - timedelta(days=number)):
                left = int((min(ends, at) - begins).total_seconds())
                if seconds <= left:
                    return min(ends, at) - timedelta(seconds=seconds)
                seconds -= max(left, 0)
        return begins - timedelta(seconds=seconds)

    def between(self, first: datetime, last: datetime) -> int:
        """Working seconds from `first` to `last`; negative when `last` is the earlier one."""
        if last < first:
            return -self.between(last, first)
        total = 0
        for begins, ends in self._days(first):
            if begins >= last:
                break
            total += int((min(ends, last) - begins).total_seconds())
        return total

    def _days(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of the working days from `at` on, in UTC."""
        first = clock.business_day(self.zone, at)
        for number in range(DAYS_MAX):
            for begins, ends in self._hours(first + timedelta(days=number)):
                if ends > at:
                    yield max(begins, at), ends

    def _hours(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """When work begins and ends on a day, in UTC; nothing on a day off."""
        if self.works_on(day):
            zone = clock.zone(self.zone)
            begins, ends = (
                datetime.combine(day, at, zone).astimezone(UTC) for at in (self.opens, self.closes)
            )
            yield begins, ends


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
