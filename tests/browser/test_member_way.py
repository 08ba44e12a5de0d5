"""A member finds a shop, orders there, sees what becomes of it, pays at a till with the points, and gives the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from admin.demo.network import demonstrate
from coalition.ledger.queries import balance_of
from coalition.offers.actions import list_shop
from coalition.offers.models import Network, Order, Shop
from coalition.redemption.paying import set_pay_terms
from coalition.reports.audit import audit
from coalition.transactions.recording import Told
from coalition.transactions.tills import Shown, sell
from partner_portal.aggregator.walking import Step, reconcile_step, sync_step
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.browser.conftest import Site, opened
from tests.browser.test_journey import shot, words
from tests.offers.conftest import Loopback, network_process

__all__ = ["network_process"]
pytestmark = pytest.mark.browser
ORDER, TILL, PAID = 4_000_00, 200_00, 50


def walk(tenant: int, step: object) -> None:
    """Ask the network, to the end."""
    while True:
        with db.transaction(tenant) as session:
            network = session.scalars(select(Network.id)).one()
            found = step(session, network)  # type: ignore[operator]
        if found is not Step.MORE:
            assert found is Step.DONE
            return


def shown(tenant: int, loopback: Loopback) -> str:
    """The network's shops are shown by half of what they pay; returns the name of one that pays."""
    with db.transaction(tenant) as session:
        demonstrate(session, loopback.address)
    walk(tenant, sync_step)
    with db.transaction(tenant) as session:
        shops = session.scalars(select(Shop).order_by(Shop.id)).all()
        for shop in shops:
            list_shop(session, SYSTEM, shop_id=shop.id, share=5000, activation="approved")
        set_pay_terms(session, SYSTEM, programme_id=1, terms={"percent": "30"})
        return next(shop.name for shop in shops if shop.rate_most >= 300)


def go_out(page: Page, site: Site, name: str) -> None:
    """Find the shop and go there; the network says that nothing is sold."""
    page.goto(site.at("avacha", "/shops"))
    page.locator("input[name=q]").fill(name)
    page.locator("input[name=q]").press("Enter")
    page.get_by_role("link", name=name).first.click()
    shot(page, "way-shop")
    page.get_by_role("button", name="Перейти в магазин").click()
    link = page.locator("main a[href*='subid=']")
    address = link.get_attribute("href")
    assert address is not None
    other = page.context.new_page()
    other.goto(address)
    assert "a shop of a demonstration" in words(other)
    other.close()


def test_a_member_orders_waits_spends_and_gives(
    browser: Browser, site: Site, network_process: Loopback
) -> None:
    loopback, tenant, member = network_process, site.tenants["avacha"], site.worlds["avacha"].member_id
    begun = clock.now()
    loopback.begin(chaos=0.0, now=begun)
    name = shown(tenant, loopback)
    context = opened(browser, site, "avacha")
    page = context.new_page()
    page.goto(site.at("avacha"))
    assert "295 искр" in words(page)
    go_out(page, site, name)
    loopback.control("story", sale=ORDER, events=[(0.1, "pending", ""), (3, "approved", "")])

    @contextmanager
    def later(days: int) -> Iterator[None]:
        """So many days on, the network is asked."""
        with clock.stopped(begun + timedelta(days=days)):
            loopback.at(clock.now())
            walk(tenant, reconcile_step)
            context.add_cookies(
                [{"name": "member", "value": site.secret("avacha"), "url": site.at("avacha")}]
            )
            yield

    with later(1):
        page.goto(site.at("avacha", "/orders"))
        text = words(page)
        assert name in text
        assert "Магазин получил заказ" in text
        assert "Решение примерно до" in text
        shot(page, "way-pending")
        with db.transaction(tenant) as session:
            order = session.scalars(select(Order)).one()
            points = order.pending
            assert (order.state, order.active, points > 0) == ("pending", 0, True)
        page.goto(site.at("avacha", "/history"))
        assert "онлайн-заказ" in words(page)
        page.goto(site.at("avacha"))
        assert "Доступно сейчас 295 искр" in words(page)

    with later(4):
        page.goto(site.at("avacha", "/orders"))
        assert "Подтверждён магазином" in words(page)
        shot(page, "way-approved")
        with db.transaction(tenant) as session:
            order = session.scalars(select(Order)).one()
            assert (order.state, order.pending, order.active) == ("approved", 0, points)
            programme = site.worlds["avacha"].programme.id
            available = balance_of(session, member).available
            partner = next(iter(site.worlds["avacha"].partners))
            told = Told("cheque-1", member, clock.now(), TILL, "Продукты у дома", partner=partner)
            sell(
                session,
                SYSTEM,
                programme_id=programme,
                source="till",
                told=told,
                points=PAID,
                shown=Shown.CODE,
            )
            after = balance_of(session, member).available
            assert after <= available - PAID + 30  # what the rest of the cheque gives may come at once
            left = after
        page.goto(site.at("avacha", "/history"))
        assert "−50" in words(page)

        page.goto(site.at("avacha", "/spend"))
        form = page.locator("section#giving form").first
        form.locator("input[name=points]").fill(str(left))
        form.get_by_role("button", name="Отдать фонду").click()
        shot(page, "way-question")
        page.locator("main form button.btn-primary").click()
        expect(page.get_by_role("heading", name="Спасибо")).to_be_visible()
        shot(page, "way-gift")
        page.goto(site.at("avacha"))
        assert "Доступно сейчас 0 искр" in words(page)
        page.goto(site.at("avacha", "/funds"))  # what everybody may read
        assert "Собрано и перечислено" in words(page)
        with db.transaction(tenant) as session:
            assert [one.rule for one in audit(session) if one.broken] == []
    context.close()
