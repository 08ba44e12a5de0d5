"""Moments as the engine counts them. Pure."""

from datetime import UTC, datetime, timedelta

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No promotion begins earlier, and none is corrected for earlier days."""
FAR = 1 << 62  # later than any time, larger than any amount
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def moment_of(at: int) -> datetime:
    """Microseconds since 1970 as a moment in UTC."""
    return LONG_AGO + at * _MICROSECOND
