"""Bringing a friend: both get their points or none does, whatever is bought and returned (golden F1)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition.members import referring
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.promotions.models import PromotionBudget
from coalition.reports.history import history
from coalition.transactions import referrals
from coalition.transactions.recording import Told, record
from tenants import actor
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, jobs
from tenants.runtime.errors import Forbidden, Refusal
from tests.ledger.house import House, drain, new_member
from tests.transactions.bank import balances, open_bank, points_of, promotion, query

pytestmark = pytest.mark.usefixtures("house")
NOON = datetime(2026, 11, 20, 0, tzinfo=UTC)  # noon in Kamchatka
BOTH = {"kind": "both_sides", "friend": "150", "referrer": "200"}


def bring_a_friend(settled_days: int = 0, **more: Any) -> dict[str, Any]:
    trigger = {"kind": "referral", "amount_from": "1000", "settled_days": settled_days}
    return promotion(BOTH, trigger=trigger, **more)


def opened(*promotions: dict[str, Any]) -> House:
    with clock.stopped(NOON - timedelta(days=400)):
        return open_bank(promotions)


def join(bank: House, at: datetime = NOON, **facts: Any) -> UUID:
    with clock.stopped(at):
        with db.transaction(bank.tenant) as session:
            member = new_member(session, bank, **facts)
        drain(bank.tenant)
    return member


def code_of(bank: House, member: UUID) -> str:
    with db.transaction(bank.tenant) as session:
        return referring.code_of(session, member)


def name(bank: House, friend: UUID, code: str, at: datetime = NOON, device: str = "") -> None:
    with clock.stopped(at), db.transaction(bank.tenant) as session:
        referrals.name_referrer(session, actor.member(friend), member_id=friend, code=code, device=device)


def tell(
    bank: House, member: UUID, reference: str, amount: int = 0, *, days: int = 0, original: str = ""
) -> None:
    """A sale, or the return of `original`, so many days after the first day, known the same day."""
    at = NOON + timedelta(days=days, hours=1)
    told = Told(reference, member, at, amount, "shop", refund=bool(original), original=original or None)
    with clock.stopped(at + timedelta(hours=1)):
        with db.transaction(bank.tenant) as session:
            record(session, SYSTEM, programme_id=bank.programme, source="till", told=[told])
        drain(bank.tenant)


def look(bank: House, days: int) -> None:
    with clock.stopped(NOON + timedelta(days=days)):
        with db.transaction(bank.tenant) as session:
            jobs.ask(session, "referrals.look")
        drain(bank.tenant)


def pair(bank: House) -> tuple[UUID, UUID]:
    """Who brings, and her friend."""
    old, friend = join(bank, NOON - timedelta(days=100)), join(bank)
    name(bank, friend, code_of(bank, old))
    return old, friend


def refused(bank: House, friend: UUID, code: str, **more: Any) -> str:
    with pytest.raises(Refusal) as found:
        name(bank, friend, code, **more)
    assert query(bank, "select from referral where member_id = '" + str(friend) + "'") == []
    return found.value.code


def test_f1_both_get_their_points_for_the_friends_first_purchase() -> None:
    bank = opened(bring_a_friend())
    old, friend = pair(bank)
    tell(bank, friend, "small", 99_999)
    assert (points_of(bank, old), points_of(bank, friend)) == (0, 0)
    tell(bank, friend, "a", 100_000)
    tell(bank, friend, "b", 100_000)
    assert (points_of(bank, old), points_of(bank, friend)) == (200, 150)


def test_a_purchase_counts_when_it_has_settled() -> None:
    bank = opened(bring_a_friend(14))
    old, friend = pair(bank)
    tell(bank, friend, "a", 100_000)
    look(bank, 13)
    assert (points_of(bank, old), points_of(bank, friend)) == (0, 0)
    look(bank, 14)
    look(bank, 15)
    assert (points_of(bank, old), points_of(bank, friend)) == (200, 150)


def test_a_full_return_takes_both_back_and_a_new_purchase_gives_them_again() -> None:
    bank = opened(bring_a_friend())
    old, friend = pair(bank)
    tell(bank, friend, "a", 100_000)
    tell(bank, friend, "back", 100_000, original="a", days=1)
    assert (points_of(bank, old), points_of(bank, friend)) == (0, 0)
    tell(bank, friend, "b", 100_000, days=2)
    assert (points_of(bank, old), points_of(bank, friend)) == (200, 150)
    assert query(bank, "select turns from referral_gift") == [(2,)]


def test_points_that_were_spent_come_back_as_debt_of_that_side_alone() -> None:
    bank = opened(bring_a_friend())
    old, friend = pair(bank)
    tell(bank, friend, "a", 100_000)
    from_ = balances(bank)[old]
    assert from_ == (200, 0, 0, 0)
    with clock.stopped(NOON + timedelta(days=1)), db.transaction(bank.tenant) as session:
        spend(session, old, 180)
    tell(bank, friend, "back", 100_000, original="a", days=1)
    assert (balances(bank)[old], balances(bank)[friend]) == ((0, 0, 0, 180), (0, 0, 0, 0))


def spend(session: db.Session, member: UUID, points: int) -> None:
    from coalition.ledger.models import Account, Purpose
    from coalition.ledger.post import Cause, open_book
    from tenants.runtime.ids import new_id

    book = open_book(session, member_id=member, zone="Asia/Kamchatka")
    book.spend(Cause(Purpose.ADJUST, new_id(), clock.now()), points, Account.ADJUSTED)
