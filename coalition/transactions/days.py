"""Business days of many moments at once. Pure."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tenants.runtime import clock

_QUARTER_US = 900_000_000  # offsets of every zone change on a quarter of an hour
_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)


@lru_cache(maxsize=100_000)
def _offset_us(zone: str, quarter: int) -> int:
    at = datetime.fromtimestamp(quarter * 900, UTC).astimezone(clock.zone(zone))
    offset = at.utcoffset() or timedelta()
    return int(offset.total_seconds()) * 1_000_000


def business_days(moments_us: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Days since 1970 on the zone's wall clock, of moments in microseconds since 1970."""
    quarters, which = np.unique(moments_us // _QUARTER_US, return_inverse=True)
    offsets = np.array([_offset_us(zone, int(quarter)) for quarter in quarters], np.int64)
    return np.asarray((moments_us + offsets[which.reshape(-1)]) // _DAY_US, np.int64)


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


@lru_cache(maxsize=20_000)
def day_of(number: int) -> date:
    """The date that is so many days after 1970 began."""
    return _EPOCH + timedelta(days=number)
