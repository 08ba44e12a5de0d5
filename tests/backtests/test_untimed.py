"""Files that tell days alone: where a draft asks for hours, its backtest says on how many they could not be tried."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from coalition.backtests import jobs
from coalition.backtests.actions import start_backtest
from coalition.backtests.queries import untimed
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import new_member
from tests.transactions.bank import open_bank, promotion

pytestmark = pytest.mark.usefixtures("house")
JOBS = (jobs,)  # imported for the jobs it declares
MORNING = {"kind": "hours", "spans": [{"start": "08:00", "end": "11:00"}]}
WEEKEND = {"kind": "hours", "days": [6, 7]}


@pytest.mark.parametrize(("where", "said"), [([MORNING], (2, 3)), ([WEEKEND], None), ([], None)])
def test_purchases_at_midnight_sharp_of_the_programmes_zone_are_counted_where_hours_are_asked_for(
    where: list[dict[str, Any]], said: tuple[int, int] | None
) -> None:
    with clock.stopped(datetime(2026, 11, 22, 10, tzinfo=UTC)):
        bank = open_bank([], zone="Asia/Kamchatka")
        with db.transaction(bank.tenant) as session:
            member = new_member(session, bank)
            for hour, reference in ((12, "a"), (12, "b"), (21, "c")):  # midnight there is at noon of UTC
                at = datetime(2026, 11, 3, hour, tzinfo=UTC)
                told = [Told(reference, member, at, 100_000, "shop")]
                record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)
            number = start_backtest(
                session, SYSTEM, programme_id=bank.programme, code="draft",
                document=promotion({"kind": "percent", "rate": "5"}, where=where),
                first_day=date(2026, 11, 1), last_day=date(2026, 11, 30),
            ).id  # fmt: skip
            assert untimed(session, number) == said
