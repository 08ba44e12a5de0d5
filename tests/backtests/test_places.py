"""Places for the first members: in a backtest they go to who would have earned first, whatever slice she is in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from coalition.backtests import actions, jobs
from coalition.backtests.queries import Found, backtest_by_id, places_end
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import House, drain, new_member
from tests.transactions.bank import balances, open_bank, promotion

pytestmark = pytest.mark.usefixtures("house")
JOBS = (jobs,)  # imported for the jobs it declares
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
FIVE = {"kind": "percent", "rate": "5"}
DAYS = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 30)}


@pytest.fixture(autouse=True)
def november(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(actions, "MEMBERS_PER_SLICE", 1)  # who is first is not known within a slice
    with clock.stopped(NOW):
        yield


def first(members: int, **limits: Any) -> dict[str, Any]:
    return promotion(FIVE, limits={"first_members": members, **limits})


def people(bank: House, count: int) -> list[UUID]:
    with db.transaction(bank.tenant) as session:
        return sorted(new_member(session, bank) for _ in range(count))


def tell(bank: House, member: UUID, reference: str, day: int, amount: int = 100_000, **more: Any) -> None:
    at = datetime(2026, 11, day, 2, tzinfo=UTC)
    with db.transaction(bank.tenant) as session:
        told = [Told(reference, member, at, amount, "shop", **more)]
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)


def backtest(bank: House, document: dict[str, Any] | None, code: str = "draft", **asked: Any) -> Found:
    with db.transaction(bank.tenant) as session:
        number = actions.start_backtest(
            session, SYSTEM, programme_id=bank.programme, code=code, document=document, **DAYS | asked
        ).id
    drain(bank.tenant)
    with db.transaction(bank.tenant) as session:
        found = backtest_by_id(session, number)
    assert found.finished
    return found


def ends(bank: House, found: Found) -> date | None:
    with db.transaction(bank.tenant) as session:
        return places_end(session, found.backtest.id)


def test_the_first_by_the_time_of_their_purchases_have_the_places() -> None:
    bank = open_bank([])
    anna, boris, vera, galya = people(bank, 4)
    for member, reference, day in (
        (vera, "v", 3),
        (anna, "a", 9),
        (boris, "b", 4),
        (vera, "v2", 12),
        (galya, "g", 1),
    ):
        tell(
            bank, member, reference, day, 1_000 if member == galya else 100_000
        )  # too little to earn anything
    found = backtest(bank, first(2) | {"conditions": {"amount_from": "100"}})
    tally = found.tally
    assert (tally.points, tally.awards, tally.reached, tally.bought) == (150, 3, 2, 4)
    assert tally.daily == {
        "2026-11-03": [50, 0],
        "2026-11-04": [50, 0],
        "2026-11-09": [0, 50],
        "2026-11-12": [50, 0],
    }
    assert ends(bank, found) == date(2026, 11, 4)


def test_places_that_suffice_are_for_everybody_and_have_no_end() -> None:
    bank = open_bank([])
    for number, member in enumerate(people(bank, 3)):
        tell(bank, member, f"s{number}", 5)
    found = backtest(bank, first(4))
    assert (found.tally.points, found.tally.reached, ends(bank, found)) == (150, 3, None)
    assert backtest(bank, promotion(FIVE)).tally.points == 150


def test_who_has_no_place_gets_what_she_would_get_without_the_promotion() -> None:
    lane = {"name": "x", "combine": "best"}
    bank = open_bank([promotion({"kind": "percent", "rate": "2"}, lane=lane)])
    anna, boris = people(bank, 2)
    tell(bank, anna, "a", 5)
    tell(bank, boris, "b", 6)
    tally = backtest(bank, first(1) | {"lane": lane}).tally
    assert (tally.points, tally.whole, tally.losers) == (50, [40, 70], 0)


def test_at_the_same_moment_there_are_no_more_places_than_there_are() -> None:
    bank = open_bank([])
    for number, member in enumerate(people(bank, 5)):
        tell(bank, member, f"s{number}", 5)
    found = backtest(bank, first(3))
    assert (found.tally.points, found.tally.reached, ends(bank, found)) == (150, 3, date(2026, 11, 5))


def test_what_came_back_takes_no_place() -> None:
    bank = open_bank([])
    anna, boris = people(bank, 2)
    tell(bank, anna, "a", 3)
    tell(bank, boris, "b", 4)
    tell(bank, anna, "back", 5, refund=True, original="a")
    found = backtest(bank, first(1))
    assert (found.tally.daily, ends(bank, found)) == ({"2026-11-04": [50, 0]}, date(2026, 11, 4))


def test_who_really_has_a_place_keeps_it_when_the_past_is_replayed() -> None:
    bank = open_bank([first(1)])
    anna, boris = people(bank, 2)
    tell(bank, boris, "b", 9)  # known first
    tell(bank, anna, "a", 3)
    assert {member: balance[0] for member, balance in balances(bank).items()} == {anna: 0, boris: 50}
    live, beside = backtest(bank, None, code=""), backtest(bank, promotion({"kind": "percent", "rate": "1"}))
    assert (live.tally.whole, beside.tally.whole, beside.tally.losers) == ([50, 50], [50, 70], 0)


def test_places_that_a_promotion_has_given_count_for_its_next_version() -> None:
    bank = open_bank([first(2)])
    anna, boris = people(bank, 2)
    tell(bank, boris, "b", 1)
    tell(bank, anna, "a", 9)
    tell(bank, boris, "b2", 10)
    found = backtest(bank, first(1), code="p0", first_day=date(2026, 11, 5))
    assert (found.tally.points, found.tally.losers) == (50, 1)


def test_finding_the_places_twice_is_the_same_as_once() -> None:
    bank = open_bank([])
    for number, member in enumerate(people(bank, 2)):
        tell(bank, member, f"s{number}", 5 + number)
    found = backtest(bank, first(1))
    with db.transaction(bank.tenant) as session:
        jobs.find_places(session, found.backtest.id, 0)
    assert drain(bank.tenant) == 0
    with db.transaction(bank.tenant) as session:
        assert backtest_by_id(session, found.backtest.id).tally == found.tally
