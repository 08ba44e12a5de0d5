"""The member's pages: shops, the way to one, her orders, and an order that is missing."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from coalition.offers.actions import list_shop
from coalition.offers.models import Click, LostOrder, Network, Shop
from coalition.offers.taking import take_orders
from coalition.offers.told import OrderTold
from coalition.programmes.models import Programme
from partner_portal.aggregator import jobs
from partner_portal.aggregator.loopback.app import create
from partner_portal.aggregator.loopback.world import World
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.runtime import clock, db
from tests.cabinet.conftest import app
from tests.cabinet.test_pages import HOST, page
from tests.cabinet.world import dress
from tests.offers.conftest import Loopback, Mall

__all__ = ["app"]


@pytest.fixture
def shown(mall: Mall, tenant: int) -> Mall:
    """Every shop of the network is shown; one has the tenant's own words."""
    mall.walk()
    with db.transaction(tenant) as session:
        dress(session, "avacha")
        programme = session.get_one(Programme, (tenant, mall.house.programme))
        programme.unit = {"ru": ["балл", "балла", "баллов"], "en": ["point", "points"]}
        for shop in session.scalars(select(Shop)):
            words = {"ru": "Наши слова", "en": "Our words"} if shop.external_id == "30001" else {}
            list_shop(session, SYSTEM, shop_id=shop.id, share=5000, activation="approved", words=words)
    return mall


@pytest.fixture
def browser(app: Flask, shown: Mall, tenant: int) -> FlaskClient:
    with db.transaction(tenant) as session:
        secret = sign_in(session, kind="member", subject_id=shown.member)
    browser = app.test_client()
    browser.set_cookie("member", secret, domain="test.localhost")
    return browser


def shop_of(mall: Mall, external: str) -> Shop:
    with db.transaction(mall.house.tenant) as session:
        return session.scalars(select(Shop).where(Shop.external_id == external)).one()


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("path", ["/shops", "/shops/1", "/orders", "/orders/lost"])
def test_a_page_stands_under_a_strict_policy(browser: FlaskClient, path: str, lang: str) -> None:
    text = page(browser, path, lang)
    assert not re.search(r"<[^>]*\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", text)
    assert text.count("<h1") == 1


def test_a_shop_is_found_by_its_name_and_has_the_members_rate(browser: FlaskClient, shown: Mall) -> None:
    shop = shop_of(shown, "30003")
    text = html.unescape(page(browser, f"/shops?q={shop.name[:4]}"))
    assert shop.name in text
    rate = f"{shop.rate_most // 2 / 100:.2f}".rstrip("0").rstrip(".").replace(".", ",")
    assert f"{rate}\N{NO-BREAK SPACE}%" in text or f"{rate}%" in text
    assert "Такого магазина нет" in page(browser, "/shops?q=zzzzzz")


def test_shops_of_a_demonstration_say_so_on_every_page(
    browser: FlaskClient, shown: Mall, tenant: int
) -> None:
    said = "Демонстрация"
    assert [said in page(browser, path) for path in ("/shops", "/shops/1", "/orders")] == [True, True, False]
    with db.transaction(tenant) as session:
        session.get_one(Network, (tenant, shown.network)).demonstration = False
    assert [said in page(browser, path) for path in ("/shops", "/shops/1")] == [False, False]


def test_a_hidden_shop_is_no_page(browser: FlaskClient, shown: Mall, tenant: int) -> None:
    with db.transaction(tenant) as session:
        list_shop(session, SYSTEM, shop_id=1, share=5000, activation="approved", shown=False)
    assert browser.get("/shops/1", base_url=HOST).status_code == 404
    assert browser.post("/shops/1/go", base_url=HOST).status_code == 404


def test_the_tenants_own_words_stand_for_the_networks(browser: FlaskClient, shown: Mall) -> None:
    assert "Our words" in page(browser, f"/shops/{shop_of(shown, '30001').id}", "en")


def test_the_way_to_a_shop_holds_a_word_and_leads_to_an_order(
    browser: FlaskClient, shown: Mall, loopback: Loopback, tenant: int
) -> None:
    answer = browser.post("/shops/1/go", base_url=HOST)
    assert answer.status_code == 200
    link = html.unescape(re.findall(r'href="(http://127[^"]+)"', answer.get_data(as_text=True))[0])
    with db.transaction(tenant) as session:
        click = session.scalars(select(Click)).one()
    assert link == f"{loopback.address}/g/30000/?subid={click.token}"


