"""Conditions that look at the receipt: goods, lines, sums, payments, channel, points spent (golden N3)."""

from typing import Any

import pytest
from pydantic import ValidationError

from coalition.promotions.case import Failed, Receipt
from tests.promotions.parts.sales import bought, item, offer, sell

COFFEE = {"kind": "goods", "goods": {"categories": ["coffee"]}}
NEEDS_RECEIPT: list[dict[str, Any]] = [
    COFFEE,
    {"kind": "items", "count_from": 1},
    {"kind": "payment", "types": ["sbp"]},
    {"kind": "channel", "any_of": ["app"]},
    {"kind": "without_spending"},
    {"kind": "region", "codes": ["south"]},
]


@pytest.mark.parametrize("condition", NEEDS_RECEIPT, ids=lambda condition: str(condition["kind"]))
def test_n3_a_purchase_without_a_receipt_does_not_qualify(condition: dict[str, Any]) -> None:
    assert sell(offer(condition)) == Failed("receipt")


@pytest.mark.parametrize("condition", NEEDS_RECEIPT[:2], ids=lambda condition: str(condition["kind"]))
def test_n3_a_receipt_without_lines_does_not_qualify(condition: dict[str, Any]) -> None:
    assert sell(offer(condition), receipt=Receipt(channel="app")) == Failed("receipt")


def test_goods_without_a_bound_need_one_line() -> None:
    index = offer(COFFEE)
    assert sell(index, receipt=bought(item(90_000), item(10_000, 1, category="coffee"))) == 10
    assert sell(index, receipt=bought(item(100_000, category="tea"))) == Failed("goods")


@pytest.mark.parametrize("amount", [0, -10_000])
def test_goods_for_nothing_do_not_count(amount: int) -> None:
    receipt = bought(item(100_000), item(amount, category="coffee"))
    assert sell(offer(COFFEE), receipt=receipt) == Failed("goods")


@pytest.mark.parametrize(
    ("quantities", "expected"),
    [
        ([1000, 1000], Failed("quantity", 2500, 2000)),
        ([1250, 1249], Failed("quantity", 2500, 2499)),
        ([1250, 1250], 10),
    ],
)
def test_a_quantity_of_goods_is_counted_in_thousandths(quantities: list[int], expected: int | Failed) -> None:
    receipt = bought(*(item(10_000, quantity, category="coffee") for quantity in quantities))
    assert sell(offer(COFFEE | {"quantity_from": "2.5"}), receipt=receipt) == expected


@pytest.mark.parametrize(
    ("amount", "expected"), [(29_999, Failed("goods_amount", 30_000, 29_999)), (30_000, 10)]
)
def test_a_sum_of_goods(amount: int, expected: int | Failed) -> None:
    receipt = bought(item(50_000), item(amount, category="coffee"))
    assert sell(offer(COFFEE | {"amount_from": "300"}), receipt=receipt) == expected


@pytest.mark.parametrize(
    ("amount", "expected"), [(33_329, Failed("goods_share", 3333, 3332)), (33_330, 10), (100_000, 10)]
)
def test_a_share_of_goods_is_of_the_purchase(amount: int, expected: int | Failed) -> None:
    receipt = bought(item(amount, category="coffee"))
    assert sell(offer(COFFEE | {"share_from": "33.33"}), receipt=receipt, amount=100_000) == expected


def test_goods_are_never_worth_more_than_the_purchase() -> None:
    receipt = bought(item(500_000, category="coffee"))
    wanted = COFFEE | {"amount_from": "1000.01"}
    assert sell(offer(wanted), receipt=receipt) == Failed("goods_amount", 100_001, 100_000)


def test_two_sorts_of_goods_are_both_wanted() -> None:
    index = offer(COFFEE, {"kind": "goods", "goods": {"categories": ["tea"]}})
    coffee, tea = item(50_000, category="coffee"), item(50_000, category="tea")
    assert [sell(index, receipt=bought(*lines)) for lines in ((coffee,), (coffee, tea))] == [
        Failed("goods"),
        10,
    ]


def test_lines_of_a_receipt_are_counted() -> None:
    index = offer({"kind": "items", "count_from": 2, "count_to": 3})
    found = [sell(index, receipt=bought(*[item(100)] * count, item(0), item(-5))) for count in (1, 2, 3, 4)]
    assert found == [Failed("items_from", 2, 1), 10, 10, Failed("items_to", 3, 4)]


def test_a_thousand_lines_are_read() -> None:
    receipt = bought(*[item(1, 1, category="coffee")] * 1000)
    assert sell(offer(COFFEE | {"quantity_from": "1"}), receipt=receipt) == 10


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(999_999, 10), (1_000_000, Failed("amount_below", 1_000_000, 1_000_000))],
)
def test_below_a_sum_means_not_at_it(amount: int, expected: int | Failed) -> None:
    assert sell(offer({"kind": "amount_below", "amount": "10000"}), amount=amount) == expected


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ((("sbp", 49_999), ("card", 50_001)), Failed("payment", 5000, 4999)),
        ((("sbp", 50_000), ("card", 50_000)), 10),
        ((("sbp", 30_000), ("qr", 20_000), ("card", 50_000)), 10),
        ((("card", 100_000),), Failed("payment", 5000, 0)),
        ((("sbp", -50_000), ("card", 50_000)), Failed("payment", 5000, 0)),
        ((), Failed("payment", 5000, 0)),
    ],
)
def test_a_share_paid_by_some_types(payments: tuple[tuple[str, int], ...], expected: int | Failed) -> None:
    index = offer({"kind": "payment", "types": ["sbp", "qr"], "share_from": "50"})
    assert sell(index, receipt=Receipt(payments=payments)) == expected


def test_without_a_share_any_part_of_the_payment_is_enough() -> None:
    index = offer({"kind": "payment", "types": ["sbp"]})
    assert sell(index, receipt=Receipt(payments=(("sbp", 1), ("card", 99_999)))) == 10
    assert sell(index, receipt=Receipt(payments=(("card", 99_999),))) == Failed("payment", 0, 0)


def test_a_channel_is_one_of_those_named() -> None:
    index = offer({"kind": "channel", "any_of": ["app", "site"]})
    found = [sell(index, receipt=Receipt(channel=channel)) for channel in ("app", "till", "")]
    assert found == [10, Failed("channel", "app, site", "till"), Failed("channel", "app, site", "")]


def test_who_spends_points_does_not_earn() -> None:
    index = offer({"kind": "without_spending"})
    assert sell(index, receipt=Receipt()) == 10
    assert sell(index, receipt=Receipt(points_spent=1)) == Failed("without_spending", 0, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        COFFEE | {"share_from": "0"},
        COFFEE | {"share_from": "100.01"},
        COFFEE | {"quantity_from": "0"},
        COFFEE | {"quantity_from": "0.0001"},
        COFFEE | {"amount_from": "0"},
        {"kind": "items"},
        {"kind": "items", "count_from": 3, "count_to": 2},
        {"kind": "items", "count_from": 0},
        {"kind": "payment", "types": []},
        {"kind": "payment", "types": ["sbp"], "share_from": "0"},
        {"kind": "channel", "any_of": []},
        {"kind": "channel", "any_of": [""]},
        {"kind": "amount_below", "amount": "0"},
        {"kind": "weather", "any_of": ["fine"]},
    ],
)
def test_what_cannot_be_met_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        offer(wrong)
