"""Triggers that count purchases: n-th, first ones, promo codes, missions (golden R3, C1, N1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from coalition.members.codes import canonical
from coalition.promotions.case import Failed
from coalition.promotions.index import microseconds
from tests.promotions.offers import member
from tests.promotions.parts.sales import NOON, days, known, offer, sell, sell_all


def numbers(paid: list[bool]) -> list[int]:
    """The purchases that pay, from 1."""
    return [number for number, pays in enumerate(paid, 1) if pays]


def test_r3_every_fifth_purchase_pays() -> None:
    index = offer(trigger={"kind": "nth", "n": 5, "every": True})
    assert numbers(sell_all(index, days(*range(16)))) == [5, 10, 15]


def test_the_fifth_purchase_alone_pays() -> None:
    assert numbers(sell_all(offer(trigger={"kind": "nth", "n": 5}), days(*range(16)))) == [5]


def test_what_fails_a_condition_is_not_counted() -> None:
    index = offer({"kind": "amount_below", "amount": "10"}, trigger={"kind": "nth", "n": 2})
    facts = member()
    found = [sell(index, facts, amount=amount) for amount in (500, 5_000, 500)]
    assert found == [Failed("nth", 2, 1), Failed("amount_below", 1000, 5000), 10]


def test_n1_the_first_purchases_pay() -> None:
    index, facts = offer(trigger={"kind": "first_n_purchases", "n": 2}), member()
    found = [sell(index, facts, at) for at in days(0, 1, 2, 3)]
    refused = [Failed("first_n_purchases", 2, number) for number in (3, 4)]
    assert found == [10, 10, *refused]


def test_n1_the_first_purchase_at_each_partner_pays() -> None:
    index = offer(trigger={"kind": "first_n_purchases", "n": 1, "per_partner": True})
    facts = member()
    assert [sell(index, facts, partner=partner) == 10 for partner in (1, 2, 1, 2)] == [
        True,
        True,
        False,
        False,
    ]


def test_c1_the_fifth_purchase_after_the_code_pays() -> None:
    index = offer(trigger={"kind": "promo_code", "code": "FRIEND", "kth": 5})
    facts = known(codes={canonical("FRIEND"): microseconds(NOON)})
    early = NOON - timedelta(microseconds=1)
    assert numbers(sell_all(index, [early, *days(0, 0, 1, 2, 3, 4)], facts)) == [6]
    assert sell(index, facts, early) == Failed("promo_code", "FRIEND")
    assert sell(index, facts) == Failed("nth", 5, 7)


def test_c1_a_code_that_was_not_entered_pays_nothing() -> None:
    index = offer(trigger={"kind": "promo_code", "code": "FRIEND"})
    assert sell(index, known(codes={"OTHER": 1})) == Failed("promo_code", "FRIEND")
    assert sell(index, known(codes={canonical("FRIEND"): 1})) == 10


def mission(measure: str, at_least: str, span: str) -> Any:
    return offer(trigger={"kind": "mission", "measure": measure, "at_least": at_least, "span": span})


def test_a_mission_pays_on_the_purchase_that_reaches_the_turnover() -> None:
    index, facts = mission("turnover", "3000", "month"), member()
    amounts = (199_999, 100_000, 1, 500_000)
    assert [sell(index, facts, amount=amount) for amount in amounts] == [
        Failed("mission", 300_000, 199_999),
        Failed("mission", 300_000, 299_999),
        10,
        Failed("mission", 300_000, 800_000),
    ]


def test_a_mission_begins_anew_with_its_period() -> None:
    index = mission("purchases", "2", "week")  # the 20th is a Friday
    assert numbers(sell_all(index, days(0, 1, 2, 3, 4, 5))) == [2, 5]


def test_a_mission_for_ever_pays_once() -> None:
    assert numbers(sell_all(mission("purchases", "3", "ever"), days(0, 100, 200, 300, 900))) == [3]


def test_one_purchase_can_be_a_whole_mission() -> None:
    assert sell(mission("turnover", "1000", "day"), amount=100_000) == 10


def test_a_mission_asks_for_the_counters_of_its_period() -> None:
    index = mission("purchases", "3", "quarter")
    assert index.periods([datetime(2026, 11, 20, tzinfo=UTC).date()]) == {0, 20264}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "mission", "measure": "purchases", "at_least": "2.5", "span": "month"},
        {"kind": "mission", "measure": "purchases", "at_least": "0", "span": "month"},
        {"kind": "mission", "measure": "points", "at_least": "2", "span": "month"},
        {"kind": "mission", "measure": "turnover", "at_least": "2", "span": "hour"},
        {"kind": "promo_code", "code": ""},
        {"kind": "promo_code", "code": "A", "kth": 0},
        {"kind": "first_n_purchases", "n": 0},
        {"kind": "nth", "n": 0},
    ],
)
def test_what_cannot_be_met_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        offer(trigger=wrong)
