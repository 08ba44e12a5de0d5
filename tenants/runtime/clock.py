"""The one clock of the house: UTC inside, a business day in the zone that the programme names.

A sandbox lives ahead of the others: while a transaction of its own is open (`db.transaction`), `now()` is its present.
What keeps strangers out, and what counts requests, goes by `real_now()` everywhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_frozen: datetime | None = None
_ahead: ContextVar[timedelta] = ContextVar("ahead", default=timedelta(0))


def now() -> datetime:
    """The present moment of the tenant whose transaction is open, aware, in UTC."""
    ahead = _ahead.get()
    return real_now() + ahead if ahead else real_now()


def real_now() -> datetime:
    """The present moment of everybody, aware, in UTC."""
    return _frozen or datetime.now(UTC)


def put_ahead(ahead: timedelta) -> None:
    """Let `now()` be so much ahead from here on, inside `restored()`."""
    _ahead.set(ahead)


@contextmanager
def restored() -> Iterator[None]:
    """Whatever is put ahead meanwhile, `now()` is afterwards what it was."""
    before = _ahead.get()
    try:
        yield
    finally:
        _ahead.set(before)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name; raises ZoneInfoNotFoundError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (
        OSError,
        ValueError,
    ) as no:  # a folder of zones as "Europe", too long for a path, or no path at all
        raise ZoneInfoNotFoundError(name) from no


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
