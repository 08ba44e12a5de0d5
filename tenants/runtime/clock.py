"""The one clock of the house: UTC inside, a business day in the zone that the programme names."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_frozen: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen or datetime.now(UTC)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name; raises ZoneInfoNotFoundError for an unknown one."""
    return ZoneInfo(name)


def business_day(zone_name: str, at: datetime | None = None) -> date:
    """The calendar day of `at` (default: now) on the wall clock of the zone."""
    return (at or now()).astimezone(zone(zone_name)).date()


@contextmanager
def stopped(at: datetime) -> Iterator[None]:
    """Hold the clock still, for tests of what time does to points."""
    global _frozen
    before, _frozen = _frozen, at.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
