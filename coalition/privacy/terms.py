"""By when a request is answered: the shorter of the terms that the laws on personal data give.

A copy takes ten working days (152-FZ, article 20; the GDPR, article 12, gives a month), an erasure thirty days (152-FZ,
article 21).
"""

from collections.abc import Mapping
from datetime import date, timedelta

from coalition.ledger.models import Balance

COPY_WORKING_DAYS = 10
ERASURE_DAYS = 30
COPY_KEPT_DAYS = 14
"""How long a copy can be downloaded."""
COPY_PAUSE = timedelta(days=1)
"""How long after a copy was made no other one is."""


def due_on(kind: str, asked_on: date, days_off: Mapping[date, bool]) -> date:
    """The last day of the term; `days_off` tells days that are off, or are not though they are weekends. Pure."""
    if kind == "erasure":
        return asked_on + timedelta(days=ERASURE_DAYS)
    day, left = asked_on, COPY_WORKING_DAYS
    while left:
        day += timedelta(days=1)
        if not days_off.get(day, day.weekday() >= 5):
            left -= 1
    return day


def points_left(balance: Balance) -> int:
    """The points that nobody can spend once the person is erased. Pure."""
    return balance.available + balance.pending
