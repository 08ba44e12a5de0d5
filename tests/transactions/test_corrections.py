"""A promotion's past is corrected: for every member what the right terms would have given, and why, for ever."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from coalition.ledger.holds import capture, hold
from coalition.ledger.post import day_start, open_book
from coalition.promotions.actions import publish
from coalition.promotions.deposits import top_up
from coalition.promotions.document import Document
from coalition.promotions.index import SEATS
from coalition.transactions.corrections import actions, jobs
from coalition.transactions.corrections.actions import (
    approve_correction,
    begin_correction,
    discard_correction,
    send_correction,
)
from coalition.transactions.corrections.queries import (
    Found,
    corrected_members,
    correction_by_id,
    corrections_to_sign,
    needed_bounds,
    short_bounds,
)
from coalition.transactions.corrections.tally import Tally
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tests.backtests.test_retail import backtest
from tests.ledger.house import House, drain, new_member
from tests.people import hire
from tests.promotions.test_properties import back as undo
from tests.promotions.test_properties import documents, fitting, open_shop, sales, state
from tests.promotions.test_properties import tell as say
from tests.transactions.bank import LONG_AGO, balances, open_bank, points_of, promotion, query

pytestmark = pytest.mark.usefixtures("house")
JOBS = (jobs,)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAYS = (date(2026, 11, 1), date(2026, 11, 7))
EVEN = [{"participant": "bank", "share": 50}, {"participant": "shop", "share": 50}]
SHARED = [{"participant": "bank", "share": 30}, {"participant": "shop", "share": 70}]


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


def percent(rate: str, **more: Any) -> dict[str, Any]:
    return promotion({"kind": "percent", "rate": rate}, **more)


def waiting(document: dict[str, Any], purchases: int, days: int = 40) -> dict[str, Any]:
    """The promotion, whose points wait for so many more purchases."""
    activation = {"condition": {"kind": "purchases", "count": purchases}, "within_days": days}
    return document | {"activation": activation} if purchases else document


WAITING = promotion(
    {"kind": "fixed", "points": "100"},
    once=True,
    activation={"condition": {"kind": "purchases", "count": 2}, "within_days": 30},
)


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
        send_correction(session, SYSTEM, correction_id=number)
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
        send_correction(session, SYSTEM, correction_id=preview.correction.id)
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
    with db.transaction(bank.tenant) as session:
        (row,) = corrected_members(session, found.correction.id)
        assert row.preview is not None
        assert (row.member_id, row.preview["taken"], row.preview["written_off"]) == (vera, 10, 50)
    posted = approved(bank, found)
    assert (posted.done, balances(bank)[vera]) == (found.preview, (100, 0, 0, 0))
    tell(bank, back(one, "half", 50_000))
    assert points_of(bank, vera) == 100 - 20 - 25
    tell(bank, back(one, "rest", 50_000))
    assert (points_of(bank, vera), given_by(bank)) == (100 - 90, {1: 30, 2: 70})


def approved(bank: House, found: Found, actor: Actor = SYSTEM) -> Found:
    with db.transaction(bank.tenant) as session:
        if found.correction.state != "sent":
            send_correction(session, SYSTEM, correction_id=found.correction.id)
        approve_correction(session, actor, correction_id=found.correction.id)
    drain(bank.tenant)
    return told(bank, found.correction.id)


@pytest.mark.parametrize("purchases", [0, 1])
@pytest.mark.parametrize(
    ("debt", "points", "payers", "after"),
    [
        ("never", (0, 25, 0, 25), [[0, 0, 25], [0, 25, 0]], 25),
        ("allowed", (0, 50, 0, 0), [[0, 25, 0], [0, 25, 0]], 0),
    ],
)
def test_a_payer_is_given_back_from_what_he_paid_whether_it_has_waited_or_not(
    purchases: int, debt: str, points: tuple[int, ...], payers: list[list[int]], after: int
) -> None:
    """Two pay half each of a hundred; those of one are spent, and the rate should have been half as high."""
    terms = {"conditions": {"amount_from": "1000"}, "funding": EVEN}
    bank = open_bank([waiting(percent("10", **terms), purchases)])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3), sale(vera, "b", 4, 1_000))
    spend(bank, vera, 50)
    found = corrected(bank, waiting(percent("5", **terms), purchases), debt=debt)
    assert (found.done.points, sorted(found.done.funders.values())) == (points, payers)
    assert found.done == found.preview
    assert balances(bank)[vera] == (after, 0, 0, 0)


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
        send_correction(session, SYSTEM, correction_id=found.correction.id)
        approve_correction(session, SYSTEM, correction_id=found.correction.id)
    tell(bank, back(one, "half", 50_000))
    assert points_of(bank, vera) == 20
    moves = "select purpose, points from transfer where purpose in (2, 14) order by purpose"
    assert query(bank, moves) == [(2, 20), (14, 60)]
    drain(bank.tenant)
    assert (points_of(bank, vera), query(bank, moves)) == (20, [(2, 20), (14, 60)])
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


def clerk(bank: House, *permissions: Permission, login: str = "clerk") -> Actor:
    with db.transaction(bank.tenant) as session:
        staff = hire(session, login=login, name=login, password="a long password of the staff",
            permissions=permissions,
        )  # fmt: skip
        session.flush()
        return Actor("staff", id=staff.id, permissions=frozenset(permissions))


SIGNING = (Permission.DESK_PROMOTION_APPROVE, Permission.DESK_LEDGER_ADJUST)


def test_who_asks_for_a_correction_does_not_sign_it_and_twice_is_refused() -> None:
    bank = open_bank([percent("7")])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    dora = clerk(bank, Permission.DESK_PROMOTION_EDIT, *SIGNING)
    with db.transaction(bank.tenant) as session:
        number = begin_correction(
            session, dora, code="p0", document=percent("12"), first_day=DAYS[0], last_day=DAYS[1]
        ).id
        with pytest.raises(Conflict, match="correction_not_previewed"), session.begin_nested():
            send_correction(session, SYSTEM, correction_id=number)
    drain(bank.tenant)
    with pytest.raises(Conflict, match="correction_state"), db.transaction(bank.tenant) as session:
        approve_correction(session, SYSTEM, correction_id=number)
    with db.transaction(bank.tenant) as session:
        assert corrections_to_sign(session) == []
        send_correction(session, dora, correction_id=number)
        assert [one.correction.id for one in corrections_to_sign(session)] == [number]
    with pytest.raises(Refusal, match="second_pair_of_eyes"), db.transaction(bank.tenant) as session:
        approve_correction(session, dora, correction_id=number)
    assert (told(bank, number).correction.state, points_of(bank, vera)) == ("sent", 70)
    approved(bank, told(bank, number), clerk(bank, *SIGNING, login="boss"))
    assert points_of(bank, vera) == 120
    with db.transaction(bank.tenant) as session:
        jobs.post_slice(session, number, 0, 0)
        for act in (approve_correction, discard_correction):
            with pytest.raises(Conflict, match="correction_state"), session.begin_nested():
                act(session, SYSTEM, correction_id=number)
    assert points_of(bank, vera) == 120


def test_without_the_permission_nothing_is_asked_for_or_signed() -> None:
    bank = open_bank([percent("7")])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    number = asked(bank, percent("12")).correction.id
    editor = Actor("staff", id=new_id(), permissions=frozenset({Permission.DESK_PROMOTION_EDIT}))
    with db.transaction(bank.tenant) as session:
        for one in SIGNING:
            half = replace(editor, permissions=frozenset({one}))
            with pytest.raises(Forbidden), session.begin_nested():
                approve_correction(session, half, correction_id=number)
        nobody = replace(editor, permissions=frozenset())
        for act in (send_correction, discard_correction):
            with pytest.raises(Forbidden), session.begin_nested():
                act(session, nobody, correction_id=number)
        with pytest.raises(Forbidden), session.begin_nested():
            begin_correction(
                session, nobody, code="p0", document=percent("1"), first_day=DAYS[0], last_day=DAYS[1]
            )
    drain(bank.tenant)
    assert query(bank, "select id, state from correction") == [(number, "asked")]
    assert points_of(bank, vera) == 70


@pytest.mark.parametrize(
    ("refused", "more"),
    [
        ("correction_days", {"first_day": date(2026, 11, 8)}),
        ("correction_not_past", {"last_day": date(2026, 11, 22)}),
        ("correction_too_long", {"first_day": date(2025, 10, 1)}),
        ("correction_too_old", {"first_day": date(1, 1, 1), "last_day": date(1, 1, 2)}),
        ("promotion_unknown", {"code": "p9"}),
        ("document_invalid", {"document": percent("0")}),
        ("document_invalid", {"document": promotion({"kind": "fixed", "points": "1"}, trigger={"kind": "birthday"})}),
    ],
)  # fmt: skip
def test_what_cannot_be_corrected_is_refused(refused: str, more: dict[str, Any]) -> None:
    bank = open_bank([percent("7")])
    wanted = {"code": "p0", "document": percent("8"), "first_day": DAYS[0], "last_day": DAYS[1]} | more
    with pytest.raises(Refusal, match=refused), db.transaction(bank.tenant) as session:
        begin_correction(session, SYSTEM, **wanted)
    assert query(bank, "select count(*) from correction") == [(0,)]


HALF = {"name": "half", "control_percent": 50}


@pytest.mark.parametrize(
    ("live", "document", "field"),
    [
        ({"limits": {"budget": "500"}}, {}, "limits.budget"),
        ({"limits": {"first_members": 5}}, {}, "limits.first_members"),
        ({}, {"limits": {"first_members": 5}}, "limits.first_members"),
        ({"test": HALF}, {"test": HALF | {"control_percent": 10}}, "test.control_percent"),
    ],
)
def test_a_correction_keeps_the_bounds_of_its_promotion(
    live: dict[str, Any], document: dict[str, Any], field: str
) -> None:
    bank = open_bank([percent("7", **live)])
    with pytest.raises(Refusal, match="document_invalid") as refused:
        asked(bank, percent("8", **document))
    assert (refused.value.facts["field"], query(bank, "select from correction")) == (field, [])


def test_a_correction_that_changes_nobody_ends_unsigned_and_can_be_sent_all_the_same() -> None:
    bank = open_bank([percent("7")])
    vera = member(bank)
    tell(bank, sale(vera, "after", 8))
    found = asked(bank, percent("12"))
    assert (found.correction.state, found.preview) == ("idle", Tally())
    with db.transaction(bank.tenant) as session:
        assert corrections_to_sign(session) == []
        with pytest.raises(Conflict, match="correction_state"), session.begin_nested():
            approve_correction(session, SYSTEM, correction_id=found.correction.id)
    assert query(bank, "select from promotion_version where correcting") == []
    asked_meanwhile = asked(bank, percent("12"))
    assert asked_meanwhile.correction.state == "idle"  # what has ended stands in nobody's way
    with db.transaction(bank.tenant) as session:
        send_correction(session, SYSTEM, correction_id=asked_meanwhile.correction.id)
        with pytest.raises(Conflict, match="correction_waits") as refused, session.begin_nested():
            send_correction(session, SYSTEM, correction_id=found.correction.id)
        assert refused.value.facts == {"id": asked_meanwhile.correction.id}
        discard_correction(session, SYSTEM, correction_id=asked_meanwhile.correction.id)
    approved(bank, found)
    tell(bank, sale(vera, "late", 7))
    assert points_of(bank, vera) == 70 + 120


def test_a_correction_that_has_ended_unsigned_can_be_discarded_and_is_sent_no_more() -> None:
    found = asked(open_bank([percent("7")]), percent("12"))
    assert found.correction.state == "idle"
    with db.transaction(found.correction.tenant_id) as session:
        assert discard_correction(session, SYSTEM, correction_id=found.correction.id).state == "discarded"
        with pytest.raises(Conflict, match="correction_state"), session.begin_nested():
            send_correction(session, SYSTEM, correction_id=found.correction.id)


def test_a_programme_without_members_is_corrected_at_once() -> None:
    bank = open_bank([percent("7")])
    assert corrected(bank, percent("8")).done == Tally()


TWO_MORE_IN_DAYS = [
    # days within which two more purchases are asked for, the days of the three, before and after, taken and given
    (30, (3, 8, 9), (70, 0), (120, 0), (0, 0)),  # met: can be spent
    (30, (3, 8), (0, 70), (0, 120), (50, 0)),  # still waits
    (7, (3, 8), (0, 0), (0, 0), (0, 50)),  # has lapsed
]


@pytest.mark.parametrize(("within", "days", "before", "after", "waiting_lapsed"), TWO_MORE_IN_DAYS)
def test_what_waits_for_the_same_condition_is_changed_by_the_difference_alone(
    within: int,
    days: tuple[int, ...],
    before: tuple[int, int],
    after: tuple[int, int],
    waiting_lapsed: tuple[int, int],
) -> None:
    first = {"conditions": {"amount_from": "1000"}}
    bank = open_bank([waiting(percent("7", **first), 2, within)])
    vera = member(bank)
    tell(bank, *(sale(vera, f"s{day}", day, 100_000 if day == days[0] else 1_000) for day in days))
    assert settled(bank, vera) == before
    found = corrected(bank, waiting(percent("12", **first), 2, within))
    assert (found.done.points, found.done) == ((50, 0, 0, 0), found.preview)
    assert (found.done.waiting, found.done.lapsed) == waiting_lapsed
    assert settled(bank, vera) == after
    assert query(bank, "select points from transfer where purpose = 14") == [(50,)]
    again = corrected(bank, waiting(percent("7", **first), 2, within))
    assert (again.done.points, settled(bank, vera)) == ((0, 50, 0, 0), before)
    assert again.done == again.preview


def test_what_is_given_for_a_condition_that_was_met_covers_what_is_spent() -> None:
    """A hundred points waited for two purchases, were met and are spent; for one purchase there are 120."""
    first = {"conditions": {"amount_from": "1000"}}
    bank = open_bank([waiting(percent("10", **first), 2)])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3), sale(vera, "b", 4, 1_000), sale(vera, "c", 5, 1_000))
    spend(bank, vera, 100)
    found = corrected(bank, waiting(percent("12", **first), 1))
    assert (found.done.points, balances(bank)[vera]) == ((20, 0, 0, 0), (20, 0, 0, 0))
    harder = corrected(bank, waiting(percent("12", **first), 3))
    assert (harder.done.points, balances(bank)[vera]) == ((120, 20, 0, 100), (0, 120, 0, 0))
    assert (harder.done.waiting, harder.done) == (120, harder.preview)


@pytest.mark.parametrize(
    ("wrong", "right", "before", "after"),
    [
        (2, 0, (0, 70), (120, 0)),  # waited; should not have waited at all
        (0, 2, (70, 0), (0, 120)),  # should have waited, and does now
        (2, 1, (0, 70), (120, 0)),  # waited for two purchases, and should have for one: it came
    ],
)
def test_what_waited_by_wrong_terms_stands_as_by_the_right_ones(
    wrong: int, right: int, before: tuple[int, int], after: tuple[int, int]
) -> None:
    first = {"conditions": {"amount_from": "500"}}
    bank = open_bank([waiting(percent("7", **first), wrong)])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one, sale(vera, "b", 8, 1_000))
    assert settled(bank, vera) == before
    found = corrected(bank, waiting(percent("12", **first), right))
    assert (found.done.points, settled(bank, vera)) == ((120, 70, 0, 0), after)
    assert found.done == found.preview
    tell(bank, back(one, "half", 50_000))
    assert settled(bank, vera) == (after[0] // 2, after[1] // 2)
    tell(bank, back(one, "rest", 50_000))
    assert (settled(bank, vera), given_by(bank)) == ((0, 0), {})


@pytest.mark.parametrize(
    ("rate", "moved", "after"), [("10", (100, 100, 0, 0), (100, 0)), ("5", (50, 100, 0, 0), (50, 0))]
)
@pytest.mark.parametrize("spent", [0, 100])
def test_what_waits_after_one_correction_is_what_the_next_one_moves(
    rate: str, moved: tuple[int, ...], after: tuple[int, int], spent: int
) -> None:
    """Points were met, wait for more by mistake, and should be met after all; what she has spent she owes."""
    first = {"conditions": {"amount_from": "1000"}}
    bank = open_bank([waiting(percent("10", **first), 1)])
    vera = member(bank)
    one = sale(vera, "a", 3)
    tell(bank, one, sale(vera, "b", 4, 1_000))
    if spent:
        spend(bank, vera, spent)
    harder = corrected(bank, waiting(percent("10", **first), 3), debt="allowed")
    assert (settled(bank, vera), balances(bank)[vera][3]) == ((0, 100), spent)
    assert (harder.done.waiting, harder.done) == (100, harder.preview)
    found = corrected(bank, waiting(percent(rate, **first), 1), debt="allowed")
    assert (found.preview.points, found.preview.waiting) == (moved, -100)
    available, pending, _, debt = balances(bank)[vera]
    assert (available - debt, pending) == (after[0] - spent, after[1])
    tell(bank, back(one, "r"))
    available, pending, _, debt = balances(bank)[vera]
    assert (available - debt, pending) == (-spent, 0)


@pytest.mark.parametrize(("rate", "after"), [("10", (0, 100)), ("5", (0, 50))])
def test_what_was_met_by_the_condition_of_an_earlier_correction_is_not_taken_for_waiting(
    rate: str, after: tuple[int, int]
) -> None:
    """Met for two purchases, as well for one: nothing moves; then for three, and she has bought two."""
    first = {"conditions": {"amount_from": "1000"}}
    bank = open_bank([waiting(percent("10", **first), 2)])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3), sale(vera, "b", 4, 1_000), sale(vera, "c", 5, 1_000))
    assert corrected(bank, waiting(percent("10", **first), 1)).done == Tally()
    found = corrected(bank, waiting(percent(rate, **first), 3))
    assert (found.done.points, found.done) == ((after[1], 100, 0, 0), found.preview)
    assert (found.done.waiting, settled(bank, vera)) == (after[1], after)


def test_a_condition_that_was_met_stays_met_though_its_purchase_came_back() -> None:
    first = {"conditions": {"amount_from": "1000"}}
    bank = open_bank([waiting(percent("7", **first), 1)])
    vera = member(bank)
    other = sale(vera, "b", 8, 1_000)
    tell(bank, sale(vera, "a", 3), other)
    with clock.stopped(NOW + timedelta(hours=1)):
        tell(bank, back(other, "r"))
        found = corrected(bank, waiting(percent("12", **first), 1, 30))
    assert (found.done.points, settled(bank, vera)) == ((50, 0, 0, 0), (120, 0))


def settled(bank: House, member: UUID) -> tuple[int, int]:
    """Points that she can spend, and that wait, on the day."""
    with db.transaction(bank.tenant) as session:
        open_book(session, member_id=member, zone="Asia/Kamchatka")
    available, pending, *_ = balances(bank)[member]
    return available, pending


def test_what_a_ladder_moves_to_another_purchase_pays_for_what_it_left() -> None:
    """The first purchase's 90 have waited, were met and are spent; by the right terms the second one had them."""
    lane: dict[str, Any] = {"lane": {"name": "main", "combine": "best"}}
    first = waiting(promotion({"kind": "fixed", "points": "90"}, once=True, **lane), 1)
    bank = open_bank([percent("1", **lane), first])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3), sale(vera, "b", 8), sale(vera, "c", 9))
    assert balances(bank)[vera] == (110, 0, 0, 0)
    spend(bank, vera, 110)
    found = corrected(bank, percent("10", **lane))
    assert found.done.points == (190, 100, 0, 0)
    assert balances(bank)[vera] == (90, 0, 0, 0)


