"""C2: buy one, get one, and the cheapest of so many."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coalition.promotions.case import Failed, Item, Receipt, Setting, Units
from coalition.promotions.compiling import compile_index
from coalition.promotions.index import Published
from tests.promotions.offers import CODES, LONG_AGO, buy, document, index_of
from tests.promotions.parts.mechanics.sold import gives
from tests.promotions.parts.sales import bought, item, offer, sell

C2 = {"kind": "buy_get", "buy": 1, "get": 1}
PRICES = (15_000, 9_000, 20_000, 12_000)
FOUR = bought(*(item(price) for price in PRICES))


def test_c2_of_200_150_120_and_90_the_gifts_are_150_and_90() -> None:
    assert sell(offer(mechanic=C2), receipt=FOUR, amount=56_000) == 240


@pytest.mark.parametrize(
    ("mechanic", "expected"),
    [
        ({"kind": "buy_get", "buy": 2, "get": 1}, 120),
        ({"kind": "buy_get", "buy": 3, "get": 1}, 90),
        (
            {"kind": "buy_get", "buy": 1, "get": 2},
            270,
        ),  # 150 and 120; of the last round only 90 is there, bought
        ({"kind": "buy_get", "buy": 1, "get": 3}, 360),
        ({"kind": "buy_get", "buy": 2, "get": 2}, 210),
        ({"kind": "buy_get", "rate": "50"}, 120),
        ({"kind": "buy_get", "rate": "33.33"}, 79),  # of 79.99
        ({"kind": "cheapest", "of": 2}, 240),
        ({"kind": "cheapest", "of": 3}, 120),
        ({"kind": "cheapest", "of": 4}, 90),
        ({"kind": "cheapest", "of": 4, "rate": "50"}, 45),
        ({"kind": "cheapest", "of": 5}, Failed("pieces", 5, 4)),
        ({"kind": "buy_get", "buy": 4, "get": 1}, Failed("pieces", 5, 4)),
    ],
)
def test_gifts_are_the_last_of_each_round_by_descending_price(
    mechanic: dict[str, Any], expected: int | Failed
) -> None:
    assert sell(offer(mechanic=mechanic), receipt=FOUR, amount=56_000) == expected


def test_pieces_of_one_line_are_pieces() -> None:
    assert sell(offer(mechanic=C2), receipt=bought(item(60_000, 3000)), amount=60_000) == 200
    assert sell(offer(mechanic=C2), receipt=bought(item(60_000, 4000)), amount=60_000) == 300
    assert sell(offer(mechanic=C2), receipt=bought(item(60_000, 1000)), amount=60_000) == Failed(
        "pieces", 2, 1
    )


def test_a_million_pieces_are_counted_at_once() -> None:
    receipt = bought(item(100_000_000, 1_000_000_000), item(1, 999_999_000))
    (award,) = buy_with(receipt, 100_000_001)
    assert (award.points, award.step) == (500_000, 999_999)


def test_weighed_goods_are_no_pieces() -> None:
    receipt = bought(item(10_000, 500), item(10_000, 1500), item(10_000))
    assert sell(offer(mechanic=C2), receipt=receipt) == Failed("pieces", 2, 1)


def test_only_the_named_goods_make_pairs() -> None:
    mechanic = C2 | {"goods": {"tags": ["pair"]}}
    tagged = [item(price, tags=frozenset({"pair"})) for price in PRICES[:3]]
    assert sell(offer(mechanic=mechanic), receipt=bought(*tagged, item(50_000))) == 150


def test_lines_that_cost_nothing_or_come_back_are_no_pieces() -> None:
    receipt = bought(item(10_000), item(0), item(-5_000), item(5_000, -1000))
    assert sell(offer(mechanic=C2), receipt=receipt) == Failed("pieces", 2, 1)


def test_without_a_receipt_there_are_no_gifts() -> None:
    index = offer(mechanic=C2)
    assert [sell(index, receipt=receipt) for receipt in (None, Receipt())] == [Failed("receipt")] * 2


def test_gifts_are_never_worth_more_than_was_paid() -> None:
    receipt = bought(item(10_000), item(1_000_000, 2000))
    assert sell(offer(mechanic=C2), receipt=receipt, amount=15_000) == 150


def buy_with(receipt: Receipt, amount: int, exchange: tuple[int, int] = (1, 100), scale: int = 0) -> Any:
    """The awards under the first promotion for a receipt, at this exchange."""
    from_setting = Setting(Units(scale, 2), exchange=exchange)
    published = Published(1, 101, LONG_AGO, None, LONG_AGO, document(C2))
    index = compile_index([published], number=1, setting=from_setting, codes=CODES, delay_days=0)
    return buy(index, amount, receipt=receipt)


@pytest.mark.parametrize(
    ("exchange", "scale", "units"),
    [((1, 100), 0, 240), ((100, 100), 2, 24_000), ((10, 100), 0, 2_400), ((1, 700), 0, 34)],
)
def test_the_price_comes_back_at_the_programmes_exchange(
    exchange: tuple[int, int], scale: int, units: int
) -> None:
    (award,) = buy_with(FOUR, 56_000, exchange, scale)
    assert (award.base, award.points, award.step) == (24_000, units, 2)


@pytest.mark.parametrize(
    "wrong",
    [{"buy": 0}, {"get": 0}, {"rate": "0"}, {"rate": "101"}, {"kind": "cheapest", "of": 1}, {"get": 1001}],
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        document({"kind": "buy_get"} | wrong)


ITEMS = st.lists(
    st.builds(
        Item, st.just("a"), st.one_of(st.integers(-3, 9).map(lambda n: n * 1000), st.integers(0, 5_000)),
        st.integers(-1_000, 50_000),
    ),
    max_size=10,
)  # fmt: skip
GIFTS = st.one_of(
    st.builds(
        lambda buy, get, rate: {"kind": "buy_get", "buy": buy, "get": get, "rate": str(rate)},
        st.integers(1, 4), st.integers(1, 4), st.integers(1, 100),
    ),
    st.builds(lambda of: {"kind": "cheapest", "of": of}, st.integers(2, 5)),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(mechanic=GIFTS, items=ITEMS, amount=st.integers(0, 300_000))
def test_gifts_are_never_negative_and_never_above_the_amount(
    mechanic: dict[str, Any], items: list[Item], amount: int
) -> None:
    assert 0 <= gives(offer(mechanic=mechanic), receipt=bought(*items), amount=amount) <= amount // 100


@settings(max_examples=100, deadline=None)
@given(prices=st.lists(st.integers(1, 9_999), min_size=2, max_size=12), of=st.integers(2, 5))
def test_gifts_are_those_that_a_list_of_all_pieces_shows(prices: list[int], of: int) -> None:
    prices = [price * 100 for price in prices]
    index = index_of(document({"kind": "cheapest", "of": of}))
    awards = buy(index, sum(prices), receipt=bought(*(item(price) for price in prices)))
    assert sum(award.base for award in awards) == sum(sorted(prices, reverse=True)[of - 1 :: of])
