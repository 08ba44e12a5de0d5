"""Triggers that look at the time between purchases: repeats, returns after silence, streaks (golden R4)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from coalition.promotions.case import Failed
from tests.promotions.offers import member
from tests.promotions.parts.sales import days, offer, sell, sell_all

FIRST = datetime(2026, 11, 1, 12, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)
REPEAT = {"kind": "repeat", "days": 14}


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(0), 10),
        (FORTNIGHT, 10),  # 15 November 12:00
        (FORTNIGHT + timedelta(microseconds=1), Failed("repeat", 14, 15)),
        (FORTNIGHT + timedelta(minutes=1), Failed("repeat", 14, 15)),  # 15 November 12:01
    ],
)
def test_r4_a_repeat_is_within_fourteen_times_twenty_four_hours(
    later: timedelta, expected: int | Failed
) -> None:
    index, facts = offer(trigger=REPEAT), member()
    assert sell(index, facts, FIRST) == Failed("repeat", 14)
    assert sell(index, facts, FIRST + later) == expected


def test_r4_each_purchase_is_the_one_before_once() -> None:
    assert sell_all(offer(trigger=REPEAT), days(0, 10, 20, 40, 41)) == [False, True, True, False, True]


def test_r4_a_purchase_that_became_known_late_is_a_repeat_too() -> None:
    index = offer(trigger=REPEAT)
    assert sell_all(index, days(10, 0, 20)) == [False, True, True]  # from 10 to 20, not from 0
    assert sell_all(index, days(30, 0, 31)) == [False, False, True]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(days=90), 10),
        (timedelta(days=90) - timedelta(microseconds=1), Failed("win_back", 90, 89)),
        (timedelta(days=-100), Failed("win_back", 90, 0)),
    ],
)
def test_a_return_comes_after_the_silence(later: timedelta, expected: int | Failed) -> None:
    index, facts = offer(trigger={"kind": "win_back", "silent_days": 90}), member()
    assert sell(index, facts, FIRST) == Failed("win_back", 90)
    assert sell(index, facts, FIRST + later) == expected


def test_a_silence_is_measured_from_the_latest_purchase() -> None:
    index = offer(trigger={"kind": "win_back", "silent_days": 90})
    assert sell_all(index, days(0, 89, 100, 190, 280)) == [False, False, False, True, True]


def streak(length: int, span: str, again: bool = False) -> Any:
    return offer(trigger={"kind": "streak", "length": length, "span": span, "again": again})


def test_a_streak_of_days_pays_on_the_day_that_completes_it() -> None:
    assert sell_all(streak(3, "day"), days(0, 0, 1, 2, 2, 3)) == [False, False, False, True, False, False]


def test_a_missed_day_begins_the_streak_anew() -> None:
    index, facts = streak(3, "day"), member()
    assert [sell(index, facts, at) for at in days(0, 1, 3, 4, 5)] == [
        Failed("streak", 3, 1),
        Failed("streak", 3, 2),
        Failed("streak", 3, 1),
        Failed("streak", 3, 2),
        10,
    ]


def test_a_streak_is_paid_once_or_again_and_again() -> None:
    once, again = streak(2, "day"), streak(2, "day", again=True)
    assert sell_all(once, days(0, 1, 2, 3, 10, 11)) == [False, True, False, False, False, False]
    assert sell_all(again, days(0, 1, 2, 3, 10, 11)) == [False, True, False, True, False, True]
    facts = member()
    assert [sell(again, facts, at) for at in days(0, 1, 1)][2] == Failed("streak", 2, 0)
    facts = member()
    assert [sell(once, facts, at) for at in days(0, 1, 2)][2] == Failed("once", 1, 1)


def test_weeks_begin_on_monday() -> None:
    # Friday 20th, Monday 23rd, Sunday 29th, Monday 30th
    assert sell_all(streak(3, "week"), days(0, 3, 9, 10)) == [False, False, False, True]


def test_december_is_followed_by_january() -> None:
    times = [datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)]
    for span in ("day", "week", "month"):
        paid = [False, span != "week"]  # both days are of one week
        assert sell_all(streak(2, span), times) == paid


def test_a_hole_that_is_filled_too_late_stays_a_hole() -> None:
    assert sell_all(streak(3, "day"), days(0, 2, 1, 3)) == [False, False, False, False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "repeat", "days": 0},
        {"kind": "win_back", "silent_days": 0},
        {"kind": "streak", "length": 1, "span": "day"},
        {"kind": "streak", "length": 3, "span": "ever"},
        {"kind": "streak", "length": 3, "span": "year"},
    ],
)
def test_what_cannot_be_met_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        offer(trigger=wrong)