def test_what_waits_since_the_signature_is_moved_with_its_lane() -> None:
    """Published between the signature and the posting, it takes the place of what a limit has cut until then."""
    lane: dict[str, Any] = {"lane": {"name": "main", "combine": "best"}}
    bank = open_bank([percent("10", limits={"per_month": "100"}, **lane)])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    right = percent("1", limits={"per_month": "100"}, **lane)
    number = asked(bank, right).correction.id
    with db.transaction(bank.tenant) as session:
        send_correction(session, SYSTEM, correction_id=number)
        approve_correction(session, SYSTEM, correction_id=number)
    with db.transaction(bank.tenant) as session:
        publish(
            session, SYSTEM, programme_id=bank.programme, code="w", document=waiting(percent("5", **lane), 1),
            starts_at=NOW,
        )  # fmt: skip
    with clock.stopped(NOW + timedelta(hours=2)):
        tell(bank, replace(sale(vera, "b", 3), occurred_at=NOW + timedelta(hours=1)))
        assert balances(bank)[vera] == (100, 50, 0, 0)
        drain(bank.tenant)
    assert told(bank, number).correction.state == "done"
    assert balances(bank)[vera] == (100, 0, 0, 0)


def test_who_returns_what_is_not_counted_keeps_what_a_correction_has_counted() -> None:
    counted = {"limits": {"per_month": "150"}, "conditions": {"mcc": ["5411"]}}
    bank = open_bank([percent("10", **counted), percent("1", conditions={"mcc": ["5412"]})])
    vera = member(bank)
    other = sale(vera, "other", 3, mcc=5412)
    tell(bank, sale(vera, "a", 3, mcc=5411), other)
    number = asked(bank, percent("12", **counted)).correction.id
    with db.transaction(bank.tenant) as session:
        send_correction(session, SYSTEM, correction_id=number)
        approve_correction(session, SYSTEM, correction_id=number)
    tell(bank, back(other, "back"))
    assert points_of(bank, vera) == 120
    tell(bank, replace(sale(vera, "b", 9, mcc=5411), seller="another shop"))
    assert points_of(bank, vera) == 150


