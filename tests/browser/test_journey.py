"""A member on a phone: signs in, reads why, spends three ways, takes the papers along."""

import io
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Site, opened
from tests.cabinet.world import PHONE

pytestmark = pytest.mark.browser
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")


def shot(page: Page, name: str) -> None:
    """Keep the page to look at, where a folder is named for it: `SCREENSHOTS=screenshots make test`."""
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(exist_ok=True)
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"), full_page=True)


def enter(page: Page, site: Site, slug: str, phone: str = PHONE) -> None:
    """Sign in by the code that the demonstration shows."""
    page.goto(site.at(slug))
    page.locator("#phone").fill(phone)
    page.locator("main button").first.click()
    code = page.locator("#demo-code").inner_text()
    page.locator("#code").fill(code)
    page.locator("main button").first.click()
    expect(page).to_have_url(site.at(slug))


def words(page: Page) -> str:
    """What the page says, with every kind of space made plain."""
    return re.sub(r"\s+", " ", page.locator("body").inner_text())


def download(page: Page, name: str) -> str:
    """The text of the PDF behind the page's link."""
    with page.expect_download() as got:
        page.get_by_role("link", name=name).click()
    text = PdfReader(io.BytesIO(Path(got.value.path()).read_bytes())).pages[0].extract_text()
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_member_reads_why_and_spends_three_ways(browser: Browser, site: Site, script: bool) -> None:
    context = opened(browser, site, "avacha", signed_in=False, script=script)
    page = context.new_page()
    enter(page, site, "avacha")
    shot(page, "journey-home")
    assert "295 искр" in words(page)  # 184 for groceries, 138 for fuel less 27 for its return
    assert "1 000 искр ожидают" in words(page)

    page.get_by_text("«Полюс Электроника»").first.click()
    expect(page.get_by_role("heading", name="Почему")).to_be_visible()
    assert "17 490 × 12 % = 2 098,80" in words(page)
    assert "Предел акции" in words(page)
    shot(page, "journey-why")
    if script:
        page.get_by_role("button", name="Закрыть").click()
    page.goto(site.at("avacha", "/spend"))

    page.locator("input[name=points]").first.fill("120")
    page.locator("section#cashback form button").last.click()
    page.get_by_role("button", name="Получить").click()
    expect(page.get_by_role("heading", name="120 ₽ на вашу карту")).to_be_visible()
    shot(page, "journey-cashback")

    page.goto(site.at("avacha", "/spend"))
    page.get_by_role("link", name="«Полюс» на 500 ₽").click()
    page.get_by_role("button", name="Взять: 150 искр").click()
    expect(page.get_by_role("heading", name="Сертификат ваш")).to_be_visible()
    code = page.locator(".code-box").inner_text()
    assert code.startswith("POLUS-")
    shot(page, "journey-certificate")
    paper = download(page, "Скачать сертификат в PDF")
    for part in ("Авача Банк", "Подарочный сертификат", code, "500,00 ₽", "150 искр"):
        assert part in paper

    page.goto(site.at("avacha", "/spend"))
    form = page.locator("section#giving form")
    form.locator("input[name=points]").fill("20")
    form.get_by_role("button", name="Отдать фонду").click()
    page.get_by_role("button", name="Отдать: 20 искр").click()
    expect(page.get_by_role("heading", name="Спасибо")).to_be_visible()
    shot(page, "journey-gift")
    receipt = download(page, "Скачать квитанцию в PDF")
    for part in ("Квитанция о пожертвовании", "Фонд «Большая семья»", "20,00 ₽", "20 искр"):
        assert part in receipt

    page.goto(site.at("avacha"))
    assert "Доступно сейчас 5 искр" in words(page)
    context.close()


def test_signing_out_ends_the_sign_in_on_the_server(browser: Browser, site: Site) -> None:
    context = opened(browser, site, "wexley")
    page = context.new_page()
    cookies = context.cookies(site.at("wexley"))
    page.goto(site.at("wexley", "/more"))
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(site.at("wexley", "/sign-in"))
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page.goto(site.at("wexley"))
    expect(page).to_have_url(site.at("wexley", "/sign-in"))
    context.close()


def test_a_language_chosen_once_stays(browser: Browser, site: Site) -> None:
    context = opened(browser, site, "avacha")
    page = context.new_page()
    page.goto(site.at("avacha", "/more"))
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("More")
    page.goto(site.at("avacha"))
    assert "Available now 295 sparks" in words(page)
    context.close()
