"""A funder's deposit: of its share never a point more, whoever asks at the same time; returns bring it back."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition import money
from coalition.promotions.actions import publish
from coalition.promotions.awards import CUT_BY_DEPOSIT, limited
from coalition.promotions.case import Setting, Units
from coalition.promotions.compiling import compile_index
from coalition.promotions.deposits import deposit_by_id, deposits_of, payments_of, top_up
from coalition.promotions.document import Document
from coalition.promotions.explain import entries
from coalition.promotions.index import Published
from tenants.actor import SYSTEM, Actor
from tenants.runtime import db
from tenants.runtime.errors import Conflict, Forbidden, Refusal
from tests.ledger.house import House
from tests.promotions.offers import CODES, LONG_AGO, member
from tests.promotions.test_budgets import THREADS, busy, members, sale, tell
from tests.transactions.bank import balances, open_bank, promotion, query

FIXTURES = (busy,)
SHARED = [{"participant": "bank", "share": 70}, {"participant": "shop", "share": 30}]


def fixed(points: str = "10", **more: Any) -> dict[str, Any]:
    return promotion({"kind": "fixed", "points": points}, **{"funding": SHARED} | more)


def pay(bank: House, funder: int, paid: int, unit: str = "points", request: str = "one") -> int:
    with db.transaction(bank.tenant) as session:
        return top_up(
            session, SYSTEM, programme_id=bank.programme, participant_id=bank.funders[funder], unit=unit,
            paid=paid, request_id=request,
        ).id  # fmt: skip


def left(bank: House) -> list[int]:
    with db.transaction(bank.tenant) as session:
        return [one.left for one in deposits_of(session, bank.programme)]


@pytest.mark.usefixtures("house")
def test_only_the_funders_share_is_drawn() -> None:
    bank = open_bank([fixed()])
    pay(bank, 0, 100)
    pay(bank, 1, 100, request="two")
    (vera,) = members(bank, 1)
    assert (tell(bank, sale(vera, "a")), left(bank)) == (10, [93, 97])


@pytest.mark.usefixtures("house")
def test_all_promotions_that_a_funder_pays_for_draw_on_its_deposit() -> None:
    bank = open_bank([fixed(), fixed("5", funding=[{"participant": "bank", "share": 100}])])
    pay(bank, 0, 14)
    (vera,) = members(bank, 1)
    assert [tell(bank, sale(vera, one)) for one in "ab"] == [15, 3]  # 7 + 5 were drawn; of 3 its share is 2
    assert left(bank) == [0]


@pytest.mark.usefixtures("house")
def test_an_award_is_cut_to_what_every_payers_share_covers() -> None:
    bank = open_bank([fixed()])
    pay(bank, 1, 2)
    (vera,) = members(bank, 1)
    assert [tell(bank, sale(vera, one)) for one in "ab"] == [
        8,
        1,
    ]  # of 8 the shop's share is 2, of 1 it is nothing
    kept = [entries(row[0])[0] for row in query(bank, "select reason from purchase order by reason[3] desc")]
    assert [(points, cut, by) for _, _, points, cut, _, by in kept] == [
        (8, 2, CUT_BY_DEPOSIT), (1, 9, CUT_BY_DEPOSIT),
    ]  # fmt: skip


@pytest.mark.usefixtures("house")
def test_a_return_brings_the_share_back() -> None:
    bank = open_bank([fixed()])
    pay(bank, 0, 10)
    (vera,) = members(bank, 1)
    tell(bank, sale(vera, "a"))
    assert left(bank) == [3]
    tell(bank, sale(vera, "back", refund=True, original="a"))
    assert (left(bank), balances(bank)[vera]) == ([10], (0, 0, 0, 0))


@pytest.mark.usefixtures("house")
def test_what_was_booked_before_the_deposit_was_opened_brings_nothing_back_to_it() -> None:
    bank = open_bank([fixed()])
    (vera,) = members(bank, 1)
    tell(bank, sale(vera, "a"), sale(vera, "b"))
    pay(bank, 0, 10)
    tell(bank, sale(vera, "back", refund=True, original="a"))
    assert left(bank) == [10]


@pytest.mark.usefixtures("house")
def test_money_becomes_points_of_the_whole_sum() -> None:
    bank = open_bank([fixed()], value_minor=300, value_points=1)
    deposit = pay(bank, 0, 500, "money", "one")
    assert left(bank) == [1]
    pay(bank, 0, 400, "money", "two")
    pay(bank, 0, 400, "money", "two")
    assert left(bank) == [3]
    with db.transaction(bank.tenant) as session:
        found = [(one.paid, one.points) for one in payments_of(session, deposit)]
        assert sorted(found) == [(400, 2), (500, 1)]
        assert deposit_by_id(session, deposit).taken == 0


@pytest.mark.usefixtures("house")
def test_a_request_is_one_payment_and_never_another_sum() -> None:
    bank = open_bank([fixed()])
    assert pay(bank, 0, 10) == pay(bank, 0, 10)
    with pytest.raises(Conflict, match="request_reused"):
        pay(bank, 0, 11)
    assert left(bank) == [10]


@pytest.mark.usefixtures("house")
def test_what_is_no_payment_changes_nothing() -> None:
    bank, other = open_bank([fixed()]), open_bank([])
    pay(bank, 0, 10)
    for paid, unit, code in ((0, "points", "deposit_amount"), (5, "money", "deposit_unit")):
        with pytest.raises(Refusal, match=code):
            pay(bank, 0, paid, unit, "two")
    with pytest.raises(Forbidden), db.transaction(bank.tenant) as session:
        top_up(
            session, Actor("staff"), programme_id=bank.programme, participant_id=bank.funders[0], unit="points",
            paid=5, request_id="three",
        )  # fmt: skip
    assert (left(bank), left(other)) == ([10], [])
    assert query(other, "select from deposit_room") == []


def test_of_sixty_four_purchases_at_once_ten_fit_a_deposit(busy: House) -> None:
    """Each wants 7 points of a deposit with room for exactly ten such; five seeds deal them to their moments."""
    with db.transaction(busy.tenant) as session:
        document = fixed("10")
        publish(session, SYSTEM, programme_id=busy.programme, code="d", document=document, starts_at=LONG_AGO)
    people = members(busy, THREADS)
    for seed in range(5):
        pay(busy, 0, 70, request=str(seed))
        order = random.Random(seed).sample(people, THREADS)
        barrier = Barrier(THREADS)

        def buy(one: UUID, seed: int = seed, barrier: Barrier = barrier) -> int:
            barrier.wait()
            return tell(busy, sale(one, f"{seed}-{one}"))

        with ThreadPoolExecutor(THREADS) as pool:
            given = sorted(pool.map(buy, order))
        assert given == [0] * (THREADS - 10) + [10] * 10, f"seed {seed}"
        assert left(busy) == [0]
    assert sum(balance[0] for balance in balances(busy).values()) == 5 * 100


@given(
    st.lists(st.integers(1, 60), min_size=2, max_size=4), st.integers(1, 400),
    st.lists(st.integers(0, 120), min_size=1, max_size=4),
)  # fmt: skip
def test_the_most_points_are_given_that_all_deposits_cover(
    weights: list[int], points: int, rooms: list[int]
) -> None:
    """Against trying every number of points from the top."""
    total = sum(weights)
    shares = [max(1, weight * 100 // total) for weight in weights]
    shares[0] += 100 - sum(shares)
    codes = CODES._replace(participants={f"f{i}": i + 1 for i in range(len(shares))})
    funding = [{"participant": f"f{i}", "share": share} for i, share in enumerate(shares)]
    title = {"ru": "А", "en": "O"}
    document = Document.model_validate(
        {"title": title, "mechanic": {"kind": "fixed", "points": str(points)}, "funding": funding}
    )
    deposits = {i + 1: (-(i + 1), 0) for i in range(min(len(rooms), len(shares)))}
    index = compile_index(
        [Published(1, 101, LONG_AGO, None, LONG_AGO, document)], number=1, setting=Setting(Units(0, 2)),
        codes=codes, delay_days=0, deposits=deposits,
    )  # fmt: skip
    facts = member()
    facts.rooms = {purse: rooms[-purse - 1] for purse, _ in deposits.values()}
    rule = index.rules[1]
    found = limited(rule, 0, points, 0, facts, 202611, LONG_AGO.date()).points

    def covered(number: int) -> bool:
        parts = money.share(number, shares)
        return all(parts[-purse - 1] <= room for purse, room in facts.rooms.items())

    assert found == max(number for number in range(points + 1) if covered(number))