def test_a_backtest_counts_what_was_written_off_with_who_lost_it() -> None:
    bank = open_bank([percent("10", funding=SHARED)])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3), sale(vera, "other", 8))
    spend(bank, vera, 90)
    found = corrected(bank, percent("4", funding=SHARED))
    assert found.preview.funders == {"1": [0, 10, 8], "2": [0, 0, 42]}
    tally = backtest(bank, first_day=DAYS[0], last_day=date(2026, 11, 8)).tally
    assert tally.funders == {"1": [30 + 12 + 8, 42], "2": [70 + 28 + 42, 98]}


def test_another_tenant_finds_none_of_it() -> None:
    bank, other = open_bank([percent("7")]), open_bank([percent("7")])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    number = asked(bank, percent("12")).correction.id
    with db.transaction(other.tenant) as session:
        with pytest.raises(NotFound, match="correction_unknown"):
            approve_correction(session, SYSTEM, correction_id=number)
        assert corrected_members(session, number) == []


def test_each_member_is_told_by_herself() -> None:
    bank = open_bank([percent("10", conditions={"amount_from": "500"})])
    vera, olga, nina = (member(bank) for _ in range(3))
    tell(bank, sale(vera, "a", 3), sale(olga, "b", 4, 20_000), sale(nina, "c", 9))
    found = corrected(bank, percent("5"))
    with db.transaction(bank.tenant) as session:
        rows = {row.member_id: row for row in corrected_members(session, found.correction.id)}
    assert {who: Tally(**row.posted).net for who, row in rows.items() if row.posted} == {vera: -50, olga: 10}
    assert all(row.posted == row.preview for row in rows.values())
    assert (found.done.gainers, found.done.losers, found.done.net) == (1, 1, -40)


