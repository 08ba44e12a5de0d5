"""Points by the piece and the kilogram (N3)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coalition.promotions.case import Failed, Item, Receipt
from tests.promotions.offers import document
from tests.promotions.parts.mechanics.sold import gives
from tests.promotions.parts.sales import bought, item, offer, sell

COFFEE = {"kind": "per_unit", "points": "5", "goods": {"categories": ["coffee"]}}


def test_every_piece_of_the_goods_gives_its_points() -> None:
    receipt = bought(item(40_000, 2000, category="coffee"), item(20_000, category="tea"))
    assert sell(offer(mechanic=COFFEE), receipt=receipt) == 10


def test_quantities_of_all_lines_add_up_before_they_are_counted() -> None:
    receipt = bought(item(10_000, 700, category="coffee"), item(10_000, 800, category="coffee"))
    assert sell(offer(mechanic=COFFEE), receipt=receipt) == 5
    assert sell(offer(mechanic=COFFEE | {"per": "0.5"}), receipt=receipt) == 15
    assert sell(offer(mechanic=COFFEE | {"per": "1.501"}), receipt=receipt) == Failed("quantity", 1501, 1500)


def test_a_purchase_without_lines_does_not_qualify() -> None:
    index = offer(mechanic=COFFEE)
    assert [sell(index, receipt=receipt) for receipt in (None, Receipt())] == [Failed("receipt")] * 2


def test_lines_that_cost_nothing_or_come_back_earn_nothing() -> None:
    lines = (
        item(0, category="coffee"),
        item(-10_000, category="coffee"),
        item(10_000, -1000, category="coffee"),
    )
    assert sell(offer(mechanic=COFFEE), receipt=bought(*lines)) == Failed("quantity", 1000, 0)


def test_lines_beyond_what_was_paid_are_not_trusted() -> None:
    receipt = bought(*(item(60_000, category="coffee") for _ in range(5)))
    index = offer(mechanic=COFFEE)
    assert sell(index, receipt=receipt, amount=300_000) == 25
    assert sell(index, receipt=receipt, amount=299_999) == 25  # a total rounded down harms nobody
    assert sell(index, receipt=receipt, amount=100_000) == 10
    assert sell(index, receipt=receipt, amount=0) == Failed("quantity", 1000, 0)


@pytest.mark.parametrize("wrong", [{"per": "0"}, {"per": "0.0001"}, {"points": "0"}])
def test_a_step_of_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        document(COFFEE | wrong)


ITEMS = st.lists(
    st.builds(
        Item,
        st.just("a"),
        st.integers(-3_000, 5_000),
        st.integers(-1_000, 50_000),
        category=st.just("coffee"),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(items=ITEMS, amount=st.integers(0, 200_000), more=st.integers(0, 9_000))
def test_more_goods_never_give_less(items: list[Item], amount: int, more: int) -> None:
    index = offer(mechanic=COFFEE)
    less, not_less = (
        gives(index, receipt=bought(*lines), amount=amount)
        for lines in (items, [*items, item(1, more, category="coffee")])
    )
    assert 0 <= less <= not_less
