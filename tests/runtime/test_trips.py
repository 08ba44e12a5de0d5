"""A trip is a whole transaction of its tenant's, and whatever becomes of one, the next has its own answer."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from tenants.actions import open_tenant
from tenants.runtime import db, trips
from tenants.runtime.settings import Settings, libpq

TENANT = "select current_setting('app.tenant_id'), pg_backend_pid()"
ADD = "insert into tenant_note_test values ($1::int, $2) returning 2 * $1::int"


@pytest.fixture
def tenants(live_database: Settings) -> Iterator[tuple[int, int]]:
    """Two tenants and a table of this test's own."""
    db.configure(live_database.database_url)
    with db.transaction(None) as session:
        found = [open_tenant(session, slug=slug, hosts=[]).id for slug in ("one", "two")]
    yield found[0], found[1]
    trips.hang_up()


@pytest.fixture
def table(live_database: Settings, tenants: tuple[int, int]) -> str:
    """Where a number stands once."""
    with psycopg.connect(libpq(live_database.database_owner_url), autocommit=True) as owner:
        owner.execute("create table tenant_note_test (number int primary key, said text)")
        owner.execute("grant all on tenant_note_test to coalition_app")
    return "tenant_note_test"


def notes() -> list[int]:
    with db.transaction(None) as session:
        return list(session.scalars(text("select number from tenant_note_test order by number")))


def test_each_trip_is_its_tenants_and_all_of_a_thread_go_by_one_connection(tenants: tuple[int, int]) -> None:
    one, two = tenants
    rows = [trips.trip(tenant, TENANT, [])[0] for tenant in (one, two, one)]
    assert [row[0] for row in rows] == [str(one).encode(), str(two).encode(), str(one).encode()]
    assert len({row[1] for row in rows}) == 1
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(trips.trip, one, TENANT, []).result()[0][1] != rows[0][1]


def test_what_is_refused_the_first_time_is_done_the_next(tenants: tuple[int, int], table: str) -> None:
    one, _ = tenants
    with db.transaction(None) as session:
        session.execute(text("insert into tenant_note_test values (1, 'known')"))
    for _ in range(2):
        with pytest.raises(trips.Refused) as refused:
            trips.trip(one, ADD, [1, "again"])
        assert refused.value.state == "23505"
    assert trips.trip(one, ADD, [2, "new"]) == [[b"4"]]
    assert trips.trip(one, TENANT, [])[0][0] == str(one).encode()
    assert notes() == [1, 2]


def test_a_statement_that_is_wrong_is_told_and_hides_no_other(
    tenants: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(trips.Refused) as refused:
        trips.trip(tenants[0], "select nothing from nowhere", [])
    assert refused.value.state == "42P01"
    assert "nowhere" in caplog.text
    assert trips.trip(tenants[0], "select 1", []) == [[b"1"]]


def test_a_text_that_would_end_early_is_refused(tenants: tuple[int, int], table: str) -> None:
    with pytest.raises(trips.Refused) as refused:
        trips.trip(tenants[0], ADD, [3, "a\0b"])
    assert (refused.value.state, notes()) == ("22021", [])


def test_an_answer_that_nobody_waited_for_is_nobody_elses(
    tenants: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tenants

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    trips.trip(one, TENANT, [])
    with monkeypatch.context() as patched:
        patched.setattr(trips._Line, "_results", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trips.trip(one, TENANT, [])
    assert trips.trip(two, TENANT, [])[0][0] == str(two).encode()


@pytest.mark.parametrize("dispose", [True, False])
def test_a_lost_connection_is_told_and_the_next_trip_has_another(
    tenants: tuple[int, int], dispose: bool
) -> None:
    one, _ = tenants
    process = int(trips.trip(one, TENANT, [])[0][1] or 0)
    if dispose:
        db.dispose()
    else:
        trips._mine.line.connection.close()
        with pytest.raises(trips.Away):
            trips.trip(one, TENANT, [])
    assert int(trips.trip(one, TENANT, [])[0][1] or 0) != process


def test_who_waits_too_long_for_another_is_refused(tenants: tuple[int, int], table: str) -> None:
    one, _ = tenants
    with db.transaction(None) as session:
        session.execute(text("lock table tenant_note_test"))
        with pytest.raises(trips.Refused) as refused:
            trips.trip(one, ADD, [4, "late"])
    assert (refused.value.state, notes()) == ("55P03", [])


def test_values_are_read_as_they_are_written(tenants: tuple[int, int]) -> None:
    number = UUID(int=7)
    asked = "select $1::uuid, $2::int[], $3::bytea, $4::text, $5::bool, $6::text"
    assert trips.trip(tenants[0], asked, [number, [1, -2], b"\xff\0", "Ы'\\", False, None]) == [
        [str(number).encode(), b"{1,-2}", b"\\xff00", "Ы'\\".encode(), b"f", None]
    ]


def test_plans_are_made_anew_from_time_to_time(
    live_database: Settings, tenants: tuple[int, int], table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is called immutable is reckoned when a plan is made, so it tells when that was."""
    with psycopg.connect(libpq(live_database.database_owner_url), autocommit=True) as owner:
        owner.execute(
            "create function tenant_planned_test() returns bigint immutable language plpgsql as"
            f" $$begin return (select count(*) from {table}); end$$"
        )
    monkeypatch.setattr(trips.time, "monotonic", lambda: now)
    now, found = 1_000.0, []
    for number, later in enumerate((0.5, 1, 1, 1.5, 50, 50, 50, 100)):
        with db.transaction(None) as session:
            session.execute(text(f"insert into {table} values ({number})"))
        now += later
        found.append(trips.trip(tenants[0], "select tenant_planned_test()", [])[0][0])
    # The first plan is kept for a second, the next for two, then for four, and so on.
    assert found == [b"1", b"1", b"3", b"3", b"5", b"6", b"7", b"8"]


def test_trips_made_together_are_one_transaction(tenants: tuple[int, int], table: str) -> None:
    one, _ = tenants
    number = "select pg_current_xact_id()"
    with trips.together():
        trips.trip(one, ADD, [1, "first"])
        assert notes() == []
        first = trips.trip(one, number, [])
        assert trips.trip(one, number, []) == first
        trips.trip(one, ADD, [2, "second"])
    assert notes() == [1, 2]
    assert trips.trip(one, number, []) != first


def test_what_is_raised_undoes_all_that_was_made_together(tenants: tuple[int, int], table: str) -> None:
    one, _ = tenants
    with pytest.raises(ZeroDivisionError), trips.together():
        trips.trip(one, ADD, [1, "first"])
        raise ZeroDivisionError
    with pytest.raises(trips.Refused), trips.together():
        trips.trip(one, ADD, [2, "first"])
        trips.trip(one, ADD, [2, "again"])
    with pytest.raises(trips.Away), trips.together():
        trips.trip(one, ADD, [3, "first"])
        trips._mine.line.connection.close()
        trips.trip(one, ADD, [4, "second"])
    assert notes() == []
    trips.trip(one, ADD, [5, "alone"])
    assert notes() == [5]


def test_a_refusal_that_is_understood_leaves_nothing_to_commit(tenants: tuple[int, int], table: str) -> None:
    one, _ = tenants
    with trips.together():
        trips.trip(one, ADD, [1, "first"])
        with pytest.raises(trips.Refused):
            trips.trip(one, ADD, [1, "again"])
    assert notes() == []
