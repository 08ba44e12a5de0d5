"""Game units are exchanged only where a promotion says so, and for nothing else."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from coalition.benefits.actions import add_benefit
from coalition.promotions.actions import publish
from coalition.transactions.exchanging import exchange
from tenants.actor import SYSTEM
from tenants.actor import member as acting
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, Refusal
from tests.ledger.house import House
from tests.transactions.bank import LONG_AGO, balances, join, line, load, open_bank, promotion, query

pytestmark = pytest.mark.usefixtures("house")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
NAME = {"ru": "Приветы", "en": "Greetings"}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


def opened(**more: Any) -> tuple[House, UUID]:
    """N4: a greeting for every hundred roubles; ten greetings are fifty points. Vera has twelve."""
    bank = open_bank([])
    with db.transaction(bank.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="greetings", kind="units", name=NAME, terms={}
        )
        gives = {"kind": "benefit", "code": "greetings", "name": NAME}
        trigger = {"kind": "exchange", "units": "greetings", "quantity": 10}
        for code, document in (
            ("earn", promotion({"kind": "per_step", "points": "1", "step": "100"}, gives=gives)),
            ("exchange", promotion({"kind": "fixed", "points": "50"}, trigger=trigger, **more)),
        ):
            publish(
                session, SYSTEM, programme_id=bank.programme, code=code, document=document, starts_at=LONG_AGO
            )
    vera = join(bank, "vera")
    load(bank, [line("vera", "2026-11-20", 1200)])
    return bank, vera


def give(bank: House, vera: UUID, quantity: int, request: str = "r") -> None:
    with db.transaction(bank.tenant) as session:
        exchange(
            session, acting(vera), member_id=vera, units="greetings", quantity=quantity, request_id=request
        )


def used(bank: House) -> int:
    return int(query(bank, "select sum(used)::bigint from benefit_grant")[0][0])


def test_n4_units_become_points_once_for_one_request() -> None:
    bank, vera = opened()
    assert balances(bank)[vera] == (0, 0, 0, 0)
    give(bank, vera, 10)
    give(bank, vera, 10)
    assert (balances(bank)[vera], used(bank)) == ((50, 0, 0, 0), 10)


def test_points_for_units_live_as_long_as_the_promotion_says() -> None:
    bank, vera = opened(valid={"days": 30})
    give(bank, vera, 10)
    assert query(bank, "select remaining::int, expires_on from lot") == [(50, date(2026, 12, 22))]


@pytest.mark.parametrize(
    ("quantity", "why"), [(9, "exchange_not_offered"), (13, "not_enough_units"), (0, "quantity")]
)
def test_what_is_not_offered_takes_nothing(quantity: int, why: str) -> None:
    bank, vera = opened()
    with pytest.raises(Refusal, match=why):
        give(bank, vera, quantity)
    assert (balances(bank)[vera], used(bank)) == ((0, 0, 0, 0), 0)


def test_an_exchange_that_would_be_cut_takes_nothing() -> None:
    bank, vera = opened(limits={"ever": "40"})
    with pytest.raises(Refusal, match="exchange_not_offered"):
        give(bank, vera, 10)
    assert (balances(bank)[vera], used(bank)) == ((0, 0, 0, 0), 0)


def test_a_request_is_not_used_for_another_quantity() -> None:
    bank, vera = opened()
    give(bank, vera, 10)
    with pytest.raises(Conflict):
        give(bank, vera, 2)
    assert (balances(bank)[vera], used(bank)) == ((50, 0, 0, 0), 10)


def test_a_member_gives_only_her_own_units() -> None:
    bank, vera = opened()
    olga = join(bank, "olga")
    with db.transaction(bank.tenant) as session, pytest.raises(Forbidden):
        exchange(session, acting(olga), member_id=vera, units="greetings", quantity=10, request_id="r")
    assert used(bank) == 0
