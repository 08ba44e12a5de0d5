"""Signatures in a browser: one person asks, another one looks and signs; with and without a script."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from coalition.promotions.queries import newest_days
from tenants.runtime import clock, db
from tests.admin.conftest import assembled
from tests.admin.world import PASSWORD, signed_in
from tests.browser.conftest import WAYS
from tests.browser.test_desk import Office, entered, look
from tests.browser.test_desk import office as office
from tests.browser.test_journey import words
from tests.promotions.test_levels import levels

pytestmark = pytest.mark.browser


def as_signer(page: Page, office: Office, slug: str) -> None:
    """Sign in as another person, in a browser where somebody else was."""
    page.context.clear_cookies()
    page.goto(office.at(slug, "/desk"))
    page.locator("#login").fill("ivan")
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action$='/sign-in'] button").click()
    expect(page).to_have_url(office.at(slug, "/desk/"))


def hire(office: Office, slug: str) -> None:
    signed_in(assembled(guarded=True), office.banks[slug].tenant, login="ivan", name="Ivan Roe")


def ask_for_days(page: Page, office: Office, slug: str) -> None:
    page.goto(office.at(slug, "/desk/holidays/"))
    page.locator("#first").fill(f"{clock.now().year + 1}-01-01")
    page.locator("button[value=add]").click()


@pytest.mark.parametrize("script", [True, False])
def test_one_person_asks_and_another_one_signs(browser: Browser, office: Office, script: bool) -> None:
    hire(office, "wexley")
    context, page = entered(browser, office, "wexley", script=script)
    ask_for_days(page, office, "wexley")
    expect(page.get_by_role("status")).to_contain_text("another person signs it within 72 hours")
    expect(page.get_by_role("button", name="Sign and change it")).to_have_count(0)
    as_signer(page, office, "wexley")
    page.get_by_role("link", name="Signatures 1 to sign").click()
    page.locator("main").get_by_role("link", name="Days off").click()
    assert "working day → day off" in words(page)
    page.get_by_role("button", name="Sign and change it").click()
    expect(page.get_by_role("status")).to_contain_text("Signed. The change is made")
    with db.transaction(office.banks["wexley"].tenant) as session:
        assert [day.month for day in newest_days(session)] == [1]
    context.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_passes(browser: Browser, office: Office, slug: str) -> None:
    hire(office, slug)
    wrong: dict[str, Any] = {}
    for place, (size, scheme) in enumerate(WAYS[slug]):
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        name = f"approvals-{slug}-{scheme}-{size[0]}"
        if not place:
            page.goto(office.at(slug, "/desk/tiers/"))
            for number, level in enumerate(levels("1000")["levels"]):
                for field, text in level.items():
                    page.locator(f"#{field}-{number}").fill(text)
            page.locator("button[value=save]").click()
            page.locator("button[value=change]").click()
            ask_for_days(page, office, slug)
        look(page, f"{name}-asked", wrong)
        page.goto(office.at(slug, "/desk/approvals/"))
        look(page, f"{name}-own", wrong)
        as_signer(page, office, slug)
        page.goto(office.at(slug, "/desk/approvals/"))
        look(page, f"{name}-list", wrong)
        page.locator("main td a").first.click()
        look(page, f"{name}-one", wrong)
        if place:
            page.locator("#reason").fill("Не согласовано с банком" if slug == "avacha" else "Not agreed")
            page.locator("form[action$=refuse] button").click()
            look(page, f"{name}-refused", wrong)
        context.close()
    assert wrong == {}
