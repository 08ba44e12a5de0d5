"""Fifty at once: real connections, real commits, exactly one wins."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text

from coalition.ledger.models import Purpose
from coalition.ledger.post import Cause, open_book
from coalition.redemption.actions import cancel, redeem
from coalition.reports.audit import audit
from tenants.actions import open_tenant
from tenants.actor import SYSTEM, member
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.settings import Settings
from tests.ledger.house import ZONE, balance, new_member
from tests.redemption.shop import CODES, Shop, give, open_shop

THREADS = 50


@pytest.fixture
def shop(live_database: Settings) -> Shop:
    db.configure(live_database.database_url, pool_size=THREADS)
    with db.transaction(None) as session:
        open_tenant(session, slug="race", hosts=[])
        return open_shop(session, points=300)


def at_once(shop: Shop, tasks: list[Callable[[db.Session], object]]) -> list[str]:
    """Run all from one starting line, each in a transaction of its own; what came of each, sorted."""
    line = Barrier(len(tasks))

    def run(task: Callable[[db.Session], object]) -> str:
        line.wait()
        try:
            with db.transaction(shop.house.tenant) as session:
                task(session)
        except Refusal as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(len(tasks)) as pool:
        return sorted(pool.map(run, tasks))


def buying(
    member_id: UUID, reward: str, request: str, choice: dict[str, int] | None = None
) -> Callable[[db.Session], object]:
    return lambda session: redeem(
        session, member(member_id), member_id=member_id, reward_code=reward, choice=choice or {},
        request_id=request,
    )  # fmt: skip


def clean(shop: Shop) -> tuple[int, int, int, int]:
    with db.transaction(shop.house.tenant) as session:
        assert [finding for finding in audit(session) if finding.broken] == []
        return balance(session, shop.member)


def count(shop: Shop, statement: str) -> int:
    with db.transaction(shop.house.tenant) as session:
        return int(session.execute(text(statement)).scalar_one())


def test_of_fifty_who_spend_the_same_points_one_wins(shop: Shop) -> None:
    found = at_once(
        shop,
        [buying(shop.member, "cashback", f"r{number}", {"points": 300}) for number in range(THREADS)],
    )
    assert found == ["done"] + ["not_enough_points"] * (THREADS - 1)
    assert (clean(shop), count(shop, "select count(*) from redemption")) == ((0, 0, 0, 0), 1)


def test_the_same_request_fifty_times_is_one_redemption(shop: Shop) -> None:
    found = at_once(shop, [buying(shop.member, "cashback", "r", {"points": 100})] * THREADS)
    assert found == ["done"] * THREADS
    assert (clean(shop), count(shop, "select count(*) from redemption")) == ((200, 0, 0, 0), 1)


def test_of_two_rewards_for_the_same_points_one_is_had(shop: Shop) -> None:
    tasks = [buying(shop.member, "gift", "a"), buying(shop.member, "cashback", "b", {"points": 300})]
    assert at_once(shop, tasks) == ["done", "not_enough_points"]
    assert clean(shop) == (0, 0, 0, 0)


def test_of_fifty_buyers_of_two_codes_two_get_one_each(shop: Shop) -> None:
    with db.transaction(shop.house.tenant) as session:
        buyers = [new_member(session, shop.house) for _ in range(THREADS)]
        for number, buyer in enumerate(buyers):
            give(session, shop.house, buyer, 300, f"old/{number}")
    found = at_once(shop, [buying(buyer, "gift", "r") for buyer in buyers])
    assert found == ["done"] * len(CODES) + ["sold_out"] * (THREADS - len(CODES))
    assert count(shop, "select count(distinct redemption_id) from certificate") == len(CODES)
    assert clean(shop) == (300, 0, 0, 0)


def test_a_return_and_a_redemption_of_the_same_points_leave_no_points_and_no_contradiction(
    shop: Shop,
) -> None:
    def take_back(session: db.Session) -> None:
        book = open_book(session, member_id=shop.member, zone=ZONE)
        book.take_back(Cause(Purpose.RETURN, new_id(), clock.now()), 300, funder_id=shop.house.funders[0])

    found = at_once(shop, [take_back, buying(shop.member, "cashback", "r", {"points": 300})])
    expected = {("done", "done"): (0, 0, 0, 300), ("done", "not_enough_points"): (0, 0, 0, 0)}
    assert clean(shop) == expected[found[0], found[1]]


def test_a_redemption_is_cancelled_once(shop: Shop) -> None:
    with db.transaction(shop.house.tenant) as session:
        made = buying(shop.member, "cashback", "r", {"points": 300})(session)
    tasks: list[Callable[[db.Session], object]] = [
        lambda session: cancel(session, SYSTEM, member_id=shop.member, redemption_id=made.id)  # type: ignore[attr-defined]
    ]
    assert at_once(shop, tasks * 20) == ["done"] + ["redemption_ended"] * 19
    assert clean(shop) == (300, 0, 0, 0)
