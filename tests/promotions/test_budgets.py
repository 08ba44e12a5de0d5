"""A hard budget: never a point over it, whoever asks at the same time; what is returned can be given again."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from coalition.programmes.queries import programme_by_id
from coalition.promotions import life
from coalition.promotions.actions import publish
from coalition.promotions.document import Document
from coalition.promotions.fitting import flaws_beside_others
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tests.ledger.house import House, new_member
from tests.promotions.test_life import person
from tests.transactions.bank import LONG_AGO, balances, open_bank, promotion, query

pytestmark = pytest.mark.slow
THREADS = 64
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def fixed(points: str, budget: str) -> dict[str, Any]:
    return promotion({"kind": "fixed", "points": points}, limits={"budget": budget})


def left(bank: House) -> int:
    return int(query(bank, "select sum(room)::bigint from promotion_budget")[0][0])


def sale(member: UUID, reference: str, amount: int = 1000, **more: Any) -> Told:
    return Told(reference=reference, member_id=member, occurred_at=NOON, amount=amount, seller="shop", **more)


def tell(bank: House, *told: Told) -> int:
    """Points that were given."""
    with db.transaction(bank.tenant) as session:
        found = record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)
    return int(found.points.sum())


def members(bank: House, count: int) -> list[UUID]:
    with db.transaction(bank.tenant) as session:
        return [new_member(session, bank) for _ in range(count)]


@pytest.mark.usefixtures("house")
def test_the_last_purchase_gets_what_is_left_and_the_next_one_nothing() -> None:
    bank = open_bank([fixed("7", "20")])
    people = members(bank, 4)
    assert [tell(bank, sale(one, f"s{i}")) for i, one in enumerate(people)] == [7, 7, 6, 0]
    assert left(bank) == 0
    assert query(bank, "select reason[3:4] from purchase order by reason[3] desc") == [
        ([7, 0],), ([7, 0],), ([6, 1],), ([0, 7],),
    ]  # fmt: skip


@pytest.mark.usefixtures("house")
def test_many_purchases_told_together_share_what_is_left() -> None:
    bank = open_bank([fixed("7", "20")])
    (vera,) = members(bank, 1)
    assert tell(bank, *(sale(vera, f"s{i}") for i in range(4))) == 20
    assert (left(bank), balances(bank)[vera]) == (0, (20, 0, 0, 0))


@pytest.mark.usefixtures("house")
def test_a_return_gives_the_budget_back_and_nobody_else_is_touched() -> None:
    bank = open_bank([fixed("7", "20")])
    vera, olga = members(bank, 2)
    tell(bank, sale(vera, "a"), sale(vera, "b"), sale(olga, "c"))
    assert left(bank) == 0
    assert tell(bank, sale(vera, "back", refund=True, original="a")) == 0
    assert (left(bank), balances(bank)[vera][0], balances(bank)[olga][0]) == (7, 7, 6)
    assert tell(bank, sale(olga, "d")) == 7


@pytest.mark.usefixtures("house")
def test_a_budget_is_not_set_below_what_is_spent() -> None:
    bank = open_bank([fixed("7", "20")])
    (vera,) = members(bank, 1)
    tell(bank, sale(vera, "a"), sale(vera, "b"))

    def again(budget: str) -> Callable[[db.Session], object]:
        return lambda session: publish(
            session, SYSTEM, programme_id=bank.programme, code="p0", document=fixed("7", budget),
            starts_at=datetime(2030, 1, 1, tzinfo=UTC),
        )  # fmt: skip

    with pytest.raises(Refusal, match="document_invalid") as refused, db.transaction(bank.tenant) as session:
        again("13")(session)
    facts = refused.value.facts
    assert (facts["field"], facts["kind"], facts["why"]) == (
        "limits.budget", "budget_below_spent", "members have got 14\xa0points already",
    )  # fmt: skip
    assert left(bank) == 6
    with db.transaction(bank.tenant) as session:
        again("15")(session)
    assert left(bank) == 1


@pytest.mark.usefixtures("house")
def test_a_budget_that_is_spent_below_meanwhile_is_refused_at_the_check_and_at_the_signature() -> None:
    bank = open_bank([fixed("7", "30")])
    (vera,) = members(bank, 1)
    with db.transaction(bank.tenant) as session:
        author, signer = person(session, "dora"), person(session, "pavel")
    tell(bank, sale(vera, "a"))
    with db.transaction(bank.tenant) as session:
        draft = life.begin_draft(
            session, author, programme_id=bank.programme, code="p0", document=fixed("7", "13")
        ).id
        life.check(session, author, draft_id=draft, revision=1)
    tell(bank, sale(vera, "b"))
    for act, actor, revision in ((life.approve, signer, 2), (life.check, author, 3)):
        with (
            pytest.raises(Refusal, match="document_invalid") as refused,
            db.transaction(bank.tenant) as session,
        ):
            if act is life.check:
                life.save_draft(session, author, draft_id=draft, revision=2, document=fixed("7", "13"))
            act(session, actor, draft_id=draft, revision=revision)
        assert refused.value.facts["why"] == "members have got 14\xa0points already"
    assert query(bank, "select state, revision from promotion_draft") == [("checked", 2)]


@pytest.mark.usefixtures("house")
def test_a_budget_in_money_below_what_is_spent_is_told_in_money() -> None:
    document = promotion({"kind": "fixed", "points": "7"}, limits={"budget_money": "44.99"})
    bank = open_bank([document], value_minor=300, value_points=1)
    (vera,) = members(bank, 1)
    tell(bank, sale(vera, "a"))
    small = promotion({"kind": "fixed", "points": "7"}, limits={"budget_money": "20.99"})
    with db.transaction(bank.tenant) as session:
        programme = programme_by_id(session, bank.programme)
        flaws = flaws_beside_others(session, programme, code="p0", document=Document.model_validate(small))
        enough = Document.model_validate(small | {"limits": {"budget_money": "21"}})
        assert flaws_beside_others(session, programme, code="p0", document=enough) == []
    assert [(one.field, one.why) for one in flaws] == [
        ("limits.budget_money", "members have got ₽21 already"),
    ]


@pytest.mark.usefixtures("house")
def test_a_budget_in_money_is_so_many_points_as_it_is_worth() -> None:
    document = promotion({"kind": "fixed", "points": "7"}, limits={"budget_money": "44.99"})
    bank = open_bank([document], value_minor=300, value_points=1)
    assert left(bank) == 14
    (vera,) = members(bank, 1)
    assert [tell(bank, sale(vera, one)) for one in "abc"] == [7, 7, 0]


@pytest.mark.usefixtures("house")
def test_a_budget_is_in_points_or_in_money() -> None:
    document = promotion({"kind": "fixed", "points": "7"}, limits={"budget": "5", "budget_money": "5"})
    with pytest.raises(Refusal, match="document_invalid") as refused:
        open_bank([document])
    assert refused.value.facts["why"] == "a budget is in points or in money, not in both"


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("mechanic", "limits", "field"),
    [
        ({"kind": "percent", "rate": "7"}, {"per_month": "10.5"}, "limits.per_month"),
        ({"kind": "percent", "rate": "7"}, {"budget": "10.5"}, "limits.budget"),
        ({"kind": "fixed", "points": "7.5"}, {}, "mechanic.points"),
    ],
)
def test_parts_of_a_point_are_refused_where_points_are_whole(
    mechanic: dict[str, Any], limits: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal, match="document_invalid") as refused:
        open_bank([promotion(mechanic, limits=limits)])
    assert refused.value.facts["field"] == field


@pytest.fixture
def busy(live_database: Settings) -> House:
    db.configure(live_database.database_url, pool_size=THREADS)
    return open_bank([])


def test_of_sixty_four_purchases_at_once_ten_fit(busy: House) -> None:
    """Each wants 7 points of a budget with room for exactly ten such; twenty seeds deal them to their moments."""
    people = members(busy, THREADS)
    for seed in range(20):
        with db.transaction(busy.tenant) as session:
            publish(
                session, SYSTEM, programme_id=busy.programme, code="hard", document=fixed("7", str(70 * (seed + 1))),
                starts_at=LONG_AGO if not seed else datetime(2030 + seed, 1, 1, tzinfo=UTC),
            )  # fmt: skip
        order = random.Random(seed).sample(people, THREADS)
        barrier = Barrier(THREADS)

        def buy(member: UUID, seed: int = seed, barrier: Barrier = barrier) -> int:
            barrier.wait()
            return tell(busy, sale(member, f"{seed}-{member}"))

        with ThreadPoolExecutor(THREADS) as pool:
            given = sorted(pool.map(buy, order))
        assert given == [0] * (THREADS - 10) + [7] * 10, f"seed {seed}"
        with db.transaction(busy.tenant) as session:
            assert session.execute(text("select sum(room)::bigint from promotion_budget")).scalar_one() == 0
    assert sum(balance[0] for balance in balances(busy).values()) == 20 * 70


def schedule(bank: House, document: dict[str, Any]) -> None:
    with db.transaction(bank.tenant) as session:
        publish(
            session, SYSTEM, programme_id=bank.programme, code="p0", document=document,
            starts_at=datetime(2030, 1, 1, tzinfo=UTC),
        )  # fmt: skip


@pytest.mark.usefixtures("house")
def test_a_budget_holds_while_another_version_is_without_one() -> None:
    bank = open_bank([fixed("7", "20")])
    (vera,) = members(bank, 1)
    schedule(bank, promotion({"kind": "fixed", "points": "7"}))
    assert (tell(bank, sale(vera, "a")), left(bank)) == (7, 13)


@pytest.mark.usefixtures("house")
def test_a_return_frees_nothing_of_a_budget_that_it_never_had() -> None:
    bank = open_bank([promotion({"kind": "fixed", "points": "7"})])
    (vera,) = members(bank, 1)
    tell(bank, sale(vera, "a"), sale(vera, "b"))
    schedule(bank, fixed("7", "10"))
    assert left(bank) == 10
    tell(bank, sale(vera, "ra", refund=True, original="a"))
    assert (left(bank), balances(bank)[vera][0]) == (10, 7)


@pytest.mark.usefixtures("house")
def test_a_sale_told_again_among_many_costs_the_budget_nothing() -> None:
    bank = open_bank([fixed("1", "1000")])
    (vera,) = members(bank, 1)
    many = [sale(vera, f"s{i}") for i in range(40)]
    tell(bank, many[1])
    tell(bank, *many)
    assert (balances(bank)[vera][0], left(bank)) == (40, 960)


@pytest.mark.usefixtures("house")
def test_the_second_best_pays_when_the_bests_budget_is_empty() -> None:
    lane = {"name": "l", "combine": "best"}
    rivals = [fixed("10", "10") | {"lane": lane}, fixed("7", "1000") | {"lane": lane}]
    bank = open_bank(rivals)
    (vera,) = members(bank, 1)
    assert [tell(bank, sale(vera, reference)) for reference in ("a", "b")] == [10, 7]
