"""Discounts instead of points: to the kopeck by line, offered before the sale and vouched for after it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.promotions.case import Item, Receipt
from coalition.promotions.discounts import spread, taken_off
from coalition.transactions.dry_run import Answer, dry_run
from coalition.transactions.receipts import less
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tests.ledger.house import House
from tests.promotions.offers import document
from tests.transactions.bank import balances, join, open_bank, per_step, promotion, query

pytestmark = pytest.mark.usefixtures("house")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OFF = {"kind": "discount"}
# Golden T3: the bands of T1, as a discount.
CUMULATIVE = {
    "kind": "bands",
    "by": "turnover",
    "span": "ever",
    "mode": "whole",
    "bands": [
        {"at_least": "0", "rate": "0"},
        {"at_least": "10000.01", "rate": "10"},
        {"at_least": "20000.01", "rate": "15"},
    ],
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


def items(*amounts: int, **more: str) -> tuple[Item, ...]:
    return tuple(Item(f"sku-{number}", 1000, amount, **more) for number, amount in enumerate(amounts))


def sale(member: UUID, receipt: Receipt, reference: str = "a", amount: int | None = None) -> Told:
    total = sum(item.amount for item in receipt.items) if amount is None else amount
    return Told(reference, member, NOW, total, "shop", receipt=receipt)


def ask(bank: House, told: Told) -> Answer:
    with db.transaction(bank.tenant) as session:
        return dry_run(session, SYSTEM, programme_id=bank.programme, told=told)


def tell(bank: House, *told: Told) -> int:
    """Points of what is told."""
    with db.transaction(bank.tenant) as session:
        found = record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)
    return int(found.points.sum())


def sell(bank: House, told: Told) -> Answer:
    """Ask, take off, and tell: the way of a till."""
    answer = ask(bank, told)
    after = Told(told.reference, told.member_id, NOW, answer.amount, "shop", receipt=answer.receipt)
    assert tell(bank, after) == answer.points
    return answer


def reasons(bank: House) -> list[tuple[int, int, int]]:
    """Base, given and cut of every purchase's first promotion, in the order of their references."""
    rows = query(bank, "select reason from purchase order by booked_at, amount")
    return [tuple(row[0][1:4]) for row in rows]


def test_t3_fifteen_percent_is_split_by_line_to_the_kopeck() -> None:
    fifteen = document({"kind": "percent", "rate": "15"}, gives=OFF)
    assert spread(fifteen, items(33_333, 33_333, 33_334), 15_000) == [5_000, 5_000, 5_000]


def test_t3_the_cumulative_discount_follows_the_turnover_before_discounts() -> None:
    bank = open_bank([promotion(CUMULATIVE, gives=OFF)])
    vera = join(bank)
    offered = [
        sell(bank, sale(vera, Receipt(items(amount)), reference)).amount
        for reference, amount in [("a", 1_000_000), ("b", 1_00), ("c", 1_000_000), ("d", 100_000)]
    ]
    # up to and including 10,000.00 nothing; the purchase that crosses is at the level before it
    assert offered == [1_000_000, 1_00, 900_000, 85_000]
    assert balances(bank)[vera] == (0, 0, 0, 0)


def test_points_are_of_what_is_left_after_the_discount() -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "10"}, gives=OFF), per_step()])
    vera = join(bank)
    answer = sell(bank, sale(vera, Receipt(items(60_000, 50_000))))
    assert (answer.amount, answer.points) == (99_000, 9)
    assert answer.receipt is not None
    assert [(item.amount, item.discount) for item in answer.receipt.items] == [
        (54_000, 6_000),
        (45_000, 5_000),
    ]
    assert answer.receipt.discounts == (("p0", 11_000),)
    assert balances(bank)[vera] == (9, 0, 0, 0)


def test_only_the_goods_that_a_discount_is_for_bear_it() -> None:
    goods = {"goods": {"categories": ["coffee"]}}
    bank = open_bank([promotion({"kind": "percent", "rate": "50"}, gives=OFF, base=goods)])
    vera = join(bank)
    lines = (*items(10_000, category="coffee"), Item("x", 1000, 20_000, category="bread"))
    answer = sell(bank, sale(vera, Receipt(lines)))
    assert answer.receipt is not None
    assert [item.amount for item in answer.receipt.items] == [5_000, 20_000]


def test_two_discounts_of_one_line_take_no_more_than_it_costs() -> None:
    goods = {"goods": {"categories": ["coffee"]}}
    off = promotion({"kind": "percent", "rate": "60"}, gives=OFF, base=goods)
    bank = open_bank([off, off])
    vera = join(bank)
    lines = (*items(10_000, category="coffee"), Item("x", 1000, 20_000, category="bread"))
    answer = sell(bank, sale(vera, Receipt(lines)))
    assert answer.receipt is not None
    assert (answer.amount, answer.receipt.discounts) == (20_000, (("p0", 6_000), ("p1", 4_000)))


