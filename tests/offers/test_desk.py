"""The desk's pages of online shops: the list, one shop with what members would see, rules, changes, orders, alerts."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from admin.demo.network import demonstrate
from coalition.offers.actions import add_network, click
from coalition.offers.models import Click, Listing, ListingRule, Network, Shop
from coalition.offers.taking import take_orders
from coalition.offers.told import OrderTold
from partner_portal.aggregator.loopback.app import CLIENT
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.conftest import bank, client, desk, seen, staged
from tests.admin.world import Bank, get, plain, post, signed_in
from tests.ledger.house import House
from tests.offers.conftest import Loopback, Mall

__all__ = ["bank", "client", "desk", "seen", "staged"]


@pytest.fixture
def mall(loopback: Loopback, bank: Bank) -> Mall:
    """The bank's own network, walked through."""
    with db.transaction(bank.tenant) as session:
        network, word = add_network(
            session, SYSTEM, programme_id=bank.world.programme.id, participant_id=1, code="loopback", name="Loopback",
            kind="admitad", address=loopback.address, access={"client_id": CLIENT[0], "client_secret": CLIENT[1]},
            options={"website": 22}, demonstration=True,
        )  # fmt: skip
        found = Mall(
            House(bank.tenant, bank.world.programme.id, (1, 1)), network.id, word, bank.world.member_id
        )
    found.walk()
    return found


def listing(mall: Mall, shop: int) -> Listing | None:
    with db.transaction(mall.house.tenant) as session:
        found = session.get(Listing, (mall.house.tenant, shop))
        if found is not None:
            session.expunge(found)
        return found


def test_a_shop_is_shown_with_a_share_and_words_after_a_look(client: FlaskClient, mall: Mall) -> None:
    with db.transaction(mall.house.tenant) as session:
        shop = session.scalars(select(Shop).where(Shop.rate_most == 1000)).first()
        assert shop is not None
    address = f"/desk/shops/{shop.id}"
    form = {
        "share": "37.5",
        "activation": "paid",
        "shown": "1",
        "words_en": "Fine <b>things</b>",
        "words_ru": "",
    }
    looked = post(client, address, **form, do="preview")
    assert looked.status_code == 200
    assert "10% of the network × 37.5% = members see 3.75%" in plain(looked)
    assert "An order of ₽1,000 gives 37 sparks" in plain(looked)
    assert listing(mall, shop.id) is None
    assert post(client, address, **form, do="save").status_code == 303
    found = listing(mall, shop.id)
    assert found is not None
    assert (found.share, found.activation, found.shown, found.words) == (
        3750,
        "paid",
        True,
        {"en": "Fine things"},
    )
    assert "members see it" in plain(get(client, "/desk/shops/?show=shown"))


@pytest.mark.parametrize("share", ["0", "-1", "101", "half", "", "33.333"])
def test_a_share_that_is_none_is_asked_for_again(client: FlaskClient, mall: Mall, share: str) -> None:
    answer = post(client, "/desk/shops/1", share=share, activation="approved", shown="1")
    assert (answer.status_code, "Write a share above zero, 100 % at most" in plain(answer)) == (422, True)
    assert listing(mall, 1) is None


def test_a_rule_says_how_many_it_would_show_then_shows_them_and_leaves_picks_alone(
    client: FlaskClient, mall: Mall
) -> None:
    post(client, "/desk/shops/1", share="90", activation="approved", shown="", do="save")
    with db.transaction(mall.house.tenant) as session:
        rates = [shop.rate_most for shop in session.scalars(select(Shop).where(Shop.id != 1))]
    count = sum(rate >= 500 for rate in rates)
    form = {
        "network": str(mall.network),
        "category": "",
        "rate": "5",
        "hold": "",
        "share": "60",
        "activation": "approved",
    }
    assert f"It would show {count} shops" in plain(post(client, "/desk/shops/rules/", **form, do="preview"))
    assert post(client, "/desk/shops/rules/", **form, do="save").status_code == 303
    picked = listing(mall, 1)
    with db.transaction(mall.house.tenant) as session:
        found = list(session.scalars(select(Listing).where(Listing.rule_id.is_not(None))))
        assert {(one.share, one.shown) for one in found} == {(6000, True)}
        assert len(found) == count
        rule = session.scalars(select(ListingRule)).one().id
    assert picked is not None
    assert (picked.share, picked.shown) == (9000, False)
    assert post(client, f"/desk/shops/rules/{rule}/end").status_code == 303
    assert post(client, f"/desk/shops/rules/{rule}/end").status_code == 404


def test_changes_and_orders_are_told(client: FlaskClient, mall: Mall, loopback: Loopback) -> None:
    loopback.control("shop", id=30001, rate=50)
    mall.walk()
    text = plain(get(client, "/desk/shops/changes/"))
    assert "Rate went down" in text
    assert "→ 0.5%" in text
    post(client, "/desk/shops/1", share="50", activation="approved", shown="1", do="save")
    with db.transaction(mall.house.tenant) as session:
        click(session, SYSTEM, member_id=mall.member, shop_id=1)
        session.flush()
        token = session.scalars(select(Click.token)).one()
        network, at = session.get_one(Network, (mall.house.tenant, mall.network)), clock.now()
        told = [OrderTold("1", token, "30000", "declined", 100_00, 10_00, "RUB", at, at, "No money"),
                OrderTold("2", token, "30000", "approved", 100_00, 10_00, "EUR", at, at)]  # fmt: skip
        take_orders(session, network, told)
    text = plain(get(client, "/desk/shops/orders/"))
    assert "declined by the shop" in text
    assert "No money" in text
    assert "€100" in plain(get(client, "/desk/shops/orders/?show=problem"))
    assert "orders whose figures do not fit together: 1" in plain(get(client, "/desk/shops/"))


def test_a_network_that_is_away_is_told_on_the_page_and_in_the_menu(
    client: FlaskClient, mall: Mall, loopback: Loopback, desk: Flask
) -> None:
    loopback.control("trouble", down=True)
    mall.reconcile()
    with clock.stopped(clock.now() + timedelta(hours=9)):
        late = signed_in(desk, mall.house.tenant, login="late")
        assert "Loopback has not answered for 9 hours" in plain(get(late, "/desk/shops/"))


def test_who_may_only_look_sees_no_form(desk: Flask, mall: Mall) -> None:
    reader = signed_in(desk, mall.house.tenant, [Permission.DESK_SHOP_READ])
    assert "What would members see?" not in plain(get(reader, "/desk/shops/1"))
    assert post(reader, "/desk/shops/1", share="50", activation="approved").status_code == 403
    assert listing(mall, 1) is None


def test_a_demonstration_is_one_command_and_the_same_again(loopback: Loopback, bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        word, host = demonstrate(session, loopback.address)
    assert host == "test.localhost"
    with db.transaction(bank.tenant) as session:
        network = session.scalars(select(Network)).one()
        found = Mall(House(bank.tenant, network.programme_id, (1, 1)), network.id, word, bank.world.member_id)
    assert found.walk().value == "done"
    with db.transaction(bank.tenant) as session:
        assert len(session.scalars(select(Listing)).all()) == 12
        again, _ = demonstrate(session, loopback.address)
        assert again != word
        assert len(session.scalars(select(Network)).all()) == 1