@st.composite
def corrections(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A promotion's terms, and what they should have been: what it counts stays."""
    wrong = draw(documents())
    right = draw(documents()) | {"trigger": wrong["trigger"], "mechanic": wrong["mechanic"]}
    if right["mechanic"]["kind"] in ("percent", "fixed", "per_step"):
        right["mechanic"] = draw(
            st.sampled_from([{"kind": "percent", "rate": "13"}, {"kind": "fixed", "points": "9"}])
        )
    if "budget" in wrong["limits"]:
        right["limits"] = right["limits"] | {"budget": wrong["limits"]["budget"]}
    return wrong, fitting(right)


def test_what_waits_for_a_condition_stays_beside_a_correction_and_is_met() -> None:
    """Eighty points of her purchase are spent: what waits of the same purchase does not pay for what is taken."""
    bank = open_bank([percent("12"), WAITING])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    assert balances(bank)[vera] == (120, 100, 0, 0)
    spend(bank, vera, 80)
    found = corrected(bank, percent("5"))
    assert found.done.points == (0, 40, 0, 30)
    assert balances(bank)[vera] == (0, 100, 0, 0)
    tell(bank, sale(vera, "b", 8), sale(vera, "c", 9))
    assert balances(bank)[vera] == (340, 0, 0, 0)


@st.composite
def waits(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A correction of points that wait, that do no more by the right terms, or that begin to."""
    own = st.tuples(st.integers(0, 2), st.sampled_from([3, 40]))
    wrong, right = draw(corrections())
    return waiting(wrong, *draw(own)), waiting(right, *draw(own))


@st.composite
def harder(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A correction of points that wait for one purchase, which should have waited for more."""
    terms = draw(documents())
    return waiting(terms, 1), waiting(terms, draw(st.integers(2, 9)))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    others=st.lists(st.builds(waiting, documents(), st.integers(0, 2)), max_size=2),
    terms=st.one_of(corrections(), waits()),
    bought=sales(),
    days=st.tuples(st.integers(2, 14), st.integers(0, 9)),
    undone=st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["before", "between", "after"])), max_size=4),
    late=st.booleans(),
)  # fmt: skip
def test_a_correction_ends_where_the_right_terms_would_have_led(
    others: list[Any],
    terms: tuple[dict[str, Any], dict[str, Any]],
    bought: list[Told],
    days: tuple[int, int],
    undone: list[tuple[int, str]],
    late: bool,
) -> None:
    """Returns come before it, between its signature and its posting, and after it; a purchase may turn up late."""
    wrong, right = terms
    assume(Document.model_validate(wrong) != Document.model_validate(right))
    first, last = date(2026, 11, days[0]), date(2026, 11, days[0] + days[1])
    kept, tardy = (bought[:-1], bought[-1:]) if late and len(bought) > 1 else (bought, [])
    backs: dict[str, list[Told]] = {"before": [], "between": [], "after": []}
    for place, when in dict(undone).items():
        if place < len(kept):
            backs[when].append(undo(kept[place], f"r{place}"))
    ends = []
    for is_model in (False, True):
        with december(0):
            bank, vera = open_shop([wrong, *others])
            if is_model:
                bank, vera = open_right(wrong, right, others, first, last)
            say(bank, vera, *kept)
        with december(1):
            say(bank, vera, *backs["before"])
            if not is_model:
                number = asked(bank, right, first_day=first, last_day=last, debt="allowed").correction.id
                with db.transaction(bank.tenant) as session:
                    send_correction(session, SYSTEM, correction_id=number)
                    approve_correction(session, SYSTEM, correction_id=number)
        with december(2):
            say(bank, vera, *backs["between"])
            drain(bank.tenant)
        with december(3):
            say(bank, vera, *backs["after"])
        with december(4):
            say(bank, vera, *tardy)
            ends.append(stands(bank, vera))
    assert ends[0] == ends[1]


