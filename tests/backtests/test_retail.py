"""A retailer's real receipts under its promotions, with their returns: the past replayed gives the same to the unit."""

from datetime import date
from typing import Any

import pytest

from coalition.backtests import jobs
from coalition.backtests.actions import start_backtest
from coalition.backtests.queries import Found, backtest_by_id
from coalition.partners.actions import add_partner, open_outlet
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.transactions.recording import record
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.backtests import retail
from tests.ledger.house import House, drain, new_member, open_another
from tests.transactions.bank import LONG_AGO, balances, promotion, query

pytestmark = pytest.mark.slow
JOBS = (jobs,)
UNTIL = "2011-02"
TIERS = {
    "measure": "turnover", "window": "ever", "downgrade": "at_once",
    "levels": [
        {"code": "base", "ru": "Базовый", "en": "Base", "above": "0"},
        {"code": "gold", "ru": "Золотой", "en": "Gold", "above": "1000"},
        {"code": "platinum", "ru": "Платиновый", "en": "Platinum", "above": "3000"},
    ],
}  # fmt: skip
OFFERS: dict[str, dict[str, Any]] = {
    "five": promotion({"kind": "percent", "rate": "5"}),
    "gold": promotion({"kind": "percent", "rate": "2"}, where=[{"kind": "tier", "any_of": ["gold", "platinum"]}]),
    "fifth": promotion({"kind": "fixed", "points": "500"}, trigger={"kind": "nth", "n": 5, "every": True}),
    "happy": promotion(
        {"kind": "percent", "rate": "3"},
        where=[{"kind": "hours", "days": [1, 2, 3, 4, 5], "spans": [{"start": "10:00", "end": "13:00"}]}],
        limits={"per_month": "300"},
    ),
    "bags": promotion({"kind": "percent", "rate": "10"}, base={"goods": {"categories": ["bags"]}}),
}  # fmt: skip


def open_shop() -> House:
    house = open_another(currency="GBP", value_minor=1, zone="Europe/London")
    with db.transaction(house.tenant) as session:
        partner = add_partner(
            session, SYSTEM, participant_id=house.funders[1], code="gifts", name={"ru": "Дары", "en": "Gifts"},
            about={}, category="gifts",
        )  # fmt: skip
        open_outlet(
            session, SYSTEM, partner_id=partner.id, code="web", name={"en": "Web"}, zone="Europe/London",
            region="gb", brand="gifts",
        )  # fmt: skip
        session.get_one(Programme, (house.tenant, house.programme)).tiers = TIERS
        for code, document in OFFERS.items():
            publish(
                session,
                SYSTEM,
                programme_id=house.programme,
                code=code,
                document=document,
                starts_at=LONG_AGO,
            )
    return house


def backtest(house: House, **asked: Any) -> Found:
    with db.transaction(house.tenant) as session:
        number = start_backtest(
            session, SYSTEM, programme_id=house.programme,
            **{"code": "", "document": None, "first_day": date(2010, 12, 1), "last_day": date(2011, 6, 30)} | asked,
        ).id  # fmt: skip
    drain(house.tenant)
    with db.transaction(house.tenant) as session:
        return backtest_by_id(session, number)


@pytest.mark.usefixtures("house")
def test_the_past_replayed_gives_the_same_to_the_unit() -> None:
    house = open_shop()
    with db.transaction(house.tenant) as session:
        members = {customer: new_member(session, house) for customer in retail.customers(UNTIL)}
    told = retail.told(members, UNTIL)
    with db.transaction(house.tenant) as session:
        outcome = record(session, SYSTEM, programme_id=house.programme, source="till", told=told)
    assert len(outcome.posted) == len(told)
    applied, waiting = (
        query(house, f"select count(*) from purchase_return where state = '{state}'")[0][0]
        for state in ("applied", "waiting")
    )
    assert (applied > 100, waiting > 0) == (True, True)  # some goods were bought before the file begins
    found = backtest(house)
    assert found.finished
    given = sum(sum(balance) for balance in balances(house).values())
    assert found.tally.whole == [given, given]
    assert all(was == would for was, would in found.tally.promotions.values())
    assert len(found.tally.promotions) == len(OFFERS)

    again = backtest(
        house, code="bags", document=OFFERS["bags"] | {"mechanic": {"kind": "percent", "rate": "20"}}
    )
    tally = again.tally
    assert (tally.gained - tally.lost, tally.losers, tally.lost) == (tally.whole[1] - tally.whole[0], 0, 0)
    assert 0 < tally.gainers <= tally.reached <= tally.bought
    assert 0 < sum(tally.sold.values()) < tally.amount
    bags = query(house, "select id from promotion where code = 'bags'")[0][0]
    others = {key: pair for key, pair in again.tally.promotions.items() if key != str(bags)}
    assert all(was == would for was, would in others.values())
    was, would = again.tally.promotions[str(bags)]
    assert was < would <= 2 * was + again.tally.awards
    assert again.tally.points == would == sum(points for points, _ in again.tally.daily.values())
