"""Drafts of discounts on stored purchases: what they would take off, to the kopeck."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from coalition.backtests.tally import used_up
from coalition.promotions.case import Item, Receipt
from tenants.runtime import clock
from tenants.runtime.errors import Refusal
from tests.backtests.till import COFFEE, NOW, OFF, backtest, goods, own, sale, sold, told
from tests.transactions.bank import join, open_bank, per_step, promotion, query

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


@pytest.mark.parametrize(
    "terms",
    [
        promotion({"kind": "percent", "rate": "7.5"}, gives=OFF),
        promotion({"kind": "percent", "rate": "100"}, gives=OFF),
        promotion({"kind": "percent", "rate": "50"}, gives=OFF, base=COFFEE),
        promotion({"kind": "percent", "rate": "15"}, gives=OFF, limits={"per_month": "160"}),
        promotion({"kind": "fixed", "points": "100.50"}, gives=OFF, trigger={"kind": "nth", "n": 2, "every": True}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("alone", [False, True])
def test_the_same_discount_tried_on_what_it_has_given_takes_off_the_same(
    terms: dict[str, Any], alone: bool
) -> None:
    bank = open_bank([terms, per_step()])
    vera, boris = join(bank), join(bank)
    taken = 0
    for number, member in enumerate((vera, boris, vera, vera)):
        lines = (*goods(33_333, 10_01 * (number + 1)), *goods(10_003, category="coffee"))
        asked = sale(member, f"s{number}", days=3 - number, amount=sum(item.amount for item in lines))
        taken += sold(bank, replace(asked, receipt=Receipt(lines)))
    assert taken > 0
    tally = backtest(bank, terms, "p0", alone=alone)
    assert own(tally).whole == [taken, taken]
    assert own(tally).points == taken
    assert (
        sum(sum(row[0][2::5]) for row in query(bank, "select reason from purchase")) == taken + tally.whole[0]
    )
    if not alone:
        assert tally.whole[0] == tally.whole[1]


def test_what_a_new_discount_takes_off_is_money_and_points_are_of_what_is_left() -> None:
    bank = open_bank([per_step()])
    vera, boris = join(bank), join(bank)
    told(
        bank,
        sale(vera, "a", 60_000, 50_005),
        sale(vera, "b", 5_000, days=1),
        sale(boris, "c", 20_000, days=1),
    )
    terms = promotion({"kind": "percent", "rate": "10"}, gives=OFF, conditions={"amount_from": "200"})
    tally = backtest(bank, terms)
    assert own(tally).whole == [0, 13_000]  # 10 % of 1,100.05 and of 200.00, the remainder lost
    assert (own(tally).reached, own(tally).awards, own(tally).cut) == (2, 2, 0)
    assert own(tally).days == {"2026-11-21": [0, 2_000], "2026-11-22": [0, 11_000]}
    assert own(tally).partners == {"0": [0, 13_000]}
    assert own(tally).funders == {}
    # 11 points of 1,100.05 are 9 of 990.05; 2 of 200.00 are 1 of 180.00; of 50.00 there are none
    assert tally.whole == [13, 10]
    assert (tally.points, tally.reached) == (0, 0)
    assert used_up(own(tally).daily, 10_000) == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("limits", "off", "cut", "cut_of_each"),
    [
        ({"per_month": "150"}, 15_000, 5_000, [0, 5_000]),
        ({"per_month": "100"}, 10_000, 10_000, [0, 10_000]),
        ({"per_purchase": "30"}, 6_000, 14_000, [7_000, 7_000]),
    ],
)
def test_what_the_limits_would_cut_of_a_discount_is_told(
    limits: dict[str, str], off: int, cut: int, cut_of_each: list[int]
) -> None:
    bank = open_bank([])
    vera = join(bank)
    told(bank, sale(vera, "a", 100_000, days=1), sale(vera, "b", 100_000))
    tally = backtest(bank, promotion({"kind": "percent", "rate": "10"}, gives=OFF, limits=limits))
    assert (own(tally).points, own(tally).cut, own(tally).cut_members) == (off, cut, 1)
    assert [pair[1] for _, pair in sorted(own(tally).daily.items())] == cut_of_each
    assert tally.cut == 0


def test_a_discount_in_the_place_of_another_is_reckoned_from_the_full_prices() -> None:
    ten, twenty = (promotion({"kind": "percent", "rate": rate}, gives=OFF) for rate in ("10", "20"))
    bank = open_bank([ten, per_step()])
    vera = join(bank)
    assert sold(bank, sale(vera, "a", 60_000, 40_000)) == 10_000
    tally = backtest(bank, twenty, "p0")
    assert (own(tally).whole, tally.whole) == ([10_000, 20_000], [9, 8])


@pytest.mark.parametrize("lines", [True, False])
def test_what_a_till_took_off_by_a_code_of_its_own_stays(lines: bool) -> None:
    bank = open_bank([per_step()])
    items = (Item("tea", 1000, 80_000, discount=20_000),) if lines else ()
    receipt = Receipt(items, discounts=(("manager", 20_000),))
    told(bank, sale(join(bank), "a", amount=80_000, receipt=receipt))
    tally = backtest(bank, promotion({"kind": "percent", "rate": "1"}, gives=OFF))
    assert own(tally).whole == [0, 1_000]  # of 1,000.00, as a till is answered
    assert tally.whole == [8, 7]  # of 800.00, and of 790.00


def test_a_code_of_the_tills_own_stays_beside_a_promotion_that_is_taken_back() -> None:
    ten, twenty = (promotion({"kind": "percent", "rate": rate}, gives=OFF) for rate in ("10", "20"))
    bank = open_bank([ten, per_step()])
    items = (Item("a", 1000, 47_000, discount=13_000), Item("b", 1000, 23_000, discount=17_000))
    receipt = Receipt(items, discounts=(("manager", 20_000), ("p0", 10_000)))
    told(bank, sale(join(bank), "a", amount=70_000, receipt=receipt))
    tally = backtest(bank, twenty, "p0")
    assert own(tally).whole == [10_000, 20_000]
    assert tally.whole == [7, 6]  # of 700.00, and of 600.00


def test_of_competing_discounts_only_the_better_one_would_be_taken_off() -> None:
    lane = {"name": "till", "combine": "best"}
    five, seven, three = (
        promotion({"kind": "percent", "rate": rate}, gives=OFF, lane=lane) for rate in ("5", "7", "3")
    )
    bank = open_bank([five])
    vera = join(bank)
    sold(bank, sale(vera, "a", 100_000))
    assert own(backtest(bank, seven)).whole == [5_000, 7_000]
    assert own(backtest(bank, three)).whole == [5_000, 5_000]


def test_a_line_that_came_back_takes_its_discount_with_it() -> None:
    ten = promotion({"kind": "percent", "rate": "10"}, gives=OFF)
    bank = open_bank([ten])
    vera = join(bank)
    assert sold(bank, sale(vera, "a", 60_000, 40_000)) == 10_000
    back = sale(vera, "r", amount=36_000, receipt=Receipt(goods(36_000)), refund=True, original="a")
    told(bank, replace(back, receipt=Receipt((Item("1", 1000, 36_000),))))
    assert own(backtest(bank, ten, "p0")).whole == [6_000, 6_000]


def test_a_promotion_is_not_tried_as_what_it_can_never_become() -> None:
    bank = open_bank([per_step()])
    with pytest.raises(Refusal, match="document_invalid") as refused:
        backtest(bank, promotion({"kind": "percent", "rate": "10"}, gives=OFF), "p0")
    assert refused.value.facts["field"] == "gives"
    assert query(bank, "select count(*) from backtest") == [(0,)]
