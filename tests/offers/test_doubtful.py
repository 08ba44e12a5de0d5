"""Orders that may be purchases, at the desk: how a shop is known, and what a person says of a doubtful pair."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from coalition.offers.actions import click, list_shop
from coalition.offers.models import Click, Network, Shop
from coalition.offers.told import OrderTold
from coalition.transactions.models import Purchase
from coalition.transactions.of_orders.actions import name_seller, sellers_of
from coalition.transactions.of_orders.models import OrderSale
from coalition.transactions.of_orders.taking import take_orders
from coalition.transactions.of_orders.terms import set_order_terms
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.admin.conftest import bank, client, desk, staged
from tests.admin.world import Bank, get, plain, post
from tests.ledger.house import House
from tests.offers.conftest import Mall
from tests.offers.test_desk import mall
from tests.transactions.bank import points_of

__all__ = ["bank", "client", "desk", "mall", "staged"]


def doubtful(mall: Mall, bank: Bank) -> tuple[str, int]:
    """An order of 485 roubles and a purchase of 500; the address of their page, and the shop."""
    now = clock.now()
    with db.transaction(bank.tenant) as session:
        programme, member = bank.world.programme.id, bank.world.member_id
        terms = {"pays": "order", "asked_percent": 5}
        set_order_terms(session, SYSTEM, programme_id=programme, terms=terms)
        shop = session.scalars(select(Shop).order_by(Shop.id)).first()
        assert shop is not None
        list_shop(session, SYSTEM, shop_id=shop.id, share=5000, activation="approved")
        name_seller(session, SYSTEM, shop_id=shop.id, name="ya*shop*")
        click(session, SYSTEM, member_id=member, shop_id=shop.id)
        session.flush()
        token = session.scalars(select(Click.token)).one()
        told = OrderTold("A-1", token, shop.external_id, "pending", 485_00, 40_00, "RUB", now, now)
        take_orders(session, session.get_one(Network, (bank.tenant, mall.network)), [told])
        record(
            session, SYSTEM, programme_id=programme, source="till", told=[Told("t1", member, now, 500_00, "YA*SHOP 77")]
        )  # fmt: skip
        one = session.scalars(select(OrderSale)).one()
        return f"/desk/one-or-two/orders/{member}/{one.order_id}/{one.sale_id}", shop.id


@pytest.mark.parametrize("decision", ["same", "two"])
def test_a_doubtful_order_is_decided_once(client: FlaskClient, bank: Bank, mall: Mall, decision: str) -> None:
    address, _shop = doubtful(mall, bank)
    house = House(bank.tenant, bank.world.programme.id, (1, 1))
    page = plain(get(client, "/desk/one-or-two/"))
    assert f'href="{address}"' in page
    assert "YA*SHOP 77" in page
    assert "1 pair may be one sale that was told twice" in plain(get(client, "/desk/"))
    assert "the order's points stand" in plain(get(client, address))
    assert "Это одна покупка?" in plain(get(client, address, "ru"))
    before = points_of(house, bank.world.member_id)
    assert post(client, address, decision=decision).status_code == 303
    with db.transaction(bank.tenant) as session:
        row = session.scalars(select(OrderSale)).one()
        gave = sum(session.get_one(Purchase, (bank.tenant, row.member_id, row.sale_id)).reason[2::5])
        assert row.pays == ("order" if decision == "same" else None)
    assert points_of(house, bank.world.member_id) == before - (gave if decision == "same" else 0)
    assert post(client, address, decision="same").status_code == 409
    assert get(client, address).status_code == 409
    assert f'href="{address}"' not in plain(get(client, "/desk/one-or-two/"))


def test_the_staff_says_how_a_shop_is_called(client: FlaskClient, bank: Bank, mall: Mall) -> None:
    _address, shop = doubtful(mall, bank)
    page = f"/desk/shops/{shop}"
    assert "ya*shop*" in plain(get(client, page))
    assert post(client, f"{page}/sellers", how="name", name="Озон").status_code == 303
    assert "озон" in plain(get(client, page))
    for said, told in (
        ({"how": "name", "name": "о"}, "Write a name of 3 to 100 characters"),
        ({"how": "mid", "name": "7"}, "No partner's till has this MID"),
        ({"how": "name", "name": "ОЗОН"}, "The shop is known by that already"),
        ({"end": "77"}, "The shop is not known by that any more"),
    ):
        assert post(client, f"{page}/sellers", **said).status_code == 303
        assert told in plain(get(client, page))
    with db.transaction(bank.tenant) as session:
        last = sellers_of(session, shop)[-1].id
    assert post(client, f"{page}/sellers", end=str(last)).status_code == 303
    with db.transaction(bank.tenant) as session:
        assert [one.name for one in sellers_of(session, shop)] == ["ya*shop*"]
