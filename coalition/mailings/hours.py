"""When advertising goes out: by day on the programme's clock. Pure."""

from datetime import date, datetime, time

from tenants.runtime import clock
from tenants.runtime.errors import Refusal

DAY_BEGINS, DAY_ENDS = 9, 21
HOURS = range(DAY_BEGINS, DAY_ENDS)
"""The hours at which a mailing may begin. What has not left by the end of the day does not leave any more."""


def span(day: date, hour: int, zone: str) -> tuple[datetime, datetime]:
    """From when until when a mailing of that day and hour may leave; Refusal("mailing_hour") for one of the night."""
    if hour not in HOURS:
        raise Refusal("mailing_hour", first=DAY_BEGINS, last=DAY_ENDS - 1)
    at = clock.zone(zone)
    return datetime.combine(day, time(hour), at), datetime.combine(day, time(DAY_ENDS), at)
