"""When a message is tried again, and how long an endpoint rests that answers nothing.

The delays are those of the Standard Webhooks specification. Each is stretched by up to a tenth at random, so that what
failed together does not come back together.
"""

from datetime import datetime, timedelta

DELAYS: tuple[timedelta, ...] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Before the second attempt, the third and so on; the first is made at once."""
JITTER = 0.1
LIFE = sum(DELAYS, timedelta()) * (1 + JITTER) + timedelta(hours=1)
"""A message that its endpoint's rests have kept waiting is given up then, whatever attempts it has left."""
FAILURES_MAX = 5
REST_MIN, REST_MAX = timedelta(seconds=30), timedelta(hours=1)


def again_at(now: datetime, attempts: int, chance: float) -> datetime | None:
    """The next attempt after so many that failed, None when there is none left; `chance` is from 0 to 1."""
    if attempts > len(DELAYS):
        return None
    return now + DELAYS[attempts - 1] * (1 + JITTER * chance)


def rests_until(now: datetime, failures: int) -> datetime | None:
    """Until when an endpoint that failed so often in a row is left alone: from the fifth time, each time for longer."""
    if failures < FAILURES_MAX:
        return None
    doublings = min(failures - FAILURES_MAX, 10)  # beyond, REST_MAX is long passed
    return now + min(REST_MIN * (1 << doublings), REST_MAX)
