"""Returns that moved before anybody noted it are counted after the upgrade; what months counted of others stays."""

import psycopg
from alembic import command

from migrations import runner
from tenants.runtime import db
from tenants.runtime.settings import Settings, libpq
from tests.ledger.house import forget_promotions
from tests.settlement.test_given_back import BOTH, NOVEMBER, bought, coalition, day, lines, returned


def test_what_moved_before_the_upgrade_is_the_next_months(live_database: Settings) -> None:
    forget_promotions()
    house = coalition(BOTH, earns=True)
    bought(house, 1000, 0, day(3))
    for number in (20, 21):
        returned(house, 400, day(number), f"r{number}")
    october = lines(house)
    assert october["turnover_back"] == (2, 0, -800_00)
    db.dispose()
    command.downgrade(runner._config(live_database.database_owner_url), "0047")
    with psycopg.connect(libpq(live_database.database_owner_url)) as owner:
        owner.execute(f"set local app.tenant_id = '{house.tenant}'")
        owner.execute("update purchase_return set state = 'same' where booked_at = %s", (day(21),))
    command.upgrade(runner._config(live_database.database_owner_url), "head")
    db.configure(live_database.database_url)
    assert lines(house, NOVEMBER) == {"turnover_back": (1, 0, 400_00), "fee_back": (1, 0, 8_00)}
    assert lines(house) == october