def december(hour: int) -> Any:
    return clock.stopped(datetime(2026, 12, 1, hour, tzinfo=UTC))


def stands(bank: House, vera: UUID) -> tuple[Any, ...]:
    """What a member has, what waits, and what all of it has cost whom."""
    with db.transaction(bank.tenant) as session:
        open_book(session, member_id=vera, zone="Asia/Kamchatka")  # settles what the day has reached
    (available, pending, _, debt), counters, rooms, funders = state(bank, vera)
    return available - debt, pending, counters, rooms, funders


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],
)
@given(
    terms=st.one_of(corrections(), waits(), harder()),
    bought=sales(),
    days=st.tuples(st.integers(2, 14), st.integers(0, 9)),
    known=st.integers(1, 7),
)
def test_a_correction_twice_is_one_and_the_way_back_undoes_it(
    terms: tuple[dict[str, Any], dict[str, Any]], bought: list[Told], days: tuple[int, int], known: int
) -> None:
    """The wrong terms, the right ones, these again, and the wrong ones again; some sales become known in between."""
    wrong, right = terms
    assume(Document.model_validate(wrong) != Document.model_validate(right))
    assume(wrong["limits"].get("budget") == right["limits"].get("budget"))
    span = {"first_day": date(2026, 11, days[0]), "last_day": date(2026, 11, days[0] + days[1])}
    with december(0):
        bank, vera = open_shop([wrong])
        say(bank, vera, *bought[:known])
        before = stands(bank, vera)
    with december(1):
        corrected(bank, right, debt="allowed", **span)
        once = stands(bank, vera)
    with december(2):
        again = corrected(bank, right, debt="allowed", **span)
        assert (replace(again.done, short=0), stands(bank, vera)) == (Tally(), once)
    with december(3):
        corrected(bank, wrong, debt="allowed", **span)
        assert stands(bank, vera)[:3] == before[:3]


