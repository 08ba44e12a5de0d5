"""A percentage of what was paid in some ways."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coalition.promotions.case import Failed, Receipt
from tests.promotions.offers import document
from tests.promotions.parts.mechanics.sold import gives
from tests.promotions.parts.sales import bought, item, offer, sell

INSTANT = {"kind": "by_payment", "rates": {"instant": "10"}}


def paid(*payments: tuple[str, int]) -> Receipt:
    return Receipt(payments=payments)


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([("instant", 100_000)], 100),
        ([("instant", 40_000), ("cash", 60_000)], 40),
        ([("instant", 20_000), ("instant", 20_000), ("cash", 60_000)], 40),
        ([("instant", 40_000), ("cash", 100_000), ("cash", -40_000)], 40),  # change
        ([("instant", 80_000)], 100),  # the whole of it, though less was told
        ([("instant", 500_000)], 100),  # and not more than the amount
        ([("cash", 100_000)], Failed("paid_by", ["instant"], ["cash"])),
        ([("instant", -100), ("cash", 100_100)], Failed("paid_by", ["instant"], ["cash"])),
        ([], Failed("paid_by", ["instant"], [])),
    ],
)
def test_only_the_part_that_was_paid_so_earns(
    payments: list[tuple[str, int]], expected: int | Failed
) -> None:
    assert sell(offer(mechanic=INSTANT), receipt=paid(*payments)) == expected


def test_rates_of_several_ways_add_up_and_are_floored_once() -> None:
    mechanic = {"kind": "by_payment", "rates": {"instant": "10", "card": "1"}}
    receipt = paid(("instant", 49_950), ("card", 50_050))
    assert sell(offer(mechanic=mechanic), receipt=receipt) == 54  # 49.95 + 5.005


def test_of_the_goods_that_count_only_the_part_earns() -> None:
    receipt = bought(
        item(50_000, category="coffee"), item(50_000), payments=(("instant", 40_000), ("cash", 60_000))
    )
    assert sell(offer(mechanic=INSTANT, base={"goods": {"categories": ["coffee"]}}), receipt=receipt) == 20


def test_a_purchase_without_a_receipt_does_not_qualify() -> None:
    assert sell(offer(mechanic=INSTANT)) == Failed("receipt")


@pytest.mark.parametrize("rates", [{}, {"instant": "0"}, {"instant": "1001"}])
def test_rates_that_give_nothing_are_refused(rates: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        document({"kind": "by_payment", "rates": rates})


@settings(max_examples=150, deadline=None)
@given(
    payments=st.lists(
        st.tuples(st.sampled_from(["instant", "card", "cash"]), st.integers(-5_000, 90_000)), max_size=6
    ),
    less=st.integers(0, 200_000),
    more=st.integers(0, 200_000),
)
def test_points_are_never_negative_and_grow_with_the_amount(
    payments: list[tuple[str, int]], less: int, more: int
) -> None:
    index = offer(mechanic=INSTANT)
    points, not_less = (
        gives(index, receipt=paid(*payments), amount=amount) for amount in (less, less + more)
    )
    assert 0 <= points <= not_less <= (less + more) // 1000
