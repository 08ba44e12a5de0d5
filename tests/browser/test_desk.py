"""The desk in a browser: a file is brought and followed to its end, payouts are made; every page can be used."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from tenants.actions import open_tenant
from tenants.auth.sign_ins import sign_in
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.admin.conftest import assembled
from tests.admin.test_returns import queued
from tests.admin.world import CARD, PASSWORD, Bank, content, furnished, one_line, signed_in, spend
from tests.browser.conftest import DESK, PHONE, WAYS
from tests.browser.test_access import complaints, sideways
from tests.browser.test_journey import shot, words
from tests.ledger.house import House, drain
from tests.transactions.bank import line, load_bytes

pytestmark = pytest.mark.browser
PLACES = [
    "/desk/",
    "/desk/files/",
    "/desk/files/new",
    "/desk/files/1",
    "/desk/files/3",
    "/desk/payouts/",
    "/desk/payouts/new?payee=cashback",
    "/desk/payouts/1",
    "/desk/payouts/1/paid",
    "/desk/promotions/",
    "/desk/promotions/fuel",
    "/desk/promotions/fuel/pause",
    "/desk/promotions/drafts/new?of=fuel",
    "/desk/categories/",
    "/desk/categories/new",
    "/desk/returns/",
    "/desk/people/",
    "/desk/people/new",
    "/desk/roles/",
    "/desk/roles/new?of=agent",
    "/desk/roles/auditor",
    "/desk/profile/",
    "/desk/audit/",
    "/desk/audit/1",
    "/desk/nowhere",
]


@dataclass
class Office:
    """Where the banks' desks are served."""

    port: int
    banks: dict[str, Bank]

    def at(self, slug: str, path: str) -> str:
        """An address of a bank."""
        return f"http://{slug}.localhost:{self.port}{path}"


@pytest.fixture
def office(live_database: Settings) -> Iterator[Office]:
    """Avacha (Russian) and Wexley (English), each with a file posted, one on its way, and money owed."""
    app = assembled(guarded=True)
    banks = {}
    for slug in ("avacha", "wexley"):
        with db.transaction(None) as session:
            tenant = open_tenant(session, slug=slug, hosts=[f"{slug}.localhost"]).id
        banks[slug] = furnished(tenant, slug)
        signed_in(app, tenant)  # makes dora
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Office(server.server_port, banks)
    server.shutdown()
    thread.join()
    server.server_close()


def entered(
    browser: Browser,
    office: Office,
    slug: str,
    size: tuple[int, int] = DESK,
    *,
    script: bool = True,
    **more: Any,
) -> tuple[BrowserContext, Page]:
    """A window in which Dora has signed in by login and password."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale={"avacha": "ru-RU", "wexley": "en-GB"}[slug],
        java_script_enabled=script,
        **more,
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(office.at(slug, "/desk"))
    page.locator("#login").fill("dora")
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action$='/sign-in'] button").click()
    expect(page).to_have_url(office.at(slug, "/desk/"))
    return context, page


def cabinet(
    browser: Browser,
    office: Office,
    slug: str,
    size: tuple[int, int] = PHONE,
    *,
    member_id: UUID | None = None,
    **more: Any,
) -> tuple[BrowserContext, Page]:
    """A window in which the bank's member, or another one, has signed in."""
    bank = office.banks[slug]
    with db.transaction(bank.tenant) as session:
        secret = sign_in(session, kind="member", subject_id=member_id or bank.world.member_id)
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale={"avacha": "ru-RU", "wexley": "en-GB"}[slug],
        **more,
    )
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "member", "value": secret, "url": office.at(slug, "/")}])
    return context, context.new_page()


def look(page: Page, name: str, wrong: dict[str, Any]) -> None:
    """Keep the page to look at, and note what axe has against it and whether it scrolls sideways."""
    page.wait_for_load_state()
    page.evaluate("document.fonts.ready")
    shot(page, name)
    if found := complaints(page):
        wrong[name] = found
    if sideways(page) > 0:
        wrong[f"{name} sideways"] = sideways(page)


@pytest.mark.parametrize("script", [True, False])
def test_a_file_is_brought_and_followed_to_its_end(
    browser: Browser, office: Office, tmp_path: Path, script: bool
) -> None:
    context, page = entered(browser, office, "wexley", script=script)
    page.get_by_role("link", name="Upload a file").click()
    file = tmp_path / "november.csv"
    file.write_bytes(one_line())
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Upload the file").click()
    expect(page.get_by_text("0 of 1 lines")).to_be_visible()
    assert "The page can be closed" in words(page)
    drain(office.banks["wexley"].tenant)
    if not script:
        page.get_by_role("link", name="Show how far it is now").click()
    result = page.get_by_role("link", name="Download the result")
    expect(result).to_be_visible()  # without a press, when there is a script
    assert "1 = 1 posted + 0 known already + 0 of nobody's cards + 0 rejected" in words(page)
    with page.expect_download() as kept:
        result.click()
    assert kept.value.suggested_filename == "november.csv.result.csv"
    assert Path(kept.value.path()).read_text().splitlines()[1] == "1,1,0,0,0,40"
    context.close()


def test_payouts_are_made_returned_and_paid(browser: Browser, office: Office) -> None:
    for points in (100, 150):
        spend(office.banks["avacha"], "cashback", points=points)
    context, page = entered(browser, office, "avacha")
    page.get_by_role("link", name="К выплатам").click()
    page.get_by_role("link", name="Составить реестр").click()
    page.get_by_role("button", name="Составить реестр").click()
    expect(page.get_by_role("status")).to_contain_text("Реестр 1 составлен")
    page.get_by_role("link", name="Отметить, что не прошла").first.click()
    page.get_by_role("button", name="Вернуть: 150 искр").click()
    expect(page.get_by_role("status")).to_contain_text("участнику вернулось 150 искр")
    page.get_by_role("link", name="Отметить оплаченным").click()
    page.get_by_role("button", name="Отметить оплаченным").click()
    expect(page.get_by_role("status")).to_contain_text("1 выплата отмечена оплаченной")
    context.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_of_the_desk_passes(browser: Browser, office: Office, slug: str) -> None:
    bank = office.banks[slug]
    load_bytes(
        House(bank.tenant, bank.world.programme.id, (1, 1)),
        content(*(line(CARD, "2026-11-20", amount) for amount in ("5", "much", "7"))),
    )
    spend(bank, "cashback", points=100)
    places = [*PLACES, queued(bank)]
    wrong: dict[str, Any] = {}
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))
        if size == DESK:
            _second_file_and_register(page, office, slug)
        for place in places:
            page.goto(office.at(slug, place))
            told = place.split("?")[0] if place in PLACES else "/desk/return"
            name = f"desk-{slug}-{scheme}-{size[0]}{told.removeprefix('/desk').replace('/', '-')}"
            look(page, name, wrong)
        context.close()
    assert wrong == {}


def _second_file_and_register(page: Page, office: Office, slug: str) -> None:
    """A file that nobody posts yet, a register, and one more payout that waits."""
    page.goto(office.at(slug, "/desk/files/new"))
    page.locator("#file").set_input_files({"name": "waits.csv", "mimeType": "text/csv", "buffer": one_line()})
    page.locator("main form button").first.click()
    page.goto(office.at(slug, "/desk/payouts/new?payee=cashback"))
    page.locator("main form button").first.click()
    spend(office.banks[slug], "cashback", points=100)
