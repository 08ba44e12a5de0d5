"""Conditional points: pending until their condition is met, valid from then on, else lapsed (golden P2)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from coalition.ledger.models import Lot
from coalition.members.sweep import sweep
from coalition.programmes.models import Programme
from coalition.promotions.document import Document
from coalition.promotions.life import pause
from coalition.promotions.queries import index_of
from coalition.reports.history import history
from coalition.transactions import waiting
from coalition.transactions.events import note_event
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tests.ledger.house import House, drain, new_member
from tests.transactions.bank import balances, open_bank, promotion, query

pytestmark = pytest.mark.usefixtures("house")
NOON = datetime(2026, 11, 20, 0, tzinfo=UTC)  # noon in Kamchatka
TWO_MORE = {"condition": {"kind": "purchases", "count": 2}, "within_days": 14}
FIXED = {"kind": "fixed", "points": "100"}
DAYS = {"expiry": "days", "expiry_count": 30}


def welcome(activation: dict[str, Any] = TWO_MORE, **more: Any) -> dict[str, Any]:
    """A hundred points for the first purchase, which wait."""
    return promotion(FIXED, once=True, activation=activation, **more)


def opened(*promotions: dict[str, Any], **terms: Any) -> tuple[House, UUID]:
    with clock.stopped(NOON - timedelta(days=400)):
        bank = open_bank(promotions, **terms)
    with clock.stopped(NOON), db.transaction(bank.tenant) as session:
        return bank, new_member(session, bank)


def tell(
    bank: House,
    member: UUID,
    reference: str,
    amount: int = 1000,
    *,
    day: int = 0,
    original: str = "",
    late: int = 0,
) -> None:
    """A sale, or the return of `original`, so many days after the first day, known `late` days later."""
    at = NOON + timedelta(days=day, hours=1)
    told = Told(reference, member, at, amount, "shop", refund=bool(original), original=original or None)
    with clock.stopped(at + timedelta(days=late, hours=1)):
        with db.transaction(bank.tenant) as session:
            record(session, SYSTEM, programme_id=bank.programme, source="till", told=[told])
        drain(bank.tenant)


def pass_days(bank: House, day: int) -> None:
    with clock.stopped(NOON + timedelta(days=day)):
        with db.transaction(bank.tenant) as session:
            sweep(session)
        drain(bank.tenant)


def test_p2_points_wait_for_two_more_purchases_and_are_valid_from_the_second() -> None:
    bank, vera = opened(welcome(), **DAYS)
    tell(bank, vera, "a")
    tell(bank, vera, "b", day=1)
    assert balances(bank)[vera] == (0, 100, 0, 0)
    tell(bank, vera, "c", day=5)
    assert balances(bank)[vera] == (100, 0, 0, 0)
    with db.transaction(bank.tenant) as session:
        born = session.scalars(select(Lot).where(Lot.remaining > 0)).one()
    assert (born.active_on, born.expires_on) == (
        (NOON + timedelta(days=5)).date(), (NOON + timedelta(days=35)).date(),
    )  # fmt: skip


def test_p2_points_lapse_when_the_day_of_their_deadline_has_ended() -> None:
    bank, vera = opened(welcome())
    tell(bank, vera, "a")
    pass_days(bank, 14)
    assert balances(bank)[vera] == (0, 100, 0, 0)
    pass_days(bank, 15)
    assert balances(bank)[vera] == (0, 0, 0, 0)
    assert query(bank, "select from_account, to_account, points from transfer where purpose = 13") == [
        (2, 11, 100)
    ]
    with db.transaction(bank.tenant) as session:
        entries, _ = history(session, vera)
    assert [(one.kind, one.points) for one in entries] == [("lapsed", -100), ("purchase", 100)]


def test_a_purchase_after_the_deadline_meets_nothing() -> None:
    bank, vera = opened(welcome())
    tell(bank, vera, "a")
    tell(bank, vera, "b", day=14)
    tell(bank, vera, "c", day=15)
    assert balances(bank)[vera] == (0, 0, 0, 0)


def test_a_purchase_in_time_that_becomes_known_late_brings_lapsed_points_back() -> None:
    bank, vera = opened(welcome())
    tell(bank, vera, "a")
    tell(bank, vera, "b", day=3)
    pass_days(bank, 15)
    assert balances(bank)[vera] == (0, 0, 0, 0)
    tell(bank, vera, "c", day=14, late=2)
    assert balances(bank)[vera] == (100, 0, 0, 0)


def test_turnover_counts_net_of_returns() -> None:
    activation = {"condition": {"kind": "turnover", "amount": "100"}, "within_days": 14}
    bank, vera = opened(welcome(activation))
    tell(bank, vera, "a", 50_000)
    tell(bank, vera, "b", 6_000, day=1)
    tell(bank, vera, "back", 5_000, original="b", day=1)
    tell(bank, vera, "c", 8_999, day=2)
    assert balances(bank)[vera] == (0, 100, 0, 0)
    tell(bank, vera, "d", 1, day=3)
    assert balances(bank)[vera] == (100, 0, 0, 0)


def test_an_event_meets_a_condition() -> None:
    survey = promotion({"kind": "fixed", "points": "1"}, trigger={"kind": "event", "name": "survey"})
    activation = {"condition": {"kind": "event", "name": "survey"}, "within_days": 14}
    bank, vera = opened(welcome(activation), survey)
    tell(bank, vera, "a")
    at = NOON + timedelta(days=2)
    with clock.stopped(at), db.transaction(bank.tenant) as session:
        note_event(session, SYSTEM, member_id=vera, name="survey", key="k", occurred_at=at, fields={})
    assert balances(bank)[vera] == (101, 0, 0, 0)


def test_an_event_that_only_waiting_points_name_meets_their_condition() -> None:
    activation = {"condition": {"kind": "event", "name": "survey"}, "within_days": 14}
    bank, vera = opened(welcome(activation))
    tell(bank, vera, "a")
    at = NOON + timedelta(days=2)

    def note(name: str, **fields: Any) -> None:
        with clock.stopped(at), db.transaction(bank.tenant) as session:
            note_event(
                session, SYSTEM, member_id=vera, name=name, key="k", occurred_at=at, fields=fields
            )  # fmt: skip

    for name, fields, wrong in (("poll", {}, "name"), ("survey", {"stars": 5}, "fields.stars")):
        with pytest.raises(Refusal, match="event_invalid") as refused:
            note(name, **fields)
        assert refused.value.facts["field"] == wrong
    assert balances(bank)[vera] == (0, 100, 0, 0)
    note("survey")
    assert balances(bank)[vera] == (100, 0, 0, 0)


@pytest.mark.parametrize("paused", [False, True])
def test_points_wait_for_their_event_beyond_the_end_of_their_promotion(paused: bool) -> None:
    activation = {"condition": {"kind": "event", "name": "survey"}, "within_days": 14}
    bank, vera = opened(welcome(activation))
    tell(bank, vera, "a")
    at = NOON + timedelta(days=2)
    if paused:
        with clock.stopped(NOON + timedelta(days=1)), db.transaction(bank.tenant) as session:
            pause(session, SYSTEM, code="p0")
    with clock.stopped(at), db.transaction(bank.tenant) as session:
        note_event(session, SYSTEM, member_id=vera, name="survey", key="k", occurred_at=at, fields={})
    assert balances(bank)[vera] == (100, 0, 0, 0)


def test_points_of_an_occasion_wait_too() -> None:
    joined = promotion(FIXED, trigger={"kind": "enrolment"}, activation=TWO_MORE)
    bank, _ = opened(joined)
    with clock.stopped(NOON):
        with db.transaction(bank.tenant) as session:
            olga = new_member(session, bank)
        drain(bank.tenant)
    assert balances(bank)[olga] == (0, 100, 0, 0)
    tell(bank, olga, "a")
    tell(bank, olga, "b", day=1)
    assert balances(bank)[olga] == (100, 0, 0, 0)


@pytest.mark.parametrize(("until", "before"), [(3, (0, 100, 0, 0)), (20, (0, 0, 0, 0))])
def test_a_return_before_the_condition_or_after_the_lapse_leaves_nothing(
    until: int, before: tuple[int, ...]
) -> None:
    bank, vera = opened(welcome())
    tell(bank, vera, "a")
    pass_days(bank, until)
    assert balances(bank)[vera] == before
    tell(bank, vera, "back", original="a", day=until)
    assert balances(bank)[vera] == (0, 0, 0, 0)


def test_a_return_after_the_condition_takes_what_it_gave_and_the_rest_is_debt() -> None:
    bank, vera = opened(welcome(), promotion({"kind": "fixed", "points": "1"}))
    for day, reference in enumerate("abc"):
        tell(bank, vera, reference, day=day)
    assert balances(bank)[vera] == (103, 0, 0, 0)
    tell(bank, vera, "back", original="a", day=4)
    # The second purchase is the first now: it gives the hundred, which wait for two more, and one came.
    assert balances(bank)[vera] == (2, 100, 0, 0)
    tell(bank, vera, "d", day=5)
    assert balances(bank)[vera] == (103, 0, 0, 0)


def test_a_condition_that_was_met_stays_met() -> None:
    bank, vera = opened(welcome())
    for day, reference in enumerate("abc"):
        tell(bank, vera, reference, day=day)
    tell(bank, vera, "back", original="c", day=4)
    assert balances(bank)[vera] == (100, 0, 0, 0)


def test_half_a_return_takes_half_of_what_waits_and_of_what_was_met() -> None:
    half = promotion({"kind": "percent", "rate": "10"}, activation=TWO_MORE)
    bank, vera = opened(half)
    tell(bank, vera, "a", 100_000)
    tell(bank, vera, "ra", 50_000, original="a", day=1)
    assert balances(bank)[vera] == (0, 50, 0, 0)
    tell(bank, vera, "b", 1_000, day=2)
    tell(bank, vera, "c", 1_000, day=3)
    assert balances(bank)[vera] == (50, 2, 0, 0)
    tell(bank, vera, "rest", 50_000, original="a", day=4)
    assert balances(bank)[vera] == (0, 2, 0, 0)


def test_members_are_told_what_is_missing_and_until_when() -> None:
    bank, vera = opened(welcome())
    tell(bank, vera, "a")
    tell(bank, vera, "b", day=1)
    with clock.stopped(NOON + timedelta(days=2)), db.transaction(bank.tenant) as session:
        programme = session.get_one(Programme, (bank.tenant, bank.programme))
        (wait,) = waiting.waits_of(session, programme, index_of(session, programme), vera)
    assert (wait.points, wait.wanted, wait.so_far) == (100, 2, 1)
    assert wait.last_day == (NOON + timedelta(days=14)).date()


def test_points_wait_for_a_condition_or_for_days() -> None:
    with pytest.raises(ValueError, match="for a condition or for some days"):
        Document.model_validate(welcome(activation_delay_days=3))


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(1, 3)), min_size=1, max_size=7))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_bought_and_returned_a_full_return_of_all_leaves_nothing(
    steps: list[tuple[int, bool, int]],
) -> None:
    """Ten percent of each purchase, waiting for one more within three days; every step may return an older one."""
    activation = {"condition": {"kind": "purchases", "count": 1}, "within_days": 3}
    bank, vera = opened(promotion({"kind": "percent", "rate": "10"}, activation=activation))
    sold: dict[str, int] = {}
    day = 0
    for number, (wait, returns, halves) in enumerate(steps):
        day += wait
        tell(bank, vera, f"s{number}", 10_000, day=day)
        sold[f"s{number}"] = 10_000
        if returns:
            some = sorted(sold)[number // 2]
            amount = min(sold[some], halves * 5_000)
            if amount:
                sold[some] -= amount
                tell(bank, vera, f"r{number}", amount, original=some, day=day)
        available, pending, _, debt = balances(bank)[vera]
        assert debt == 0, "nothing was spent"
        assert available + pending <= sum(sold.values()) // 1000
    for reference, amount in sold.items():
        if amount:
            tell(bank, vera, f"end {reference}", amount, original=reference, day=day)
    assert balances(bank)[vera] == (0, 0, 0, 0)
