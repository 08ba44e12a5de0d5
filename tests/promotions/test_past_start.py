"""A version that starts in the past is for what is booked since its publication, whenever that was bought."""

from datetime import timedelta

import pytest

from coalition.promotions.actions import publish
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.transactions.bank import back, join, line, load, open_bank, per_step, points_of


@pytest.mark.usefixtures("house")
def test_a_past_start_pays_what_is_booked_later_and_nothing_that_was_booked_before() -> None:
    bank = open_bank([])
    vera = join(bank, "c1")
    week_ago = f"{clock.now() - timedelta(days=7):%Y-%m-%d}"
    load(bank, [line("c1", week_ago, 1000, reference="a")])
    with db.transaction(bank.tenant) as session:
        start = clock.now() - timedelta(days=30)
        publish(
            session, SYSTEM, programme_id=bank.programme, code="late", document=per_step(), starts_at=start
        )
    assert points_of(bank, vera) == 0
    load(bank, [line("c1", week_ago, 500, reference="b")])
    assert points_of(bank, vera) == 5
    load(bank, [back("c1", f"{clock.now():%Y-%m-%d}", 300, original="a")])  # all is worked out anew
    assert points_of(bank, vera) == 5
