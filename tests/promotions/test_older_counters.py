"""Where members stand on a ladder that counted as nobody's promotion, after the upgrade."""

import psycopg
import pytest

from tenants.runtime.settings import Settings, libpq
from tests.ledger.house import House, forget_promotions
from tests.transactions.bank import open_bank, points_of, promotion
from tests.transactions.test_corrections import member, sale, tell
from tests.transactions.test_older_data import migrated

LADDER = {"kind": "ladder", "steps": ["10", "5", "1"]}
BEFORE = """
    update counter_sheet set slots = array(select slot & 7 from unnest(slots) slot)
    where 4 = any (array(select slot & 7 from unnest(slots) slot))"""


def counted_as_nobodys(live: Settings, bank: House) -> None:
    """As they were counted before the upgrade, which is then made."""
    migrated(live, "0060")
    with psycopg.connect(libpq(live.database_owner_url)) as owner:
        owner.execute(f"set local app.tenant_id = '{bank.tenant}'")
        assert owner.execute(BEFORE).rowcount == 1
    migrated(live, "head")


def test_what_was_counted_on_both_places_is_one_count_and_goes_down_again(live_database: Settings) -> None:
    forget_promotions()
    bank = open_bank([promotion(LADDER)])
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    counted_as_nobodys(live_database, bank)
    migrated(live_database, "0060")
    with psycopg.connect(libpq(live_database.database_owner_url)) as owner:
        owner.execute(f"set local app.tenant_id = '{bank.tenant}'")
        changed = owner.execute(
            "update counter_sheet set slots = slots || (1::bigint << 33 | 4), counts = counts || 1::bigint"
            " where 4 = any (slots)"
        )
        assert changed.rowcount == 1
    migrated(live_database, "head")
    tell(bank, sale(vera, "b", 4))
    assert points_of(bank, vera) == 110


@pytest.mark.parametrize(("ladders", "after"), [(1, 150), (2, 400)])
def test_the_only_ladder_takes_the_counter_over_and_of_two_each_begins_anew(
    live_database: Settings, ladders: int, after: int
) -> None:
    forget_promotions()
    bank = open_bank([promotion(LADDER)] * ladders)
    vera = member(bank)
    tell(bank, sale(vera, "a", 3))
    assert points_of(bank, vera) == 100 * ladders
    counted_as_nobodys(live_database, bank)
    tell(bank, sale(vera, "b", 4))
    assert points_of(bank, vera) == after
