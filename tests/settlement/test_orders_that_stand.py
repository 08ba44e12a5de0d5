"""A sale that stands back for an order stays its partner's turnover, and is no awarded sale any more."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from coalition.settlement.closing import close
from coalition.settlement.models import StatementLine
from coalition.settlement.terms import set_operator, set_terms
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import House
from tests.transactions.test_of_orders import SALE, Street, street
from tests.transactions.test_two_channels import sold

pytestmark = pytest.mark.usefixtures("house")
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def town_that_settles(*, funder: str = "bank", **terms: Any) -> Street:
    """The shop's partner settles from November on, its money going through the operator."""
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        town = street(partner=True, funder=funder)
        bank, shop = town.bank.funders
        told: dict[str, Any] = {"programme_id": town.bank.programme}
        with db.transaction(town.bank.tenant) as session:
            set_operator(session, SYSTEM, participant_id=bank, terms={}, **told)
            set_terms(
                session,
                SYSTEM,
                participant_id=shop,
                since=NOVEMBER,
                terms={"turnover": "through"} | terms,
                **told,
            )
    return town


def fees(bank: House, month: date, at: datetime) -> list[tuple[str, int, int]]:
    return lines_of(bank, month, at, "fee")


def turnover(bank: House, month: date, at: datetime) -> list[tuple[str, int, int]]:
    return lines_of(bank, month, at, "turnover")


def lines_of(bank: House, month: date, at: datetime, kind: str) -> list[tuple[str, int, int]]:
    with clock.stopped(at), db.transaction(bank.tenant) as session:
        close(session, SYSTEM, programme_id=bank.programme, month=month)
        lines = session.scalars(select(StatementLine).where(StatementLine.month == month)).all()
        return sorted((one.kind, one.count, one.minor) for one in lines if one.kind.startswith(kind))


def test_what_an_order_pays_for_stays_turnover_and_its_fee() -> None:
    """The participant was paid the sale's money, whoever gives points for it."""
    town = town_that_settles()
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        sold(town.bank, town.member, SALE)
    assert turnover(town.bank, NOVEMBER, datetime(2026, 12, 2, tzinfo=UTC)) == [("turnover", 1, SALE * 100)]
    with clock.stopped(datetime(2026, 12, 3, tzinfo=UTC)):
        town.say("approved")
    assert turnover(town.bank, DECEMBER, datetime(2027, 1, 2, tzinfo=UTC)) == []
    with clock.stopped(datetime(2027, 1, 3, tzinfo=UTC)):
        town.say("declined")
    assert turnover(town.bank, JANUARY, datetime(2027, 2, 2, tzinfo=UTC)) == []


def test_a_sale_that_stands_back_is_awarded_no_more_until_its_order_is_declined() -> None:
    """The fee of awarded sales goes back in the month that books it, and comes again as exactly."""
    town = town_that_settles(fee={"rate": "2", "of": "awarded"}, funder="shop")
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        sold(town.bank, town.member, SALE)
    fee = SALE * 2
    assert fees(town.bank, NOVEMBER, datetime(2026, 12, 2, tzinfo=UTC)) == [("fee", 1, fee)]
    with clock.stopped(datetime(2026, 12, 3, tzinfo=UTC)):
        town.say("approved")
    assert fees(town.bank, DECEMBER, datetime(2027, 1, 2, tzinfo=UTC)) == [("fee_back", 1, -fee)]
    with clock.stopped(datetime(2027, 1, 3, tzinfo=UTC)):
        town.say("declined")
    assert fees(town.bank, JANUARY, datetime(2027, 2, 2, tzinfo=UTC)) == [("fee_back", 1, fee)]
