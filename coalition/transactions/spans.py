"""From which day points can be spent, and which is their last: what every posting of an award asks. Pure."""

from datetime import date, timedelta

from coalition.programmes import terms
from coalition.programmes.models import Programme
from coalition.promotions.index import Index, Pool


def span_of(programme: Programme, index: Index, pool: Pool, day: date, today: date) -> tuple[date, date]:
    """The first and the last day of points that a day's purchase or occasion gives from a pool.

    Those that wait for a condition have no first day (9999-12-31), and their last one is that of the condition.
    """
    if pool.condition:
        waits = index.rules[pool.condition].waits
        assert waits is not None, "such a pool is made for a version that waits"
        return date.max, day + timedelta(days=waits.within_days)
    active = terms.active_on(day, pool.delay_days, today)
    return active, last_day_of(programme, pool, active)


def last_day_of(programme: Programme, pool: Pool, active: date) -> date:
    """The last day of a pool's points that can be spent from `active` on: its own one, or the programme's."""
    own = pool.valid.last_day(active) if pool.valid is not None else None
    return own or terms.expires_on(programme, active)
