"""N1: 10 % on the first purchase, 5 % on the second."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coalition.promotions.case import Failed
from coalition.promotions.engine import replay
from tests.promotions.offers import buy, document, index_of, member
from tests.promotions.parts.mechanics.sold import gives, past
from tests.promotions.parts.sales import bought, item, offer, sell

N1 = {"kind": "ladder", "steps": ["10", "5"]}
OVER = Failed("ladder", 2, 3)


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("none", [100, 50, OVER, Failed("ladder", 2, 4)]),
        ("last", [100, 50, 50, 50]),
        ("again", [100, 50, 100, 50]),
    ],
)
def test_n1_ten_percent_first_five_second(then: str, expected: list[int | Failed]) -> None:
    index, facts = offer(mechanic=N1 | {"then": then}), member()
    assert [sell(index, facts) for _ in range(4)] == expected


def test_every_partner_can_have_a_ladder_of_its_own() -> None:
    index, facts = offer(mechanic=N1 | {"per_partner": True}), member()
    assert [sell(index, facts, partner=partner) for partner in (1, 2, 1, 2, 1)] == [100, 100, 50, 50, OVER]
    index, facts = offer(mechanic=N1), member()
    assert [sell(index, facts, partner=partner) for partner in (1, 2, 1)] == [100, 50, OVER]


def test_ladders_of_two_promotions_are_climbed_apart() -> None:
    facts = member()
    index = index_of(document(N1), document(N1))
    assert [[award.points for award in buy(index, 100_000, facts)] for _ in range(2)] == [
        [100, 100],
        [50, 50],
    ]


def test_a_purchase_of_which_nothing_counts_is_no_step() -> None:
    base = {"goods": {"categories": ["coffee"]}}
    index, facts = offer(mechanic=N1, base=base), member()
    tea, coffee = (bought(item(100_000, category=category)) for category in ("tea", "coffee"))
    given_ = [gives(index, facts, receipt=receipt) for receipt in (None, tea, coffee, tea, coffee)]
    assert given_ == [0, 0, 100, 0, 50]


def test_a_returned_purchase_gives_its_step_to_the_next() -> None:
    index = offer(mechanic=N1)
    given_ = [
        [
            sum(award.points for award in each)
            for each in replay(index, member(), past(first, 100_000, 100_000))
        ]
        for first in (100_000, 0)
    ]
    assert given_ == [[100, 50, 0], [0, 100, 50]]


def test_the_explanation_keeps_the_rung() -> None:
    index, facts = index_of(document(N1 | {"then": "again"})), member()
    awards = [buy(index, 100_000, facts)[0] for _ in range(3)]
    assert [(award.base, award.points, award.step) for award in awards] == [
        (100_000, 100, 1),
        (100_000, 50, 2),
        (100_000, 100, 1),
    ]


@pytest.mark.parametrize(
    "wrong", [{"steps": []}, {"steps": ["0"]}, {"steps": ["1001"]}, {"then": "sometimes"}]
)
def test_a_ladder_that_says_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        document(N1 | wrong)


@settings(max_examples=100, deadline=None)
@given(
    amounts=st.lists(st.integers(-100, 1_000_000), min_size=1, max_size=8),
    then=st.sampled_from(["none", "last", "again"]),
)
def test_points_are_those_of_the_rung_and_never_negative(amounts: list[int], then: str) -> None:
    index, facts, number = offer(mechanic=N1 | {"then": then}), member(), 0
    for amount in amounts:
        found = gives(index, facts, amount=amount)
        if amount <= 0:
            assert found == 0
            continue
        number += 1
        rate = (
            {"none": 0, "last": 5, "again": (5, 10)[number % 2]}[then] if number > 2 else (10, 5)[number - 1]
        )
        assert found == amount * rate // 10_000
