"""An operator opens a tenant by the wizard, its administrator comes in, and a member sees points in its brand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from threading import Thread

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from admin.opening.opening import open_by
from admin.opening.templates import filled
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.programmes.queries import the_programme
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.auth.sign_ins import sign_in
from tenants.models import Staff, Tenant
from tenants.operators import open_place
from tenants.own_password import make_link
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db
from tenants.runtime.settings import Settings
from tenants.staff import invite_staff
from tenants.support import grant
from tests.admin.conftest import assembled
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_access import complaints, sideways
from tests.browser.test_journey import shot

pytestmark = pytest.mark.browser
PASSWORD = "several words of a key"


@dataclass
class Served:
    """Where the house is served, and the link of its first operator."""

    port: int
    link: str

    def at(self, path: str, host: str = "operator") -> str:
        return f"http://{host}.localhost:{self.port}{path}"


@pytest.fixture
def served(live_database: Settings) -> Iterator[Served]:
    server = make_server("127.0.0.1", 0, assembled(guarded=True), threaded=True)
    with db.transaction(None) as session:
        open_place(session, hosts=["operator.localhost"])
        person = invite_staff(session, SYSTEM, login="olga", name="Ольга Орлова", roles=["operator"])
        link = make_link(session, SYSTEM, staff_id=person.id)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(server.server_port, link)
    server.shutdown()
    thread.join()
    server.server_close()


def window(
    browser: Browser, size: tuple[int, int] = DESK, scheme: str = "light", lang: str = "ru-RU"
) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=lang,
    )
    context.set_default_timeout(15_000)
    return context


def signed_in(page: Page, served: Served) -> None:
    """From the link to the first page: a password, a second factor, and in."""
    page.goto(served.at(f"/desk/link/{served.link}"))
    page.fill("#password", PASSWORD)
    page.fill("#password_again", PASSWORD)
    page.click("main button.btn-primary")
    page.fill("#login", "olga")
    page.fill("#password", PASSWORD)
    page.click("main button.btn-primary")
    expect(page).to_have_url(served.at("/desk/profile/"))  # nothing else opens without a second factor
    page.fill("#password_factor", PASSWORD)
    page.click("section:has(#factor) button")
    secret = re.sub(r"\s", "", page.locator("p.raw").inner_text())
    page.fill("#otp", pyotp.TOTP(secret).now())
    page.click("main button.btn-primary")


def test_a_tenant_is_opened_by_the_wizard_and_its_member_sees_points(
    browser: Browser, served: Served
) -> None:
    context = window(browser)
    page = context.new_page()
    signed_in(page, served)
    page.goto(served.at("/desk/tenants/"))
    page.click("text=Открыть арендатора")
    page.click("button[value=coffee-shop]")
    for name, value in {
        "name_ru": "Зерно",
        "name_en": "Zerno",
        "slug": "zerno",
        "hosts": "zerno.localhost",
    }.items():
        page.fill(f"#{name}", value)
    page.fill("#zone", "Asia/Kamchatka")
    shot(page, "opening-who")
    page.click("button[value=on]")
    page.wait_for_url("**/brand")  # and its scripts, that listen to what is typed
    page.fill("#brand", "#ffffff")
    expect(page.locator("[hx-get] .wrong")).to_contain_text("#f5f5f5")  # told while it is typed
    page.fill("#brand", "#0b5f66")
    expect(page.locator(".tried-light .tried-button")).to_have_css("background-color", "rgb(11, 95, 102)")
    shot(page, "opening-brand")
    page.click("button[value=back]")
    expect(page.locator("#name_ru")).to_have_value("Зерно")
    page.click("button[value=on]")
    expect(page.locator("#brand")).to_have_value("#0b5f66")
    for _ in ("brand", "programme"):
        page.click("button[value=on]")
    page.fill("[id='p.base.rate']", "10")
    shot(page, "opening-promotions")
    page.click("button[value=on]")
    page.fill("#person_name", "Анна")
    page.click("button[value=on]")
    shot(page, "opening-check")
    page.click("button[value=on]")
    link = page.locator("code.link").inner_text()
    assert re.fullmatch(r"http://zerno\.localhost:\d+/desk/link/[\w-]+", link)
    shot(page, "opening-done")
    context.close()
    _administrator(browser, served, link.rpartition("/desk/")[2])
    _member(browser, served)


def _administrator(browser: Browser, served: Served, rest: str) -> None:
    context = window(browser)
    page = context.new_page()
    page.goto(served.at(f"/desk/{rest}", "zerno"))
    page.fill("#password", PASSWORD)
    page.fill("#password_again", PASSWORD)
    page.click("main button.btn-primary")
    page.fill("#login", "administrator")
    page.fill("#password", PASSWORD)
    page.click("main button.btn-primary")
    expect(page).to_have_url(served.at("/desk/", "zerno"))
    context.close()


def _member(browser: Browser, served: Served) -> None:
    """She enrols, buys for 400.00, and sees 10 % of it in the tenant's own words and colours."""
    with db.transaction(None) as session:
        tenant = session.scalars(select(Tenant.id).where(Tenant.slug == "zerno")).one()
    with db.transaction(tenant) as session:
        programme = the_programme(session)
        person = Person("Вера", phone="+79140000147")
        member = enrol(session, SYSTEM, programme_id=programme.id, person=person, joined_on=date(2026, 1, 1))
        sale = Told("1", member.id, clock.now(), 40_000, "Зерно")
        record(session, SYSTEM, programme_id=programme.id, source="till", told=[sale])
        secret = sign_in(session, kind="member", subject_id=member.id)
    context = window(browser, PHONE)
    context.add_cookies([{"name": "member", "value": secret, "url": served.at("/", "zerno")}])
    page = context.new_page()
    page.goto(served.at("/", "zerno"))
    expect(page.locator("main")).to_contain_text("40")
    expect(page.locator("main")).to_contain_text("зёрен")
    brand = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand-fill')")
    assert brand.strip() == "#0b5f66"
    shot(page, "opening-member")
    context.close()


