"""How often a promotion pays one member, and how soon again."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.promotions.case import Failed
from coalition.promotions.engine import Past, replay
from coalition.promotions.index import microseconds
from tests.promotions.offers import buy as buy_of
from tests.promotions.offers import document, index_of, member
from tests.promotions.parts.sales import NOON, TEN, days, line_of, offer, sell, sell_all


@pytest.mark.parametrize(
    ("limits", "when", "paid"),
    [
        ({"times_per_day": 2}, (0, 0, 0, 1), [True, True, False, True]),
        ({"times_per_week": 1}, (0, 2, 3, 9, 10), [True, False, True, False, True]),  # from Friday
        ({"times_per_month": 2}, (0, 1, 10, 11, 12), [True, True, False, True, True]),  # 1 December is 11
        ({"times_ever": 1}, (0, 400, 4000), [True, False, False]),
        ({"times_ever": 3, "times_per_day": 1}, (0, 0, 1, 2, 3), [True, False, True, True, False]),
    ],
)
def test_a_promotion_pays_so_many_times(
    limits: dict[str, int], when: tuple[int, ...], paid: list[bool]
) -> None:
    assert sell_all(offer(limits=limits), days(*when)) == paid


def test_the_limit_that_was_reached_is_told() -> None:
    index, facts = offer(limits={"times_per_day": 1, "times_ever": 2}), member()
    found = [sell(index, facts, at) for at in days(0, 0, 1, 2)]
    assert found == [10, Failed("times_day", 1, 1), 10, Failed("times_ever", 2, 2)]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(minutes=60), 10),
        (timedelta(minutes=60) - timedelta(microseconds=1), Failed("gap", 60, 59)),
        (timedelta(minutes=-59), Failed("gap", 60, 59)),
        (timedelta(minutes=-60), 10),
        (timedelta(0), Failed("gap", 60, 0)),
    ],
)
def test_a_promotion_pays_again_after_a_while(later: timedelta, expected: int | Failed) -> None:
    index, facts = offer(limits={"gap_minutes": 60}), member()
    assert sell(index, facts) == 10
    assert sell(index, facts, NOON + later) == expected


def test_the_while_is_counted_from_what_was_paid() -> None:
    index = offer(limits={"gap_minutes": 60})
    times = [NOON + timedelta(minutes=minutes) for minutes in (0, 40, 60, 100, 120)]
    assert sell_all(index, times) == [True, False, True, False, True]


def test_a_purchase_too_small_for_a_point_does_not_use_up_a_time() -> None:
    index = offer(mechanic={"kind": "percent", "rate": "1"}, limits={"times_ever": 1})
    facts = member()
    assert [sell(index, facts, amount=amount) for amount in (99, 10_000, 10_000)] == [
        Failed("too_little", None, 99),
        1,
        Failed("times_ever", 1, 1),
    ]


def test_what_a_rival_takes_does_not_use_up_a_time() -> None:
    lane = {"name": "a", "combine": "best"}
    small = document(TEN, lane=lane, limits={"times_ever": 1})
    large = document({"kind": "percent", "rate": "10"}, lane=lane)
    index, facts = index_of(small, large), member()
    found = [[award.rule.version for award in buy_of(index, amount, facts) if award.points] for amount in (
        50_000, 5_000, 5_000)]  # fmt: skip
    assert found == [[2], [1], [2]]


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.integers(0, 3000), min_size=1, max_size=15),
    trigger=st.sampled_from(
        [
            {"kind": "purchase"},
            {"kind": "nth", "n": 2, "every": True},
            {"kind": "repeat", "days": 1},
            {"kind": "win_back", "silent_days": 1},
            {"kind": "streak", "length": 2, "span": "day", "again": True},
            {"kind": "mission", "measure": "turnover", "at_least": "3000", "span": "week"},
            {"kind": "first_n_purchases", "n": 3},
        ]
    ),
    kept=st.data(),
)
def test_a_replay_without_the_returned_ends_as_if_they_had_never_been(
    gaps: list[int], trigger: dict[str, Any], kept: st.DataObject
) -> None:
    index = offer(trigger=trigger, limits={"times_per_week": 3, "gap_minutes": 30})
    at, times = NOON, []
    for gap in gaps:
        at += timedelta(minutes=gap)
        times.append(at)
    left = [kept.draw(st.booleans()) for _ in times]
    whole, fewer = member(), member()
    expected = [sell(index, fewer, time) if stays else 0 for time, stays in zip(times, left, strict=True)]
    past = [
        Past(line_of(time, 100_000 if stays else 0), time.date(), microseconds(time), 0)
        for time, stays in zip(times, left, strict=True)
    ]
    given_ = [sum(award.points for award in awards) for awards in replay(index, whole, past)]
    assert given_ == [points if isinstance(points, int) else 0 for points in expected]
    assert whole.counters == fewer.counters