def open_right(
    wrong: dict[str, Any], right: dict[str, Any], others: list[Any], first: date, last: date
) -> tuple[House, UUID]:
    """A shop in which the right terms were published for their days from the beginning."""
    bank, vera = open_shop([])
    start, end = day_start(first, "Asia/Kamchatka"), day_start(last + timedelta(days=1), "Asia/Kamchatka")
    with clock.stopped(start - timedelta(days=1)), db.transaction(bank.tenant) as session:
        for code, document, since, until in [
            ("p0", wrong, LONG_AGO, start), *((f"p{n}", one, LONG_AGO, None) for n, one in enumerate(others, 1)),
            ("p0", right, start, end), ("p0", wrong, end, None),
        ]:  # fmt: skip
            publish(
                session, SYSTEM, programme_id=bank.programme, code=code, document=document, starts_at=since,
                ends_at=until,
            )  # fmt: skip
    return bank, vera


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    others=st.lists(st.builds(waiting, documents(), st.integers(0, 2)), max_size=2),
    terms=st.one_of(corrections(), waits()),
    bought=sales(),
    days=st.tuples(st.integers(2, 14), st.integers(0, 9)),
    parts=st.tuples(st.integers(0, 100), st.integers(0, 100)),
)
def test_nobody_goes_into_debt_and_what_is_written_off_goes_with_its_purchase(
    others: list[Any],
    terms: tuple[dict[str, Any], dict[str, Any]],
    bought: list[Told],
    days: tuple[int, int],
    parts: tuple[int, int],
) -> None:
    """She has spent a part before the correction; the rest is exact, and returns of everything leave nothing."""
    wrong, right = terms
    assume(Document.model_validate(wrong) != Document.model_validate(right))
    first, last = date(2026, 11, days[0]), date(2026, 11, days[0] + days[1])
    with clock.stopped(datetime(2026, 12, 1, tzinfo=UTC)):
        model, twin = open_right(wrong, right, others, first, last)
        say(model, twin, *bought)
        bank, vera = open_shop([wrong, *others])
        begun = state(bank, vera)[2]
        say(bank, vera, *bought)
        spent = balances(bank)[vera][0] * parts[0] // 100
        if spent:
            spend(bank, vera, spent)
        found = corrected(bank, right, first_day=first, last_day=last)
        *_, debt, written_off = found.done.points
        assert (debt, balances(bank)[vera][3]) == (0, 0)
        if not any(found.preview.needs.values()):
            assert found.done.points == found.preview.points
        if not found.done.short:  # a write-off stays in its budget, which then has less to give
            assert sum(balances(bank)[vera][:2]) == sum(balances(model)[twin][:2]) - spent + written_off
        assert all(room >= 0 for _, room in state(bank, vera)[2])
        more = balances(bank)[vera][0] * parts[1] // 100
        if more:
            spend(bank, vera, more)
        say(bank, vera, *(undo(one, f"r{place}") for place, one in enumerate(bought)))
        points, counters, rooms, funders = state(bank, vera)
        assert points[0] + points[1] - points[3] == -spent - more
        assert (counters, funders) == ({}, [])
        assert dict(rooms) | dict(begun) == dict(rooms)


