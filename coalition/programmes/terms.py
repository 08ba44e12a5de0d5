"""What a programme's terms say about days: when a lot activates and when it burns. Pure."""

from calendar import monthrange
from datetime import date, timedelta

from coalition.programmes.models import Programme

NEVER = date(9999, 12, 31)


def active_on(occurred_on: date, delay_days: int, booked_on: date) -> date:
    """The first day the points can be spent: the delay after the event, and never before we learned of it."""
    return max(occurred_on + timedelta(days=delay_days), booked_on)


def expires_on(programme: Programme, active: date) -> date:
    """The last day a lot activated on `active` can be spent (golden R6: 1 March for 30 days burns after 31 March)."""
    match programme.expiry:
        case "days":
            return active + timedelta(days=_count(programme))
        case "month_end":
            months = active.year * 12 + active.month - 1 + _count(programme)
            year, month = divmod(months, 12)
            return date(year, month + 1, monthrange(year, month + 1)[1])
        case "date" if programme.expiry_date is not None and active <= programme.expiry_date:
            return programme.expiry_date
    return NEVER


def _count(programme: Programme) -> int:
    assert programme.expiry_count is not None, "the table's check holds this"
    return programme.expiry_count
