"""Levels are dated: a purchase is valued by the terms of its booking, whatever the programme's levels are later."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from admin.cli.main import cli
from coalition.backtests import jobs as backtest_jobs
from coalition.backtests.actions import start_backtest
from coalition.backtests.queries import backtest_by_id
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import publish
from coalition.promotions.levels import set_tiers
from coalition.promotions.queries import promotions_number, tiers_of
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.runtime import clock, db
from tenants.runtime.errors import Forbidden, Refusal
from tenants.runtime.settings import Settings
from tests.ledger.house import House, drain, new_member, open_another
from tests.transactions.bank import LONG_AGO, balances, open_bank, promotion, query

JOBS = (backtest_jobs,)
NOON = datetime(2026, 11, 20, tzinfo=UTC)
SHEETS = "select period, slots, counts from counter_sheet order by period"


def levels(*bounds: str, **more: Any) -> dict[str, Any]:
    """Levels called l0, l1 and so on."""
    return {
        "levels": [
            {"code": f"l{number}", "ru": f"У{number}", "en": f"L{number}", "above": bound}
            for number, bound in enumerate(("0", *bounds))
        ]
    } | more


GOLD = promotion({"kind": "fixed", "points": "10"}, where=[{"kind": "tier", "any_of": ["l1"]}])


def opened(document: dict[str, Any] | None) -> tuple[House, UUID]:
    """A bank that pays those on the level l1, with these levels for ever."""
    with clock.stopped(NOON - timedelta(days=1)):
        house = open_another()
        with db.transaction(house.tenant) as session:
            session.get_one(Programme, (house.tenant, house.programme)).tiers = document or levels("1000000")
            session.flush()
            publish(
                session, SYSTEM, programme_id=house.programme, code="p0", document=GOLD, starts_at=LONG_AGO
            )
            if document is None:
                session.get_one(Programme, (house.tenant, house.programme)).tiers = None
            return house, new_member(session, house)


def buy(house: House, member: UUID, hours: int, amount: int = 1000, **more: Any) -> int:
    """Points of a sale that is told as it happens, so many hours after noon."""
    at = NOON + timedelta(hours=hours)
    with clock.stopped(at), db.transaction(house.tenant) as session:
        told = Told(f"s{hours}", member, at, amount, "shop", **more)
        found = record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
    return int(found.points.sum())


def change(house: House, hours: int, document: Any, actor: Actor = SYSTEM) -> None:
    with clock.stopped(NOON + timedelta(hours=hours)), db.transaction(house.tenant) as session:
        set_tiers(session, actor, programme_id=house.programme, document=document)


@pytest.mark.usefixtures("house")
def test_purchases_keep_the_bounds_of_their_booking() -> None:
    house, vera = opened(levels("30"))
    assert [buy(house, vera, hours) for hours in (1, 2, 3, 4, 5, 6)] == [0, 0, 0, 0, 10, 10]
    change(house, 7, levels("100"))
    assert buy(house, vera, 8) == 0
    before = balances(house)[vera], query(house, SHEETS)
    change(house, 9, levels("20", "1000"))
    assert buy(house, vera, 10) == 10
    assert buy(house, vera, 11, refund=True, original="s10") == 0  # all of them are valued anew
    assert (balances(house)[vera], query(house, SHEETS)) == before == ((20, 0, 0, 0), before[1])
    assert buy(house, vera, 12) == 10


@pytest.mark.usefixtures("house")
def test_a_backtest_of_the_past_gives_what_the_past_gave() -> None:
    house, vera = opened(levels("15"))
    given = [buy(house, vera, hours) for hours in (1, 2, 3)]
    change(house, 4, levels("1000"))
    given += [buy(house, vera, hours) for hours in (5, 6)]
    change(house, 7, levels("10", "20"))
    given += [buy(house, vera, 8)]
    assert given == [0, 0, 10, 0, 0, 0]  # in the end she is above l1
    with clock.stopped(NOON + timedelta(days=2)), db.transaction(house.tenant) as session:
        days = {"first_day": NOON.date(), "last_day": NOON.date() + timedelta(days=2)}
        number = start_backtest(
            session, SYSTEM, programme_id=house.programme, code="", document=None, **days
        ).id
    drain(house.tenant)
    with db.transaction(house.tenant) as session:
        found = backtest_by_id(session, number)
        assert (found.finished, found.tally.whole) == (True, [10, 10])


@pytest.mark.usefixtures("house")
def test_levels_given_for_the_first_time_count_from_then_on() -> None:
    house, vera = opened(None)
    assert [buy(house, vera, hours, 5000) for hours in (1, 2)] == [0, 0]
    change(house, 3, levels("40"))
    assert [buy(house, vera, hours, 5000) for hours in (4, 5)] == [0, 10]
    assert buy(house, vera, 6, 5000, refund=True, original="s1") == 0
    assert balances(house)[vera] == (10, 0, 0, 0)


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    "other", [{"measure": "purchases"}, {"window": "month"}, {"downgrade": "never"}, {"measure": "points"}]
)
def test_what_was_counted_is_never_read_as_something_else(other: dict[str, str]) -> None:
    house, vera = opened(levels("50"))
    change(house, 0, levels("50", measure="purchases"))  # nothing has counted yet
    change(house, 0, levels("50"))
    buy(house, vera, 1)
    with pytest.raises(Refusal, match="tiers_counted"):
        change(house, 2, levels("50", **other))
    change(house, 2, levels("60", downgrade="at_once"))
    with db.transaction(house.tenant) as session:
        assert programme_by_id(session, house.programme).tiers["levels"][1]["above"] == "60"  # type: ignore[index]


@pytest.mark.usefixtures("house")
def test_every_process_hears_of_a_change_and_twice_is_once() -> None:
    house, _vera = opened(levels("50"))
    change(house, 1, levels("60"))
    change(house, 1, levels("60"))
    assert query(house, "select count(*) from programme_tiers") == [(2,)]
    with db.transaction(house.tenant) as session:
        assert promotions_number(session) == 3
        assert tiers_of(session, programme_by_id(session, house.programme)).numbers() == {"l0": 0, "l1": 1}


@pytest.mark.usefixtures("house")
def test_what_cannot_be_is_refused_and_nothing_changes() -> None:
    house, _vera = opened(levels("50"))
    for document, field in (
        (levels("50", "50"), "levels.2.above"),
        (
            levels("50")
            | {"levels": [*levels("50")["levels"][:1], levels("50")["levels"][1] | {"code": "Ы"}]},
            "levels.1.code",
        ),
        (levels(), "levels"),
        (levels("x"), "levels.1.above"),
        (levels("1") | {"wings": 2}, "wings"),
        ([], ""),
    ):
        with pytest.raises(Refusal) as refused:
            change(house, 1, document)
        assert (refused.value.code, refused.value.facts["field"]) == ("tiers_invalid", field)
    with pytest.raises(Forbidden):
        change(house, 1, levels("60"), Actor("staff"))
    assert query(house, "select count(*) from programme_tiers") == [(0,)]


@pytest.mark.usefixtures("house")
def test_another_tenants_levels_stay_as_they_are() -> None:
    ours, _vera = opened(levels("50"))
    theirs = open_bank([])
    change(ours, 1, levels("60"))
    assert query(theirs, "select count(*) from programme_tiers") == [(0,)]
    with db.transaction(theirs.tenant) as session:
        assert tiers_of(session, programme_by_id(session, theirs.programme)) is None


def test_the_command_shows_and_sets(live_database: Settings, tmp_path: Path) -> None:
    house = open_another()
    slug = query(house, f"select slug from tenant where id = {house.tenant}")[0][0]
    path = tmp_path / "levels.yaml"

    def coalition(command: str, *more: str) -> tuple[int, str]:
        told = CliRunner().invoke(cli, ("tiers", command, "--tenant", slug, *more))
        return told.exit_code, told.output

    assert coalition("show") == (0, "The programme has no levels.\n")
    path.write_text(
        "levels:\n  - {code: a, ru: А, en: A, above: 0}\n  - {code: b, ru: Б, en: B, above: 10.5}\n",
        "utf-8",
    )
    assert coalition("set", str(path)) == (0, "2 levels: a, b.\n")
    code, shown = coalition("show")
    assert (code, "measure: turnover" in shown.splitlines()) == (0, True)
    path.write_text(shown, "utf-8")  # what is shown can be set
    assert coalition("set", str(path)) == (0, "2 levels: a, b.\n")
    path.write_text("levels: []\n", "utf-8")
    assert coalition("set", str(path))[0] == 1
