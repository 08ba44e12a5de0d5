"""Drafts that grant benefits on stored purchases: pieces beside the points."""

from collections.abc import Iterator
from datetime import date

import pytest

from coalition.backtests.tally import used_up
from coalition.benefits.actions import add_benefit
from coalition.promotions.actions import publish
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.backtests.till import NOW, backtest, own, sale, told
from tests.transactions.bank import LONG_AGO, join, open_bank, per_step

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


def test_what_a_benefit_would_grant_is_pieces() -> None:
    bank = open_bank([per_step()])
    with db.transaction(bank.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="wash", kind="coupon",
            name={"ru": "Мойка", "en": "Car wash"}, terms={},
        )  # fmt: skip
    vera, boris = join(bank), join(bank)
    told(bank, sale(vera, "a", 60_000), sale(vera, "b", 5_000, days=1), sale(boris, "c", 25_000, days=2))
    gives = {"kind": "benefit", "code": "wash", "name": {"ru": "Мойка", "en": "Car wash"}}
    terms = per_step("1", "200", gives=gives, limits={"per_purchase": "2", "budget": "2"})
    tally = backtest(bank, terms)
    found = own(tally)
    assert (found.whole, found.points, found.cut, found.reached, found.cut_members) == ([0, 3], 3, 1, 2, 1)
    assert found.days == {"2026-11-20": [0, 1], "2026-11-22": [0, 2]}
    assert tally.whole == [8, 8]
    assert used_up(found.daily, 2) == date(2026, 11, 22)
    with db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.programme, code="wash", document=terms, starts_at=LONG_AGO)
    told(bank, sale(boris, "d", 40_000))
    again = own(backtest(bank, terms, "wash"))
    assert again.whole == [2, 5]


def test_a_benefit_needs_no_till_and_no_receipt() -> None:
    bank = open_bank([])
    with db.transaction(bank.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="wash", kind="coupon",
            name={"ru": "Мойка", "en": "Car wash"}, terms={},
        )  # fmt: skip
    told(bank, sale(join(bank), "a", amount=60_000))
    gives = {"kind": "benefit", "code": "wash", "name": {"ru": "Мойка", "en": "Car wash"}}
    found = own(backtest(bank, per_step("1", "200", gives=gives)))
    assert (found.points, found.bare, found.unknown) == (3, 0, 0)
