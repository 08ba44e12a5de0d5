"""Drafts of discounts and benefits on stored purchases: in money and in pieces, and what cannot be known is said."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from coalition.backtests import jobs
from coalition.backtests.actions import start_backtest
from coalition.backtests.queries import backtest_by_id
from coalition.backtests.tally import Tally, budget_ends
from coalition.benefits.actions import add_benefit
from coalition.partners.actions import add_partner, open_outlet
from coalition.promotions.actions import publish
from coalition.promotions.case import Item, Receipt
from coalition.transactions.dry_run import dry_run
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tests.ledger.house import House, drain
from tests.transactions.bank import LONG_AGO, join, open_bank, per_step, promotion, query

JOBS = (jobs,)
pytestmark = pytest.mark.usefixtures("house")
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
OFF = {"kind": "discount"}
COFFEE = {"goods": {"categories": ["coffee"]}}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


def goods(*amounts: int, category: str = "") -> tuple[Item, ...]:
    return tuple(
        Item(f"{category}{number}", 1000, amount, category=category) for number, amount in enumerate(amounts)
    )


def sale(member: UUID, reference: str, *amounts: int, days: int = 0, **more: Any) -> Told:
    receipt = Receipt(goods(*amounts)) if amounts else None
    total = {"receipt": receipt, "amount": sum(amounts)} | more
    amount = total.pop("amount")
    return Told(reference, member, NOW - timedelta(days=days), amount, "shop", **total)


def told(bank: House, *sales: Told) -> None:
    with db.transaction(bank.tenant) as session:
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=sales)


def sold(bank: House, asked: Told) -> int:
    """The way of a till: ask, take off, tell; what was taken off."""
    with db.transaction(bank.tenant) as session:
        answer = dry_run(session, SYSTEM, programme_id=bank.programme, told=asked)
    told(bank, replace(asked, amount=answer.amount, receipt=answer.receipt))
    return asked.amount - answer.amount


def backtest(bank: House, document: dict[str, Any], code: str = "draft", **asked: Any) -> Tally:
    """The whole tally; `own` holds the document's own unit."""
    days = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 30)}
    with db.transaction(bank.tenant) as session:
        number = start_backtest(
            session, SYSTEM, programme_id=bank.programme, code=code, document=document, **days | asked
        ).id
    drain(bank.tenant)
    with db.transaction(bank.tenant) as session:
        found = backtest_by_id(session, number)
    assert found.finished
    assert found.tally.own is not None
    return found.tally


def own(tally: Tally) -> Tally:
    assert tally.own is not None
    return tally.own


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
    assert budget_ends(own(tally).daily, 10_000) == date(2026, 11, 22)


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


def test_without_lines_it_is_said_of_how_much_nothing_can_be_known() -> None:
    bank = open_bank([])
    vera = join(bank)
    latte = Receipt(goods(20_000, category="coffee"))
    told(
        bank,
        sale(vera, "a", amount=20_000, receipt=latte),
        sale(vera, "b", amount=30_000),
        sale(vera, "c", amount=40_000, receipt=Receipt(channel="web")),
        sale(vera, "d", 50_000),
    )
    half = promotion({"kind": "percent", "rate": "50"}, gives=OFF, base=COFFEE)
    found = own(backtest(bank, half))
    assert (found.whole, found.unknown, found.unknown_amount) == ([0, 10_000], 2, 70_000)
    wanted = promotion(
        {"kind": "percent", "rate": "50"}, gives=OFF, where=[{"kind": "channel", "any_of": ["web"]}]
    )
    found = own(backtest(bank, wanted))
    assert (found.whole, found.unknown, found.unknown_amount) == ([0, 20_000], 3, 100_000)


