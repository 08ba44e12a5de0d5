"""The tenant's days off, each since the moment when it became known, so that the past keeps its own calendar. Pure."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from coalition.promotions.moments import FAR, LONG_AGO, microseconds


class Entry(NamedTuple):
    """A day that is off, or is off no longer, for whatever is booked since the moment."""

    day: date
    since: datetime
    off: bool


class Calendar:
    """What is known of days off; `newest` is the moment of the last change."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._days: dict[date, list[tuple[int, bool]]] = {}
        self.newest = LONG_AGO
        for day, since, off in sorted(entries):
            self._days.setdefault(day, []).append((microseconds(since), off))
            self.newest = max(self.newest, since)

    def is_off(self, day: date, booked: int = FAR) -> bool:
        """Whether the day was known as one off when something was booked (microseconds since 1970)."""
        known = self._days.get(day, ())
        return next((off for since, off in reversed(known) if since <= booked), False)


def known_always(days: Iterable[date]) -> Calendar:
    """A calendar that never changed."""
    return Calendar(Entry(day, LONG_AGO, True) for day in days)
