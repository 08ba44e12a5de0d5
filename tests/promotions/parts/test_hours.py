"""Weekdays and hours (golden H1)."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from coalition.promotions.case import Failed
from tests.promotions.parts.sales import offer, sell, sold_at

HAPPY = {
    "kind": "hours",
    "days": [1, 2, 3, 4, 5],
    "spans": [{"start": "10:00", "end": "13:00"}, {"start": "15:00", "end": "17:00"}],
    "except_holidays": True,
}
HOLIDAY = date(2026, 11, 4)  # a Wednesday


@pytest.mark.parametrize(
    ("clock", "pays"),
    [
        ("09:59:59", False),
        ("10:00:00", True),
        ("12:59:59", True),
        ("13:00:00", False),
        ("14:59:59", False),
        ("15:00:00", True),
        ("16:59:59", True),
        ("17:00:00", False),
    ],
)
def test_h1_happy_hours_begin_on_the_hour_and_end_before_it(clock: str, pays: bool) -> None:
    at = datetime.fromisoformat(f"2026-11-20T{clock}+00:00")
    assert sell(offer(HAPPY), at=at) == (10 if pays else Failed("hours", None, f"2026-11-20T{clock}"))


@pytest.mark.parametrize(("day", "pays"), [(16, True), (20, True), (21, False), (22, False), (23, True)])
def test_h1_happy_hours_are_on_weekdays(day: int, pays: bool) -> None:
    assert (sell(offer(HAPPY), at=datetime(2026, 11, day, 11, tzinfo=UTC)) == 10) is pays


def test_h1_a_holiday_of_the_tenant_is_no_weekday() -> None:
    at = datetime(2026, 11, 4, 11, tzinfo=UTC)
    assert sell(offer(HAPPY), at=at) == 10
    assert sell(offer(HAPPY, holidays=[HOLIDAY]), at=at) == Failed("holiday", None, "2026-11-04T11:00:00")
    kept = HAPPY | {"except_holidays": False}
    assert sell(offer(kept, holidays=[HOLIDAY]), at=at) == 10


def test_h1_the_clock_is_the_outlets() -> None:
    late = datetime(2026, 11, 20, 1, tzinfo=UTC)  # 11:00 in Vladivostok
    index = offer(HAPPY)
    assert sell(index, at=late, receipt=sold_at("Asia/Vladivostok")) == 10
    assert sell(index, at=late) == Failed("hours", None, "2026-11-20T01:00:00")
    monday_there = datetime(2026, 11, 22, 23, tzinfo=UTC)
    there = sell(index, at=monday_there, receipt=sold_at("Asia/Vladivostok"))
    assert there == Failed("hours", None, "2026-11-23T09:00:00")


def test_a_span_can_have_days_of_its_own() -> None:
    index = offer(
        {
            "kind": "hours",
            "days": [1],
            "spans": [
                {"start": "10:00", "end": "11:00"},
                {"start": "20:00", "end": "00:00", "days": [6]},
            ],
        }
    )
    times = [(16, 10), (21, 10), (16, 20), (21, 20), (21, 23)]
    paid = [sell(index, at=datetime(2026, 11, day, hour, 59, tzinfo=UTC)) == 10 for day, hour in times]
    assert paid == [True, False, False, True, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"spans": []},
        {"days": []},
        {"days": [0]},
        {"days": [8]},
        {"spans": [{"start": "13:00", "end": "10:00"}]},
        {"spans": [{"start": "10:00", "end": "10:00"}]},
        {"spans": [{"start": "10:00+03:00", "end": "11:00+03:00"}]},
        {"spans": [{"start": "10:00", "end": "11:00", "days": [9]}]},
        {"spans": [{"start": "25:00", "end": "26:00"}]},
    ],
)
def test_a_timetable_that_cannot_be_met_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        offer(HAPPY | wrong)


def test_a_timetable_is_named_once() -> None:
    with pytest.raises(ValidationError, match="'hours' is named once"):
        offer(HAPPY, HAPPY)
