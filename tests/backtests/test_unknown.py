"""Drafts of discounts on purchases of which too little is stored: what cannot be known is said."""

from collections.abc import Iterator
from typing import Any

import pytest

from coalition.partners.actions import add_partner, open_outlet
from coalition.promotions.case import Receipt
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.backtests.till import COFFEE, NOW, OFF, backtest, goods, own, sale, told
from tests.transactions.bank import join, open_bank, per_step, promotion

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


def test_without_lines_it_is_said_of_how_much_nothing_can_be_known() -> None:
    bank = open_bank([])
    vera = join(bank)
    latte = Receipt(goods(20_000, category="coffee"))
    told(
        bank,
        sale(vera, "a", amount=20_000, receipt=latte),
        sale(vera, "b", amount=30_000),
        sale(vera, "c", amount=40_000, receipt=Receipt(channel="web")),
        sale(vera, "d", 50_000),
    )
    half = promotion({"kind": "percent", "rate": "50"}, gives=OFF, base=COFFEE)
    found = own(backtest(bank, half))
    assert (found.whole, found.unknown, found.unknown_amount) == ([0, 10_000], 2, 70_000)
    wanted = promotion(
        {"kind": "percent", "rate": "50"}, gives=OFF, where=[{"kind": "channel", "any_of": ["web"]}]
    )
    found = own(backtest(bank, wanted))
    assert (found.whole, found.unknown, found.unknown_amount) == ([0, 20_000], 3, 100_000)


@pytest.mark.parametrize(
    "asked",
    [
        *({"where": [{"kind": kind, "codes": ["north"]}]} for kind in ("outlet", "region", "brand", "franchise")),
        {"limits": {"per_purchase": "5", "per_outlet": True}},
        {"where": [{"kind": "payment", "types": ["sbp"]}]},
        {"mechanic": {"kind": "by_payment", "rates": {"sbp": "10"}}},
    ],
)  # fmt: skip
def test_a_receipt_that_names_no_outlet_and_no_payment_is_not_known(asked: dict[str, Any]) -> None:
    bank = open_bank([])
    with db.transaction(bank.tenant) as session:
        partner = add_partner(
            session, SYSTEM, participant_id=bank.funders[1], code="tea", name={"en": "Tea"}, about={}, category="x"
        )  # fmt: skip
        open_outlet(
            session, SYSTEM, partner_id=partner.id, code="north", name={"en": "North"}, zone="UTC",
            region="north", brand="north", franchise="north",
        )  # fmt: skip
    told(bank, sale(join(bank), "a", 20_000))
    terms = promotion({"kind": "percent", "rate": "10"}, gives=OFF) | asked
    found = own(backtest(bank, terms))
    assert (found.whole, found.unknown, found.unknown_amount) == ([0, 0], 1, 20_000)


def test_a_sale_paid_in_another_way_is_known_to_get_nothing() -> None:
    bank = open_bank([])
    card = Receipt(goods(20_000), payments=(("card", 20_000),))
    told(bank, sale(join(bank), "a", amount=20_000, receipt=card))
    found = own(backtest(bank, promotion({"kind": "by_payment", "rates": {"sbp": "10"}}, gives=OFF)))
    assert (found.whole, found.unknown) == ([0, 0], 0)


def test_a_sale_without_a_receipt_counts_by_its_sum_and_is_told_apart() -> None:
    offer = per_step(where=[{"kind": "without_spending"}])
    bank = open_bank([offer])
    vera = join(bank)
    told(bank, sale(vera, "a", amount=30_000), sale(vera, "b", 10_000))
    tally = backtest(bank, promotion({"kind": "percent", "rate": "10"}, gives=OFF))
    found = own(tally)
    assert (found.whole, found.bare, found.bare_points, found.unknown) == ([0, 4_000], 1, 3_000, 0)
    assert tally.whole == [1, 0]  # 90.00 are no step; nobody knows what was spent on the other
