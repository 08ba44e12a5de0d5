"""The first members, and no more, whoever comes at the same time; limits that every outlet has apart."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest

from coalition.partners.actions import add_partner, open_outlet
from coalition.promotions.actions import publish
from coalition.promotions.case import Receipt
from coalition.promotions.queries import outlets_by_code
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.errors import Refusal
from tests.ledger.house import House
from tests.promotions.test_budgets import LONG_AGO, THREADS, busy, members, sale, tell
from tests.transactions.bank import balances, open_bank, promotion, query

FIXTURES = (busy,)
FIXED = {"kind": "fixed", "points": "7"}


def seats(bank: House) -> int:
    return int(query(bank, "select sum(room)::bigint from promotion_budget where shard >= 16")[0][0])


@pytest.mark.usefixtures("house")
def test_the_first_members_earn_again_and_the_next_one_never() -> None:
    bank = open_bank([promotion(FIXED, limits={"first_members": 2, "budget": "1000"})])
    vera, olga, anna = members(bank, 3)
    told = [tell(bank, sale(one, f"s{i}")) for i, one in enumerate((vera, olga, anna, vera))]
    assert (told, seats(bank)) == ([7, 7, 0, 7], 0)
    assert query(bank, "select sum(room)::bigint from promotion_budget where shard < 16") == [(979,)]


@pytest.mark.usefixtures("house")
def test_who_returns_all_gives_the_place_back() -> None:
    bank = open_bank([promotion(FIXED, limits={"first_members": 1})])
    vera, olga = members(bank, 2)
    tell(bank, sale(vera, "a"), sale(vera, "b"))
    tell(bank, sale(vera, "ra", refund=True, original="a"))
    assert (seats(bank), tell(bank, sale(olga, "c"))) == (0, 0)
    tell(bank, sale(vera, "rb", refund=True, original="b"))
    assert (seats(bank), tell(bank, sale(olga, "d"))) == (1, 7)
    assert balances(bank)[vera] == (0, 0, 0, 0)


@pytest.mark.usefixtures("house")
def test_places_are_not_set_below_those_taken() -> None:
    bank = open_bank([promotion(FIXED, limits={"first_members": 3})])
    for i, one in enumerate(members(bank, 2)):
        tell(bank, sale(one, f"s{i}"))
    with pytest.raises(Refusal, match="seats_below_taken"), db.transaction(bank.tenant) as session:
        publish(
            session, SYSTEM, programme_id=bank.programme, code="p0",
            document=promotion(FIXED, limits={"first_members": 1}),
        )  # fmt: skip


def test_of_sixty_four_members_at_once_ten_are_first(busy: House) -> None:
    with db.transaction(busy.tenant) as session:
        for seed in range(3):
            publish(
                session, SYSTEM, programme_id=busy.programme, code=f"s{seed}", starts_at=LONG_AGO,
                document=promotion(FIXED, limits={"first_members": 10}, conditions={"mcc": [f"541{seed}"]}),
            )  # fmt: skip
    people = members(busy, THREADS)
    for seed in range(3):
        order = random.Random(seed).sample(people, THREADS)
        barrier = Barrier(THREADS)

        def buy(one: UUID, seed: int = seed, barrier: Barrier = barrier) -> int:
            barrier.wait()
            return tell(busy, sale(one, f"{seed}-{one}", mcc=5410 + seed))

        with ThreadPoolExecutor(THREADS) as pool:
            assert sorted(pool.map(buy, order)) == [0] * (THREADS - 10) + [7] * 10, f"seed {seed}"


@pytest.mark.usefixtures("house")
def test_a_limit_is_counted_at_each_outlet_apart_and_without_one_nothing_is_given() -> None:
    bank = open_bank([promotion(FIXED, limits={"times_per_month": 1, "per_month": "10", "per_outlet": True})])
    (vera,) = members(bank, 1)
    with db.transaction(bank.tenant) as session:
        partner = add_partner(
            session, SYSTEM, participant_id=bank.funders[1], code="tea", name={"en": "Tea"}, about={}, category="x"
        )  # fmt: skip
        for code in ("east", "west"):
            open_outlet(session, SYSTEM, partner_id=partner.id, code=code, name={"en": code}, zone="UTC")
        session.flush()
        outlets = outlets_by_code(session)
    places = ["east", "east", "west", "", "west"]
    told = [
        tell(bank, sale(vera, f"s{i}", receipt=Receipt(outlet=outlets[code]) if code else None))
        for i, code in enumerate(places)
    ]
    assert told == [7, 0, 7, 0, 0]
    tell(bank, sale(vera, "back", refund=True, original="s0"))
    assert balances(bank)[vera][0] == 14  # the second at that outlet is its first now
