"""Data of an earlier schema goes on as it was: what returns have taken stays taken, segments stay with purchases."""

import pytest
from alembic import command

from coalition.promotions.actions import publish
from migrations import runner
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.settings import Settings
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
