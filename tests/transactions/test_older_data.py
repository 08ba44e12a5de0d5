"""Data of an earlier schema goes on as it was: what returns have taken stays taken, segments stay with purchases."""

import psycopg
import pytest
from alembic import command
from sqlalchemy.exc import ProgrammingError

from coalition.promotions.actions import publish
from migrations import head, present, runner
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.settings import Settings, libpq
from tests.ledger.house import forget_promotions
from tests.transactions.bank import LONG_AGO, back, join, line, load, open_bank, per_step, points_of

CARD = "token-vera"


@pytest.fixture
def live(live_database: Settings) -> Settings:
    forget_promotions()
    return live_database


def brought_up_to_date(live: Settings) -> None:
    """As a house of the first schema finds itself after the migrations."""
    db.dispose()
    config = runner._config(live.database_owner_url)
    command.downgrade(config, "0001")
    command.upgrade(config, "head")
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