def test_bounds_that_do_not_suffice_are_told_apart() -> None:
    """Places are members, and budgets and deposits are points: they are never one figure."""
    limits = {"budget": "1000", "first_members": 2}
    bank = open_bank([percent("1", limits=limits, funding=SHARED)])
    with db.transaction(bank.tenant) as session:
        top_up(
            session, SYSTEM, programme_id=bank.programme, participant_id=bank.funders[1], unit="points", paid=40,
            request_id="one",
        )  # fmt: skip
    found = asked(bank, percent("2", limits=limits, funding=SHARED))
    needs = {"1": 1200, str(SEATS + 1): 5, "-1": 39}
    found = found._replace(preview=replace(found.preview, needs=needs))
    with db.transaction(bank.tenant) as session:
        assert needed_bounds(session, found) == [
            ("budget", "p0", 1200),
            ("places", "p0", 5),
            ("deposit", "shop", 39),
        ]
        assert short_bounds(session, found) == [("budget", "p0", 200), ("places", "p0", 3)]


def test_a_preview_that_another_correction_has_outdated_is_not_signed() -> None:
    bank = open_bank([percent("7")])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    older = asked(bank, percent("8"), first_day=date(2026, 11, 5))
    with clock.stopped(clock.now() + timedelta(minutes=1)):
        newer = asked(bank, percent("9"), last_day=date(2026, 11, 4))
    with clock.stopped(clock.now() + timedelta(minutes=2)):
        approved(bank, newer)
        assert points_of(bank, vera) == 90
        with pytest.raises(Conflict, match="correction_outdated"):
            approved(bank, older)
    assert points_of(bank, vera) == 90
