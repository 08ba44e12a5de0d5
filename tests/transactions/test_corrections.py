"""A promotion's past is corrected: for every member what the right terms would have given, and why, for ever."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from coalition.transactions.corrections import jobs
from coalition.transactions.corrections.actions import (
    approve_correction,
    begin_correction,
)
from coalition.transactions.corrections.queries import Found, correction_by_id
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import House, drain, new_member
from tests.transactions.bank import open_bank, points_of, promotion

pytestmark = pytest.mark.usefixtures("house")
JOBS = (jobs,)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAYS = (date(2026, 11, 1), date(2026, 11, 7))
SHARED = [{"participant": "bank", "share": 30}, {"participant": "shop", "share": 70}]


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


def percent(rate: str, **more: Any) -> dict[str, Any]:
    return promotion({"kind": "percent", "rate": rate}, **more)


def sale(member: UUID, reference: str, day: int, amount: int = 100_000, **more: Any) -> Told:
    at = datetime(2026, 11, day, 6, tzinfo=UTC)
    return Told(reference, member, at, amount, "shop", **more)


def back(one: Told, reference: str, amount: int | None = None) -> Told:
    at = one.occurred_at + timedelta(hours=1)
    return replace(
        one, reference=reference, amount=amount or one.amount, occurred_at=at, refund=True, original=one.reference
    )  # fmt: skip


def tell(bank: House, *told: Told) -> None:
    with db.transaction(bank.tenant) as session:
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)


def member(bank: House) -> UUID:
    with db.transaction(bank.tenant) as session:
        return new_member(session, bank)


def asked(bank: House, document: dict[str, Any], **more: Any) -> Found:
    """The preview of a correction, drained."""
    wanted: dict[str, Any] = {"code": "p0", "first_day": DAYS[0], "last_day": DAYS[1]} | more
    with db.transaction(bank.tenant) as session:
        number = begin_correction(session, SYSTEM, document=document, **wanted).id
    drain(bank.tenant)
    return told(bank, number)


def told(bank: House, number: int) -> Found:
    with db.transaction(bank.tenant) as session:
        return correction_by_id(session, number)


def corrected(bank: House, document: dict[str, Any], **more: Any) -> Found:
    """The correction, posted."""
    number = asked(bank, document, **more).correction.id
    with db.transaction(bank.tenant) as session:
        approve_correction(session, SYSTEM, correction_id=number)
    drain(bank.tenant)
    found = told(bank, number)
    assert found.correction.state == "done"
    return found


def test_a_correction_gives_what_the_right_terms_would_have_given_in_its_days_alone() -> None:
    bank = open_bank([percent("7", funding=SHARED)])
    vera = member(bank)
    tell(bank, sale(vera, "before", 8), sale(vera, "within", 3))
    assert points_of(bank, vera) == 140
    preview = asked(bank, percent("12", funding=SHARED))
    assert preview.preview.points == (50, 0, 0, 0)
    assert preview.preview.funders == {"1": [15, 0, 0], "2": [35, 0, 0]}
    assert preview.preview.days == {"2026-11-03": [50, 0]}
    assert points_of(bank, vera) == 140
    with db.transaction(bank.tenant) as session:
        approve_correction(session, SYSTEM, correction_id=preview.correction.id)
    drain(bank.tenant)
    found = told(bank, preview.correction.id)
    assert (points_of(bank, vera), found.done, found.differs) == (190, preview.preview, False)


def test_late_purchases_of_the_days_go_by_the_right_terms_and_others_do_not() -> None:
    bank = open_bank([percent("7")])
    vera = member(bank)
    corrected(bank, percent("12"))
    tell(bank, sale(vera, "late", 7), sale(vera, "after", 8))
    assert points_of(bank, vera) == 120 + 70
    assert query(bank, "select count(*) from revaluation") == [(0,)]


@pytest.mark.parametrize(("wrong", "right"), [("7", "12"), ("12", "7")])
@pytest.mark.parametrize("debt", ["never", "allowed"])
def test_a_full_return_after_a_correction_leaves_nothing(wrong: str, right: str, debt: str) -> None:
    bank = open_bank([percent(wrong, funding=SHARED)])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one)
    corrected(bank, percent(right, funding=SHARED), debt=debt)
    assert points_of(bank, vera) == int(right) * 10
    tell(bank, back(one, "half", 50_000))
    assert points_of(bank, vera) == int(right) * 5
    tell(bank, back(one, "rest", 50_000))
    assert (balances(bank)[vera], given_by(bank)) == ((0, 0, 0, 0), {})


def given_by(bank: House) -> dict[int, int]:
    """What each funder has given, net."""
    rows = query(
        bank,
        "select funder_id, sum(case when from_account = 10 then points else -points end)::bigint from transfer"
        " where 10 in (from_account, to_account) group by funder_id",
    )
    return {funder: points for funder, points in rows if points}


def spend(bank: House, member: UUID, points: int) -> None:
    """Points go, as a redemption takes them."""
    with db.transaction(bank.tenant) as session:
        book = open_book(session, member_id=member, zone="Asia/Kamchatka")
        number = new_id()
        hold(book, hold_id=number, points=points, expires_at=NOW + timedelta(days=1))
        capture(book, hold_id=number)


def test_what_is_spent_is_owed_where_the_terms_allow_debt() -> None:
    bank = open_bank([percent("10", funding=SHARED)])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one)
    spend(bank, vera, 90)
    found = asked(bank, percent("4", funding=SHARED), debt="allowed")
    assert found.preview.points == (0, 60, 50, 0)
    assert (found.preview.owing, found.preview.losers) == (1, 1)
    posted = approved(bank, found)
    assert (posted.done, balances(bank)[vera]) == (found.preview, (0, 0, 0, 50))
    assert given_by(bank) == {1: 12, 2: 28}
    tell(bank, back(one, "r"))
    assert (balances(bank)[vera], given_by(bank)) == ((0, 0, 0, 90), {})


def test_what_is_spent_is_written_off_to_who_paid_where_nobody_goes_into_debt() -> None:
    bank = open_bank([percent("10", funding=SHARED)])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one, sale(vera, "other", 8))
    spend(bank, vera, 90)
    found = asked(bank, percent("4", funding=SHARED))
    assert found.preview.points == (0, 10, 0, 50)
    assert found.preview.funders == {"1": [0, 10, 8], "2": [0, 0, 42]}
    posted = approved(bank, found)
    assert (posted.done, balances(bank)[vera]) == (found.preview, (100, 0, 0, 0))
    tell(bank, back(one, "half", 50_000))
    assert points_of(bank, vera) == 100 - 20 - 25
    tell(bank, back(one, "rest", 50_000))
    assert (points_of(bank, vera), given_by(bank)) == (100 - 90, {1: 30, 2: 70})


def approved(bank: House, found: Found, actor: Actor = SYSTEM) -> Found:
    with db.transaction(bank.tenant) as session:
        approve_correction(session, actor, correction_id=found.correction.id)
    drain(bank.tenant)
    return told(bank, found.correction.id)


def test_what_is_given_covers_what_is_taken() -> None:
    """The wrong category was live: one purchase should have earned nothing and another one much."""
    bank = open_bank([percent("10", conditions={"mcc": ["5411"]})])
    vera = member(bank)
    tell(bank, sale(vera, "food", 3, mcc=5411), sale(vera, "petrol", 4, mcc=5541))
    spend(bank, vera, 100)
    found = asked(bank, percent("10", conditions={"mcc": ["5541"]}))
    assert found.preview.points == (100, 100, 0, 0)
    assert (approved(bank, found).done, balances(bank)[vera]) == (found.preview, (0, 0, 0, 0))


def test_a_correction_of_a_correction_asks_back_what_was_written_off() -> None:
    bank = open_bank([percent("10")])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    spend(bank, vera, 100)
    assert corrected(bank, percent("4")).done.written_off == 60
    again = corrected(bank, percent("10"))
    assert (again.done.points, points_of(bank, vera)) == ((0, 0, 0, 0), 0)
    assert query(bank, "select written_off from revaluation") == [([],)]


def test_who_returns_something_before_her_turn_is_corrected_first() -> None:
    bank = open_bank([percent("10")])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one)
    found = asked(bank, percent("4"))
    with db.transaction(bank.tenant) as session:
        approve_correction(session, SYSTEM, correction_id=found.correction.id)
    tell(bank, back(one, "half", 50_000))
    assert points_of(bank, vera) == 20
    moves = "select purpose, points from transfer where purpose in (2, 13) order by purpose"
    assert query(bank, moves) == [(2, 20), (13, 60)]
    drain(bank.tenant)
    assert (points_of(bank, vera), query(bank, moves)) == (20, [(2, 20), (13, 60)])
    assert told(bank, found.correction.id).done == found.preview


def test_the_posting_says_what_differs_when_a_return_came_between() -> None:
    bank = open_bank([percent("10")])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one)
    found = asked(bank, percent("4"))
    tell(bank, back(one, "half", 50_000))
    after = approved(bank, found)
    assert (after.preview.points, after.done.points, after.differs) == ((0, 60, 0, 0), (0, 30, 0, 0), True)


def test_a_budget_has_again_what_is_taken_and_is_asked_for_what_is_given() -> None:
    bank = open_bank([percent("10", limits={"budget": "250"})])
    vera, olga = member(bank), member(bank)
    tell(bank, sale(vera, "a", 3), sale(olga, "b", 3))
    assert left(bank) == 50
    more = asked(bank, percent("15", limits={"budget": "250"}))
    assert (more.preview.points, more.preview.needs) == ((100, 0, 0, 0), {"1": 100})
    assert (approved(bank, more).done.given, left(bank)) == (50, 0)
    less = corrected(bank, percent("5", limits={"budget": "250"}))
    assert (less.done.taken, left(bank)) == (150, 150)
    assert points_of(bank, vera) == points_of(bank, olga) == 50


def left(bank: House) -> int:
    return int(query(bank, "select sum(room)::bigint from promotion_budget")[0][0])


def test_what_a_later_slice_gives_back_is_given_when_the_first_is_gone_over_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "MEMBERS_PER_SLICE", 1)
    terms = {"limits": {"budget": "100"}}
    bank = open_bank([percent("10", conditions={"mcc": ["5411"]}, **terms)])
    vera, olga = member(bank), member(bank)
    first, second = sorted([vera, olga])
    tell(bank, sale(first, "petrol", 3, mcc=5541), sale(second, "food", 3, mcc=5411))
    assert left(bank) == 0
    found = corrected(bank, percent("10", conditions={"mcc": ["5541"]}, **terms))
    assert (points_of(bank, first), points_of(bank, second), left(bank)) == (100, 0, 0)
    assert (found.done.points, found.done.short, found.differs) == ((100, 100, 0, 0), 0, False)


def test_a_write_off_stays_in_its_budget_until_its_purchase_comes_back() -> None:
    bank = open_bank([percent("10", limits={"budget": "100"})])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one)
    spend(bank, vera, 100)
    corrected(bank, percent("4", limits={"budget": "100"}))
    assert left(bank) == 0
    tell(bank, back(one, "half", 50_000))
    assert left(bank) == 50
    tell(bank, back(one, "rest", 50_000))
    assert left(bank) == 100
