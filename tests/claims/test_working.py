"""Working time over nights, weekends, days off and changes of the clock, to the second."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.claims.working import WorkingTime

ZONE = ZoneInfo("Asia/Kamchatka")
WEEK = frozenset({1, 2, 3, 4, 5})
HOUR = 3600
USUAL = WorkingTime("Asia/Kamchatka", time(9), time(18), WEEK, frozenset({date(2026, 11, 4)}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("begun", "hours", "due"),
    [
        ("2026-11-18 10:00", 3 * 9, "2026-11-23 10:00"),  # Wednesday, over a weekend
        ("2026-11-20 17:00", 2, "2026-11-23 10:00"),  # Friday evening
        ("2026-11-20 17:00", 1, "2026-11-20 18:00"),  # to the end of the day, not to the next one's begin
        ("2026-11-21 12:00", 9, "2026-11-23 18:00"),  # Saturday
        ("2026-11-22 23:59", 1, "2026-11-23 10:00"),  # Sunday night
        ("2026-11-18 05:00", 1, "2026-11-18 10:00"),  # before anybody comes
        ("2026-11-03 16:00", 9, "2026-11-05 16:00"),  # over the day off on Wednesday
        ("2026-11-04 12:00", 9, "2026-11-05 18:00"),  # on a day off
        ("2026-11-18 10:00", 0, "2026-11-18 10:00"),
    ],
)
def test_a_term_ends_when_so_many_working_hours_have_passed(begun: str, hours: int, due: str) -> None:
    assert USUAL.after(at(begun), hours * HOUR) == at(due)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-11-20 17:00", "2026-11-23 10:00", 2),
        ("2026-11-21 10:00", "2026-11-22 20:00", 0),
        ("2026-11-03 09:00", "2026-11-05 18:00", 18),
        ("2026-11-23 10:00", "2026-11-20 17:00", -2),
    ],
)
def test_time_between_two_moments_is_working_time(first: str, last: str, hours: int) -> None:
    assert USUAL.between(at(first), at(last)) == hours * HOUR


def test_a_working_day_in_which_the_clock_is_changed_has_its_real_hours() -> None:
    nights = WorkingTime("Europe/London", time(0), time(6), frozenset(range(1, 8)))
    spring = datetime(2026, 3, 28, 23, tzinfo=UTC)  # at one the clock goes on to two
    assert nights.between(spring, datetime(2026, 3, 29, 12, tzinfo=UTC)) == 5 * HOUR
    autumn = datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert nights.between(autumn, datetime(2026, 10, 25, 12, tzinfo=UTC)) == 7 * HOUR


FIRST = datetime(2026, 10, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 120 * 24 * HOUR).map(lambda seconds: FIRST + timedelta(seconds=seconds))


@given(MOMENTS, st.integers(0, 40 * 9 * HOUR))
def test_after_and_between_agree(begun: datetime, seconds: int) -> None:
    assert USUAL.between(begun, USUAL.after(begun, seconds)) == seconds


@given(MOMENTS, st.integers(0, 40 * 9 * HOUR))
def test_before_and_between_agree(ended: datetime, seconds: int) -> None:
    assert USUAL.between(USUAL.before(ended, seconds), ended) == seconds


def test_a_calendar_without_working_days_keeps_nobody_waiting() -> None:
    never = WorkingTime("UTC", time(9), time(18), frozenset())
    begun = datetime(2026, 11, 18, tzinfo=UTC)
    assert never.between(begun, datetime(2027, 11, 18, tzinfo=UTC)) == 0
    assert never.after(begun, HOUR) == datetime(2026, 11, 18, 1, tzinfo=UTC)