def test_an_order_is_told_with_its_state_reason_and_day(
    browser: FlaskClient, shown: Mall, tenant: int
) -> None:
    browser.post("/shops/1/go", base_url=HOST)

    def say(state: str, reason: str, later: int) -> str:
        with db.transaction(tenant) as session:
            click, network = session.scalars(select(Click)).one(), session.scalars(select(Network)).one()
            at = click.at + timedelta(seconds=later)
            told = OrderTold("1", click.token, "30000", state, 125_000, 18_750, "RUB", click.at, at, reason)
            take_orders(session, network, [told])
        return html.unescape(page(browser, "/orders"))

    waiting = say("pending", "", 1)
    assert "Магазин получил заказ. Решение примерно до" in waiting
    assert "+93" in waiting
    assert "онлайн-заказ" in page(browser, "/history")
    assert "Подтверждён магазином" in say("approved", "", 2)
    assert "Отменён после подтверждения. Товар возвращён" in say("declined", "Товар возвращён", 3)
    assert "баллы вернулись" in page(browser, "/history")


def test_points_of_orders_are_at_home_and_a_changed_sum_is_called_so(
    browser: FlaskClient, shown: Mall, tenant: int
) -> None:
    browser.post("/shops/1/go", base_url=HOST)

    def say(commission: int, later: int) -> None:
        with db.transaction(tenant) as session:
            click, network = session.scalars(select(Click)).one(), session.scalars(select(Network)).one()
            at = click.at + timedelta(seconds=later)
            sums = (125_000, commission, "RUB", click.at, at, "")
            take_orders(session, network, [OrderTold("1", click.token, "30000", "pending", *sums)])

    assert "за заказы в магазинах" not in page(browser, "/")
    say(18_750, 1)
    assert "93 балла за заказы в магазинах ожидают" in " ".join(html.unescape(page(browser, "/")).split())
    say(10_000, 2)
    history = html.unescape(page(browser, "/history"))
    assert "изменилась сумма заказа" in history
    assert "баллы вернулись" not in history


def test_a_shop_of_the_demonstration_says_so_in_both_languages_and_leads_back() -> None:
    world = World(1, 3, datetime(2026, 11, 1, tzinfo=UTC))
    answer = create(world, "http://plyos.localhost:8302/orders").test_client().get("/g/30000/?subid=x")
    text = answer.get_data(as_text=True)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    for said in (
        "магазин демонстрации",
        "a shop of a demonstration",
        'href="http://plyos.localhost:8302/orders"',
    ):
        assert said in text, said


def test_a_missing_order_goes_to_the_network_and_its_answer_comes_back(
    browser: FlaskClient, shown: Mall, loopback: Loopback, tenant: int
) -> None:
    browser.post("/shops/1/go", base_url=HOST)
    assert "Пока не о чем спрашивать" in page(browser, "/orders/lost")
    now = clock.now()
    with clock.stopped(now + timedelta(days=2)):
        with db.transaction(tenant) as session:
            click = session.scalars(select(Click)).one()
            secret = sign_in(session, kind="member", subject_id=shown.member)
        browser.set_cookie("member", secret, domain="test.localhost")
        form = {"click": str(click.id), "reference": "", "day": "", "sale": "x"}
        refused = browser.post("/orders/lost", base_url=HOST, data=form)
        assert refused.status_code == 422
        assert "Напишите номер заказа" in refused.get_data(as_text=True)
        form = {
            "click": str(click.id),
            "reference": "A-77",
            "day": str(clock.now().date()),
            "sale": "1500,50",
        }
        for _ in range(2):
            assert browser.post("/orders/lost", base_url=HOST, data=form).status_code == 303
        with db.transaction(tenant) as session:
            lost = session.scalars(select(LostOrder)).one()
            assert (lost.reference, lost.sale, lost.state) == ("A-77", 150_050, "new")
            jobs.file_lost(session, member_id=str(lost.member_id), lost_id=str(lost.id))
            assert (lost.state, lost.external_id) == ("sent", "1")
        assert "Сеть ищет заказ" in page(browser, "/orders")
        loopback.at(clock.now())
    with clock.stopped(now + timedelta(days=4)):
        loopback.at(clock.now())
        with db.transaction(tenant) as session:
            secret = sign_in(session, kind="member", subject_id=shown.member)
        browser.set_cookie("member", secret, domain="test.localhost")
        with db.transaction(tenant) as session:
            jobs.lost_answers(session, network_id=shown.network)
        assert "Не найден. Магазин не нашёл такого заказа" in page(browser, "/orders")
        with db.transaction(tenant) as session:
            lost = session.scalars(select(LostOrder)).one()
            lost.external_id, lost.answer = None, ""
        assert "Не найден. Сеть отказалась его искать" in page(browser, "/orders")