@pytest.mark.parametrize(
    "asked",
    [
        *({"where": [{"kind": kind, "codes": ["north"]}]} for kind in ("outlet", "region", "brand", "franchise")),
        {"limits": {"per_purchase": "5", "per_outlet": True}},
        {"where": [{"kind": "payment", "types": ["sbp"]}]},
        {"mechanic": {"kind": "by_payment", "rates": {"sbp": "10"}}},
    ],
)  # fmt: skip
def test_a_receipt_that_names_no_outlet_and_no_payment_is_not_known(asked: dict[str, Any]) -> None:
    bank = open_bank([])
    with db.transaction(bank.tenant) as session:
        partner = add_partner(
            session, SYSTEM, participant_id=bank.funders[1], code="tea", name={"en": "Tea"}, about={}, category="x"
        )  # fmt: skip
        open_outlet(
            session, SYSTEM, partner_id=partner.id, code="north", name={"en": "North"}, zone="UTC",
            region="north", brand="north", franchise="north",
        )  # fmt: skip
    told(bank, sale(join(bank), "a", 20_000))
    terms = promotion({"kind": "percent", "rate": "10"}, gives=OFF) | asked
    found = own(backtest(bank, terms))
    assert (found.whole, found.unknown, found.unknown_amount) == ([0, 0], 1, 20_000)


def test_a_sale_paid_in_another_way_is_known_to_get_nothing() -> None:
    bank = open_bank([])
    card = Receipt(goods(20_000), payments=(("card", 20_000),))
    told(bank, sale(join(bank), "a", amount=20_000, receipt=card))
    found = own(backtest(bank, promotion({"kind": "by_payment", "rates": {"sbp": "10"}}, gives=OFF)))
    assert (found.whole, found.unknown) == ([0, 0], 0)


def test_a_sale_without_a_receipt_counts_by_its_sum_and_is_told_apart() -> None:
    offer = per_step(where=[{"kind": "without_spending"}])
    bank = open_bank([offer])
    vera = join(bank)
    told(bank, sale(vera, "a", amount=30_000), sale(vera, "b", 10_000))
    tally = backtest(bank, promotion({"kind": "percent", "rate": "10"}, gives=OFF))
    found = own(tally)
    assert (found.whole, found.bare, found.bare_points, found.unknown) == ([0, 4_000], 1, 3_000, 0)
    assert tally.whole == [1, 0]  # 90.00 are no step; nobody knows what was spent on the other


def test_what_a_benefit_would_grant_is_pieces() -> None:
    bank = open_bank([per_step()])
    with db.transaction(bank.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="wash", kind="coupon",
            name={"ru": "Мойка", "en": "Car wash"}, terms={},
        )  # fmt: skip
    vera, boris = join(bank), join(bank)
    told(bank, sale(vera, "a", 60_000), sale(vera, "b", 5_000, days=1), sale(boris, "c", 25_000, days=2))
    gives = {"kind": "benefit", "code": "wash", "name": {"ru": "Мойка", "en": "Car wash"}}
    terms = per_step("1", "200", gives=gives, limits={"per_purchase": "2", "budget": "2"})
    tally = backtest(bank, terms)
    found = own(tally)
    assert (found.whole, found.points, found.cut, found.reached, found.cut_members) == ([0, 3], 3, 1, 2, 1)
    assert found.days == {"2026-11-20": [0, 1], "2026-11-22": [0, 2]}
    assert tally.whole == [8, 8]
    assert budget_ends(found.daily, 2) == date(2026, 11, 22)
    with db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.programme, code="wash", document=terms, starts_at=LONG_AGO)
    told(bank, sale(boris, "d", 40_000))
    again = own(backtest(bank, terms, "wash"))
    assert again.whole == [2, 5]


def test_a_benefit_needs_no_till_and_no_receipt() -> None:
    bank = open_bank([])
    with db.transaction(bank.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="wash", kind="coupon",
            name={"ru": "Мойка", "en": "Car wash"}, terms={},
        )  # fmt: skip
    told(bank, sale(join(bank), "a", amount=60_000))
    gives = {"kind": "benefit", "code": "wash", "name": {"ru": "Мойка", "en": "Car wash"}}
    found = own(backtest(bank, per_step("1", "200", gives=gives)))
    assert (found.points, found.bare, found.unknown) == (3, 0, 0)


def test_a_promotion_is_not_tried_as_what_it_can_never_become() -> None:
    bank = open_bank([per_step()])
    with pytest.raises(Refusal, match="document_invalid") as refused:
        backtest(bank, promotion({"kind": "percent", "rate": "10"}, gives=OFF), "p0")
    assert refused.value.facts["field"] == "gives"
    assert query(bank, "select count(*) from backtest") == [(0,)]
