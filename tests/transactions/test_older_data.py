"""Data of an earlier schema goes on as it was: what returns have taken stays taken, segments stay with purchases."""

from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from alembic import command
from sqlalchemy.exc import ProgrammingError

from coalition.cards.actions import issue_card
from coalition.partners.clients import add_client
from coalition.promotions.actions import publish
from coalition.promotions.life import begin_draft, save_draft
from coalition.transactions.corrections import jobs
from coalition.transactions.corrections.actions import begin_correction, send_correction
from migrations import head, present, runner
from tenants.actor import SYSTEM, Actor
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.settings import Settings, libpq
from tests.ledger.house import House, drain, forget_promotions
from tests.people import hire
from tests.transactions.bank import LONG_AGO, back, join, line, load, open_bank, per_step, points_of, query

JOBS = (jobs,)
CARD = "token-vera"
EDITS = frozenset({Permission.DESK_PROMOTION_EDIT})


@pytest.fixture
def live(live_database: Settings) -> Settings:
    forget_promotions()
    return live_database


def brought_up_to_date(live: Settings) -> None:
    """As a house of the first schema finds itself after the migrations."""
    migrated(live, "0001", "head")


def migrated(live: Settings, *stations: str) -> None:
    """As a house finds itself that has gone down to an earlier schema and from there up again."""
    db.dispose()
    config = runner._config(live.database_owner_url)
    for station in stations:
        way = command.upgrade if station == "head" else command.downgrade
        way(config, station)
    db.configure(live.database_url)
    forget_promotions()


def unchecked(live: Settings) -> list[str]:
    """The rules that stored rows were not held against."""
    with psycopg.connect(libpq(live.database_owner_url)) as connection:
        found = connection.execute("select conname from pg_constraint where not convalidated order by 1")
        return [str(name) for (name,) in found]


def test_stored_returns_are_held_against_new_rules_after_the_locks(live: Settings) -> None:
    db.dispose()
    config = runner._config(live.database_owner_url)
    command.downgrade(config, "0019")
    command.upgrade(config, "0020")
    assert unchecked(live) == [
        "purchase_return_applied_check",
        "purchase_return_same_as_check",
        "purchase_return_state_check",
        "purchase_return_tenant_id_member_id_same_as_fkey",
    ]
    command.upgrade(config, "0021")
    assert unchecked(live) == []


def test_a_migration_that_breaks_off_leaves_those_before_it(live: Settings) -> None:
    db.dispose()
    config = runner._config(live.database_owner_url)
    command.downgrade(config, "0019")
    with psycopg.connect(libpq(live.database_owner_url), autocommit=True) as connection:
        connection.execute("create table activation_link ()")
        with pytest.raises(ProgrammingError, match="activation_link"):
            command.upgrade(config, "head")
        assert present(live.database_owner_url) == "0020"
        connection.execute("drop table activation_link")
    command.upgrade(config, "head")
    assert (present(live.database_owner_url), unchecked(live)) == (head(), [])


def test_an_index_that_is_made_without_a_transaction_leaves_nothing_half_done(live: Settings) -> None:
    db.dispose()
    config = runner._config(live.database_owner_url)
    command.downgrade(config, "0027")
    with psycopg.connect(libpq(live.database_owner_url), autocommit=True) as connection:
        # What an index leaves that was broken off: its name is taken, and nothing can be found by it.
        connection.execute("create index handle_hint_idx on handle (tenant_id)")
        connection.execute("create table member_note ()")
        with pytest.raises(ProgrammingError, match="member_note"):
            command.upgrade(config, "head")
        assert present(live.database_owner_url) == "0027"
        assert connection.execute("select to_regclass('goodwill')").fetchone() == (None,)
        connection.execute("drop table member_note")
        command.upgrade(config, "head")
        index = connection.execute("select indexdef from pg_indexes where indexname = 'handle_hint_idx'")
        ((told,),) = index.fetchall()
        assert "(tenant_id, hint, member_id) WHERE (kind = ANY (ARRAY[1, 2]))" in told
    assert present(live.database_owner_url) == head()


