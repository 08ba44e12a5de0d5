"""Facts of members are dated: a purchase is valued by what was known when it was booked, whatever comes later."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from coalition.members.facts import state_fact
from coalition.members.models import FactKind
from coalition.promotions.actions import publish
from coalition.promotions.opt_in import accept_promotion
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tests.ledger.house import House, new_member
from tests.transactions.bank import balances, open_bank, promotion

pytestmark = pytest.mark.usefixtures("house")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEN = {"kind": "fixed", "points": "10"}


def opened(where: list[dict[str, Any]]) -> tuple[House, UUID]:
    with clock.stopped(NOON - timedelta(days=1)):
        bank = open_bank([promotion(TEN, where=where)])
    with db.transaction(bank.tenant) as session:
        return bank, new_member(session, bank)


def buy(bank: House, member: UUID, reference: str, at: datetime, **more: Any) -> int:
    """Points of a purchase that is told as it happens."""
    told = Told(reference, member, at, 1000, "shop", **more)
    with clock.stopped(at + timedelta(minutes=1)), db.transaction(bank.tenant) as session:
        found = record(session, SYSTEM, programme_id=bank.programme, source="till", told=[told])
    return int(found.points.sum())


def state(bank: House, member: UUID, at: datetime, kind: FactKind, name: str, **more: Any) -> None:
    with clock.stopped(at), db.transaction(bank.tenant) as session:
        state_fact(session, SYSTEM, member_id=member, kind=kind, name=name, **more)


def test_only_purchases_after_the_acceptance_count() -> None:
    bank, vera = opened([{"kind": "opt_in"}])
    assert buy(bank, vera, "a", NOON) == 0
    with clock.stopped(NOON + timedelta(hours=1)), db.transaction(bank.tenant) as session:
        accept_promotion(session, SYSTEM, member_id=vera, code="p0")
    assert buy(bank, vera, "b", NOON + timedelta(hours=2)) == 10


def test_a_right_holds_up_to_its_last_day_and_not_for_the_past() -> None:
    bank, vera = opened([{"kind": "entitlement", "code": "resident"}])
    assert buy(bank, vera, "a", NOON) == 0
    state(bank, vera, NOON + timedelta(hours=1), FactKind.ENTITLEMENT, "resident", until=date(2026, 11, 22))
    assert buy(bank, vera, "b", NOON + timedelta(days=1)) == 10
    assert buy(bank, vera, "c", NOON + timedelta(days=3)) == 0
    assert buy(bank, vera, "r", NOON + timedelta(days=4), refund=True, original="a") == 0  # values all anew
    assert balances(bank)[vera] == (10, 0, 0, 0)


def test_the_latest_attribute_counts_and_leaves_the_past_alone() -> None:
    bank, vera = opened([{"kind": "attribute", "name": "city", "any_of": ["elizovo"]}])
    state(bank, vera, NOON, FactKind.ATTRIBUTE, "city", value="elizovo")
    assert buy(bank, vera, "a", NOON + timedelta(hours=1)) == 10
    state(bank, vera, NOON + timedelta(hours=2), FactKind.ATTRIBUTE, "city", value="esso")
    assert buy(bank, vera, "b", NOON + timedelta(hours=3)) == 0
    assert buy(bank, vera, "r", NOON + timedelta(hours=4), refund=True, original="b") == 0
    assert balances(bank)[vera] == (10, 0, 0, 0)


def test_what_says_nothing_is_refused() -> None:
    bank, vera = opened([])
    for name, value in (("", "x"), ("city", ""), ("x" * 65, "y")):
        with pytest.raises(Refusal, match="fact_invalid"):
            state(bank, vera, NOON, FactKind.ATTRIBUTE, name, value=value)


def test_points_that_a_valuation_gave_are_taken_back_from_their_own_lots() -> None:
    """The second purchase takes the first rung when the first is returned; then it is returned too."""
    with clock.stopped(NOON - timedelta(days=1)):
        bank = open_bank([promotion({"kind": "ladder", "steps": ["10", "5"]}, activation_delay_days=14)])
    with db.transaction(bank.tenant) as session:
        vera = new_member(session, bank)
    for number, reference in enumerate("ab"):
        buy(bank, vera, reference, NOON + timedelta(hours=number))
    assert balances(bank)[vera] == (0, 1, 0, 0)  # 10.00 at 10 % is 1, at 5 % nothing
    buy(bank, vera, "ra", NOON + timedelta(hours=2), refund=True, original="a")
    assert balances(bank)[vera] == (0, 1, 0, 0)
    buy(bank, vera, "rb", NOON + timedelta(hours=3), refund=True, original="b")
    assert balances(bank)[vera] == (0, 0, 0, 0)


def test_a_promotion_goes_on_counting_what_it_counts() -> None:
    bank = open_bank([promotion(TEN, trigger={"kind": "nth", "n": 2})])
    with pytest.raises(Refusal, match="document_invalid"), db.transaction(bank.tenant) as session:
        publish(
            session, SYSTEM, programme_id=bank.programme, code="p0",
            document=promotion(TEN, trigger={"kind": "repeat", "days": 3}), starts_at=datetime(2030, 1, 1, tzinfo=UTC),
        )  # fmt: skip