def test_a_fixed_discount_is_money() -> None:
    bank = open_bank([promotion({"kind": "fixed", "points": "100.50"}, gives=OFF)])
    vera = join(bank)
    assert sell(bank, sale(vera, Receipt(items(50_000)))).amount == 39_950


def test_of_competing_discounts_the_best_is_offered_and_only_that_is_vouched_for() -> None:
    lane = {"name": "till", "combine": "best"}
    bank = open_bank(
        [
            promotion({"kind": "percent", "rate": "5"}, gives=OFF, lane=lane),
            promotion({"kind": "percent", "rate": "7"}, gives=OFF, lane=lane),
        ]
    )
    vera = join(bank)
    answer = sell(bank, sale(vera, Receipt(items(100_000))))
    assert answer.receipt is not None
    assert answer.receipt.discounts == (("p1", 7_000),)
    assert reasons(bank) == [(100_000, 7_000, 0)]


def test_what_a_lane_does_not_offer_is_not_vouched_for() -> None:
    lane = {"name": "till", "combine": "exclusive", "percent": "30"}
    off = promotion({"kind": "percent", "rate": "30"}, gives=OFF, lane=lane)
    bank = open_bank([off, off])
    vera = join(bank)
    taken = (("p0", 3_000), ("p1", 3_000))
    tell(bank, sale(vera, Receipt((Item("a", 1000, 4_000, discount=6_000),), discounts=taken)))
    (row,) = query(bank, "select reason from purchase")
    assert sum(row[0][2::5]) == 3_000


def test_a_return_of_one_line_leaves_the_discount_of_the_other() -> None:
    lines = (Item("a", 1000, 5_000, discount=5_000), Item("b", 1000, 8_000, discount=2_000))
    receipt = Receipt(lines, discounts=(("p0", 7_000),), card_reference="r1", card_last_four="4444")
    left = less(receipt, [Item("a", 1000, 5_000)], 13_000, 8_000)
    assert (left.card_reference, left.card_last_four) == ("r1", "4444")
    assert (left.discounts, sum(item.amount + item.discount for item in left.items)) == (
        (("p0", 2_000),),
        10_000,
    )


def test_something_is_always_left_to_be_paid() -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "100"}, gives=OFF)])
    vera = join(bank)
    assert sell(bank, sale(vera, Receipt(items(5_000, 5_000)))).amount == 1


def test_more_than_the_terms_give_is_not_vouched_for() -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "10"}, gives=OFF, limits={"per_purchase": "80"})])
    vera = join(bank)
    told = Receipt((Item("a", 1000, 80_000, discount=20_000),), discounts=(("p0", 20_000),))
    tell(bank, sale(vera, told))
    assert reasons(bank) == [(100_000, 8_000, 2_000)]


def test_a_sale_by_a_bank_file_has_no_discount_but_counts_as_turnover() -> None:
    bank = open_bank([promotion(CUMULATIVE, gives=OFF)])
    vera = join(bank)
    tell(bank, Told("a", vera, NOW, 1_000_001, "shop"))
    assert ask(bank, sale(vera, Receipt(items(1_000)))).amount == 900


def test_a_full_return_takes_the_turnover_back() -> None:
    bank = open_bank([promotion(CUMULATIVE, gives=OFF)])
    vera = join(bank)
    tell(bank, Told("a", vera, NOW, 1_000_001, "shop"))
    tell(bank, Told("r", vera, NOW, 1_000_001, "shop", refund=True, original="a"))
    assert ask(bank, sale(vera, Receipt(items(1_000)))).amount == 1_000


def test_discounts_that_are_not_those_of_the_lines_are_refused() -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "10"}, gives=OFF)])
    vera = join(bank)
    told = Receipt((Item("a", 1000, 900, discount=100),), discounts=(("p0", 99),))
    with pytest.raises(Refusal, match="discounts_invalid"):
        tell(bank, sale(vera, told))
    assert query(bank, "select count(*) from purchase") == [(0,)]


AMOUNTS = st.lists(st.integers(-50, 2_000), min_size=1, max_size=12)


@given(AMOUNTS, st.integers(0, 30_000), st.integers(0, 30_000))
def test_lines_and_discounts_always_add_up(amounts: list[int], first: int, second: int) -> None:
    off = document({"kind": "percent", "rate": "15"}, gives=OFF)
    before = items(*amounts)
    whole = max(sum(amounts), 1)
    left, receipt = taken_off(whole, Receipt(before), [("a", off, first), ("b", off, second)])
    assert (
        whole - left == sum(minor for _, minor in receipt.discounts) == sum(i.discount for i in receipt.items)
    )
    assert 1 <= left <= whole
    for old, new in zip(before, receipt.items, strict=True):
        assert new.amount + new.discount == old.amount
        assert 0 <= new.discount <= max(old.amount, 0)