def test_an_older_return_is_not_undone_twice(live: Settings) -> None:
    bank = open_bank([per_step()])
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", "1000"), back(CARD, "2026-11-02", "500")])
    assert points_of(bank, vera) == 5
    brought_up_to_date(live)
    load(bank, [back(CARD, "2026-11-03", "100")])
    assert points_of(bank, vera) == 4


def test_an_older_purchase_keeps_the_segments_of_its_member(live: Settings) -> None:
    bank = open_bank([])
    vera = join(bank, CARD, segments=["vip"])
    with db.transaction(bank.tenant) as session:
        document = per_step(conditions={"segments": ["vip"]})
        publish(
            session, SYSTEM, programme_id=bank.programme, code="vip", document=document, starts_at=LONG_AGO
        )
    load(bank, [line(CARD, "2026-11-01", "1000")])
    brought_up_to_date(live)
    load(bank, [back(CARD, "2026-11-03", "100")])
    assert points_of(bank, vera) == 9


def test_what_waited_for_a_signature_goes_on_waiting_for_it_and_the_rest_is_previewed_first(
    live: Settings,
) -> None:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        banks = [open_bank([per_step()]) for _ in range(2)]
        for bank in banks:
            join(bank, CARD)
            load(bank, [line(CARD, f"2026-11-0{day}", "1000") for day in (1, 2, 3)])
            for day in (1, 2, 4):
                ask_for(bank, day)
            drain(bank.tenant)
            with db.transaction(bank.tenant) as session:
                send_correction(session, SYSTEM, correction_id=2)
            ask_for(bank, 3)
    states = "select state from correction order by id"
    assert [query(bank, states) for bank in banks] == [[("asked",), ("sent",), ("idle",), ("asked",)]] * 2
    migrated(live, "0024")
    assert [query(bank, states) for bank in banks] == [
        [("asked",), ("asked",), ("discarded",), ("asked",)]
    ] * 2
    migrated(live, "head")
    assert [query(bank, states) for bank in banks] == [[("sent",), ("sent",), ("discarded",), ("asked",)]] * 2
    drain(banks[0].tenant)
    previewed = "select count(*)::int from correction_slice where preview is not null"
    assert query(banks[0], previewed) == [(4,)]


def ask_for(bank: House, day: int) -> None:
    """Ask for a correction of one day."""
    on, document = date(2026, 11, day), per_step("2")
    with db.transaction(bank.tenant) as session:
        begin_correction(session, SYSTEM, code="p0", document=document, first_day=on, last_day=on)


def test_drafts_keep_who_wrote_them_and_cards_are_active_since_they_were_issued(live: Settings) -> None:
    bank = open_bank([])
    vera = join(bank, CARD)
    olga, petr = (editor(bank, login) for login in ("olga", "petr"))
    with db.transaction(bank.tenant) as session:
        draft = begin_draft(
            session,
            Actor("staff", id=olga, permissions=EDITS),
            programme_id=bank.programme,
            code="d",
            document={},
        )
        session.flush()
        save_draft(
            session, Actor("staff", id=petr, permissions=EDITS), draft_id=draft.id, revision=1, document={}
        )
        issue_card(session, SYSTEM, member_id=vera)
        add_client(
            session,
            SYSTEM,
            name="till",
            programme_id=bank.programme,
            participant_id=bank.funders[1],
            scopes=[],
        )
    migrated(live, "0011", "head")
    assert query(bank, "select editors from promotion_draft") == [([olga, petr],)]
    assert query(bank, "select activated_at = issued_at from card") == [(True,)]


def editor(bank: House, login: str) -> UUID:
    with db.transaction(bank.tenant) as session:
        staff = hire(
            session,
            login=login,
            name=login,
            password="a long password of the staff",
            permissions=EDITS,
        )
        session.flush()
        return staff.id
