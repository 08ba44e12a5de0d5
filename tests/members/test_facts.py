"""Facts of many members: news is stated once, in the order of statement; what cannot be is left out and told."""

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from admin.cli.main import cli
from coalition.members.fact_import import FactsBrought, bring_facts
from coalition.members.facts import state_fact
from coalition.members.models import FactKind
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.runtime import clock, db
from tenants.runtime.errors import Forbidden
from tenants.runtime.settings import Settings
from tests.ledger.house import House, open_another
from tests.transactions.bank import balances, join, open_bank, promotion, query

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEADER = "handle,kind,name,value,until"


def bring(house: House, *rows: str, actor: Actor = SYSTEM) -> FactsBrought:
    stream = io.BytesIO("\n".join([HEADER, *rows, ""]).encode())
    with clock.stopped(NOON), db.transaction(house.tenant) as session:
        return bring_facts(session, actor, programme_id=house.programme, stream=stream)


def facts(house: House) -> list[Any]:
    return [tuple(row) for row in query(
        house, "select kind, name, value, until, ordinal from member_fact order by kind, name, since, ordinal"
    )]  # fmt: skip


@pytest.mark.usefixtures("house")
def test_a_file_states_what_is_news_and_twice_is_once() -> None:
    house = open_another()
    join(house, "token-vera")
    rows = ("token-vera,attribute,city,elizovo,", "token-vera,entitlement,resident,,2026-12-31")
    assert bring(house, *rows) == FactsBrought(2, 0, [])
    assert bring(house, *rows) == FactsBrought(0, 2, [])
    assert bring(house, "token-vera,attribute,city,esso,", rows[1]) == FactsBrought(1, 1, [])
    assert facts(house) == [
        ("attribute", "city", "elizovo", None, 0),
        ("attribute", "city", "esso", None, 1),
        ("entitlement", "resident", "", date(2026, 12, 31), 0),
    ]


@pytest.mark.usefixtures("house")
def test_rows_that_cannot_be_are_left_out_with_their_reason() -> None:
    house = open_another()
    join(house, "token-vera")
    found = bring(
        house,
        "nobody,attribute,city,x,",
        "token-vera,opt_in,offer,,",
        "token-vera,attribute,,x,",
        "token-vera,attribute,city,,",
        "token-vera,attribute,city,x,2026-12-31",
        "token-vera,entitlement,card,,31/12/2026",
        "token-vera,attribute,city,x",
        "token-vera,attribute,city,elizovo,",
        "token-vera,attribute,city,esso,",
        "token-vera,attribute,city,elizovo,",
        "token-vera,attribute,card,4111 1111 1111 1111,",
    )
    assert [(one.line_no, one.code) for one in found.rejects] == [
        (2, "nobodys_handle"), (3, "fact_kind"), (4, "fact_name"), (5, "fact_value"), (6, "fact_until"),
        (7, "bad_day"), (8, "cell_count"), (10, "fact_repeated"), (12, "card_number"),
    ]  # fmt: skip
    assert (found.stated, found.known) == (1, 0)
    assert facts(house) == [("attribute", "city", "elizovo", None, 0)]


@pytest.mark.usefixtures("house")
def test_who_may_not_states_nothing_and_another_tenants_members_are_nobody() -> None:
    ours, theirs = open_another(), open_another()
    join(theirs, "token-theirs")
    with pytest.raises(Forbidden):
        bring(theirs, "token-theirs,attribute,city,x,", actor=Actor("staff"))
    assert [one.code for one in bring(ours, "token-theirs,attribute,city,x,").rejects] == ["nobodys_handle"]
    assert (facts(ours), facts(theirs)) == ([], [])


def state(house: House, member: UUID, at: datetime, value: str) -> None:
    with clock.stopped(at), db.transaction(house.tenant) as session:
        state_fact(session, SYSTEM, member_id=member, kind=FactKind.ATTRIBUTE, name="city", value=value)


@pytest.mark.usefixtures("house")
def test_two_facts_of_one_moment_are_both_kept_in_their_order() -> None:
    where = [{"kind": "attribute", "name": "city", "any_of": ["esso"]}]
    with clock.stopped(NOON - timedelta(days=1)):
        house = open_bank([promotion({"kind": "fixed", "points": "10"}, where=where)])
        vera = join(house)
    for value in ("elizovo", "esso"):
        state(house, vera, NOON, value)
    with clock.stopped(NOON), db.transaction(house.tenant) as session:
        sale = Told("a", vera, NOON, 1000, "shop")
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[sale])
    assert balances(house)[vera] == (10, 0, 0, 0)
    assert [row[2] for row in facts(house)] == ["elizovo", "esso"]


@pytest.mark.usefixtures("house")
def test_what_is_stated_later_follows_though_a_hosts_clock_is_behind() -> None:
    house = open_another()
    vera = join(house)
    for at, value in ((NOON, "elizovo"), (NOON - timedelta(seconds=1), "esso"), (NOON, "milkovo")):
        state(house, vera, at, value)
    assert [(row[2], row[4]) for row in facts(house)] == [("elizovo", 0), ("esso", 1), ("milkovo", 2)]


def test_the_command_tells_and_a_dry_run_changes_nothing(live_database: Settings, tmp_path: Path) -> None:
    house = open_another()
    join(house, "token-vera")
    slug = query(house, f"select slug from tenant where id = {house.tenant}")[0][0]
    path = tmp_path / "facts.csv"
    path.write_text(f"{HEADER}\ntoken-vera,attribute,city,esso,\nnobody,attribute,city,x,\n", "utf-8")

    def coalition(*more: str) -> str:
        told = CliRunner().invoke(cli, ("members", "facts", "--tenant", slug, *more, str(path)))
        assert told.exit_code == 0, told.output
        return told.output.splitlines()[0]

    assert coalition("--dry-run") == "1 fact would be stated, 0 known before"
    assert facts(house) == []
    assert coalition() == "1 fact is stated, 0 known before"
    assert coalition() == "0 facts are stated, 1 known before"
