"""Days off are dated: a purchase is valued by the calendar as it was known when it was booked, whatever comes later."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from admin.cli.main import cli
from coalition.promotions.calendar import Calendar, Entry, known_always
from coalition.promotions.holidays import set_days_off
from coalition.promotions.queries import newest_days, promotions_number
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.runtime import clock, db
from tenants.runtime.errors import Forbidden, Refusal
from tenants.runtime.settings import Settings
from tests.ledger.house import House, new_member, open_another
from tests.transactions.bank import balances, open_bank, promotion, query

NOON = datetime(2026, 11, 20, 0, tzinfo=UTC)  # noon of a Friday in Kamchatka
TODAY = date(2026, 11, 20)
WORKING = [{"kind": "hours", "spans": [{"start": "00:00", "end": "00:00"}], "except_holidays": True}]


def opened() -> tuple[House, UUID]:
    with clock.stopped(NOON - timedelta(days=1)):
        house = open_bank([promotion({"kind": "fixed", "points": "10"}, where=WORKING)])
    with db.transaction(house.tenant) as session:
        return house, new_member(session, house)


def buy(house: House, member: UUID, reference: str, hours: int, **more: Any) -> int:
    """Points of a sale of noon that is told so many hours later."""
    with clock.stopped(NOON + timedelta(hours=hours)), db.transaction(house.tenant) as session:
        told = Told(reference, member, NOON, 1000, "shop", **more)
        found = record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
    return int(found.points.sum())


def change(house: House, hours: int, *, off: bool, days: tuple[date, ...] = (TODAY,)) -> list[date]:
    with clock.stopped(NOON + timedelta(hours=hours)), db.transaction(house.tenant) as session:
        return set_days_off(session, SYSTEM, days=days, off=off)


@pytest.mark.usefixtures("house")
def test_a_purchase_keeps_the_calendar_of_its_booking() -> None:
    house, vera = opened()
    assert buy(house, vera, "a", 1) == 10
    assert change(house, 2, off=True) == [TODAY]
    assert buy(house, vera, "b", 3) == 0
    assert change(house, 4, off=False) == [TODAY]
    assert buy(house, vera, "c", 5) == 10
    assert buy(house, vera, "r", 6, refund=True, original="c") == 0  # and with it all of them are valued anew
    assert balances(house)[vera] == (10, 0, 0, 0)


@pytest.mark.usefixtures("house")
def test_every_process_hears_of_a_change_and_twice_is_once() -> None:
    house, _vera = opened()
    with db.transaction(house.tenant) as session:
        before = promotions_number(session)
    assert change(house, 1, off=True) == [TODAY]
    assert change(house, 1, off=True) == []
    assert change(house, 1, off=False) == [TODAY]  # at the same moment: it comes after
    with db.transaction(house.tenant) as session:
        assert promotions_number(session) == before + 3
        assert [(row.day, row.off) for row in newest_days(session).values()] == [(TODAY, False)]
    assert query(house, "select count(*) from holiday") == [(2,)]


@pytest.mark.usefixtures("house")
def test_who_may_not_changes_nothing_and_another_tenant_sees_nothing() -> None:
    ours, theirs = open_another(), open_another()
    with pytest.raises(Forbidden), db.transaction(ours.tenant) as session:
        set_days_off(session, Actor("staff"), days=[TODAY], off=True)
    with pytest.raises(Refusal, match="holiday_invalid"), db.transaction(ours.tenant) as session:
        set_days_off(session, SYSTEM, days=[TODAY, date(2101, 1, 1)], off=True)
    assert query(ours, "select count(*) from holiday") == [(0,)]
    change(ours, 0, off=True)
    with db.transaction(theirs.tenant) as session:
        assert newest_days(session) == {}


def test_a_calendar_knows_what_was_known() -> None:
    at = [NOON + timedelta(hours=hours) for hours in range(3)]
    calendar = Calendar([Entry(TODAY, at[2], False), Entry(TODAY, at[1], True)])
    moments = [int(moment.timestamp()) * 1_000_000 for moment in at]
    assert [calendar.is_off(TODAY, moment) for moment in moments] == [False, True, False]
    assert (calendar.newest, calendar.is_off(TODAY)) == (at[2], False)
    assert known_always([TODAY]).is_off(TODAY, 0)


def test_the_command_lists_adds_and_removes(live_database: Settings) -> None:
    house = open_another()
    slug = query(house, f"select slug from tenant where id = {house.tenant}")[0][0]

    def coalition(command: str, *days: str) -> str:
        told = CliRunner().invoke(cli, ("holidays", command, "--tenant", slug, *days))
        assert told.exit_code == 0, told.output
        return told.output

    assert coalition("add", "2027-01-01", "2027-01-02") == "2 days off: 2027-01-01, 2027-01-02\n"
    assert coalition("add", "2027-01-01") == "0 days off: no news\n"
    assert coalition("remove", "2027-01-02") == "1 working day again: 2027-01-02\n"
    assert coalition("list").startswith("2027-01-01  known since ")