@pytest.mark.parametrize(
    ("size", "scheme", "lang"),
    [(DESK, "light", "ru-RU"), (PHONE, "dark", "ru-RU"), (PHONE, "light", "en-GB"), (DESK, "dark", "en-GB")],
)
def test_every_page_of_the_wizard_can_be_used(
    browser: Browser, served: Served, size: tuple[int, int], scheme: str, lang: str
) -> None:
    context = window(browser, size, scheme, lang)
    page = context.new_page()
    signed_in(page, served)
    found = []
    page.goto(served.at("/desk/opening/"))
    page.click("button[value=horeca]")
    draft = page.url.rpartition("/")[0]
    steps = [f"{draft}/{step}" for step in ("who", "brand", "programme", "promotions", "person", "check")]
    for address in (served.at("/desk/tenants/"), served.at("/desk/opening/"), *steps):
        page.goto(address)
        found += [(address, one) for one in complaints(page)]
        assert not sideways(page), address
        shot(page, f"wizard-{address.rstrip('/').rpartition('/')[2]}-{size[0]}-{scheme}-{lang[:2]}")
    assert found == []
    context.close()


@pytest.mark.parametrize(("size", "scheme", "lang"), [(DESK, "light", "ru-RU"), (PHONE, "dark", "en-GB")])
def test_brand_access_and_a_tenants_page_can_be_used(
    browser: Browser, served: Served, size: tuple[int, int], scheme: str, lang: str
) -> None:
    with db.transaction(None) as session:
        name = {"ru": "Зерно", "en": "Zerno"}
        made = filled(
            "bank", slug="zerno", hosts=["zerno.localhost"], name=name, administrator={"name": "Анна"}
        )
        tenant = open_by(session, made).tenant_id
    with db.transaction(tenant) as session:
        person = session.scalars(select(Staff).where(Staff.login == "administrator")).one()
        keeper = Actor("staff", person.id, EVERYTHING)
        grant(session, keeper, hours=2, reason="A file does not post", role=None)
        secret = sign_in(session, kind="staff", subject_id=person.id)
    context = window(browser, size, scheme, lang)
    cookie = {"name": "staff", "value": secret, "domain": "zerno.localhost", "path": "/desk"}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    signed_in(page, served)
    found = []
    for address in (
        served.at("/desk/branding/", "zerno"),
        served.at("/desk/support/", "zerno"),
        served.at("/desk/tenants/zerno"),
    ):
        page.goto(address)
        found += [(address, one) for one in complaints(page)]
        assert sideways(page) <= 0, address
        shot(page, f"one-{address.rstrip('/').rpartition('/')[2]}-{size[0]}")
    assert found == []
    context.close()
