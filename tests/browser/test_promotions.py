"""A promotion is written, replayed, signed by a colleague and published; the member sees it and its reason."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from coalition.backtests import jobs
from tenants.runtime import clock
from tests.admin.conftest import assembled
from tests.admin.world import CARD, PASSWORD, Bank, content, signed_in
from tests.browser.conftest import DESK, WAYS
from tests.browser.test_desk import Office, cabinet, entered, look
from tests.browser.test_desk import office as office
from tests.browser.test_journey import shot, words
from tests.ledger.house import House, drain
from tests.transactions.bank import line, load_bytes

pytestmark = pytest.mark.browser
JOBS = (jobs,)
PLACES = {"all": "", "none": "?q=nothing+like+it", "goods": "goods-set", "hours": "happy-hours"}
TERMS = """{
  "conditions": {"mcc": ["5411"], "amount_from": "500"},
  "mechanic": {"kind": "percent", "rate": "7"},
  "limits": {"per_purchase": "300", "budget": "200"},
  "funding": [{"participant": "bank", "share": 100}]
}"""


def written(page: Page, office: Office, slug: str) -> None:
    """A draft by the form of the editor."""
    page.goto(office.at(slug, "/desk/promotions/drafts/new?as=document"))
    page.locator("#code").fill("supper")
    page.locator("#title_ru").fill("Ужин дома")
    page.locator("#title_en").fill("Supper at home")
    page.locator("#starts_at").fill(f"{clock.now() - timedelta(days=3):%Y-%m-%d}T00:00")
    page.locator("#document").fill(TERMS)
    page.locator("main form button").first.click()
    expect(page).to_have_url(office.at(slug, "/desk/promotions/supper"))


def from_template(page: Page, office: Office) -> None:
    """A draft by a template that is found by its words, seen in words before it is made."""
    page.goto(office.at("wexley", "/desk/promotions/"))
    page.get_by_role("link", name="Begin a promotion").click()
    page.get_by_label("Find a template").fill("cashback category")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Cashback in a category").click()
    page.get_by_label("Points, % of the sum").fill("seven")
    page.get_by_role("button", name="Show what it will do").click()
    expect(page.get_by_role("alert")).to_contain_text("A number is expected")
    page.get_by_label("Points, % of the sum").fill("7")
    page.get_by_label("Purchase categories (MCC)").fill("5411")
    page.get_by_label("At most points a month").fill("300")
    page.get_by_label("Title for members in Russian").fill("Ужин дома")
    page.get_by_label("Title for members in English").fill("Supper at home")
    page.get_by_label("Starts").fill(f"{clock.now() - timedelta(days=3):%Y-%m-%d}T00:00")
    page.get_by_label("Code", exact=True).fill("supper")
    page.get_by_role("button", name="Show what it will do").click()
    expect(page.get_by_role("region", name="What it will do")).to_contain_text("7% of the amount")
    page.get_by_role("button", name="Begin the draft").click()
    expect(page.get_by_role("heading", name="Edit the draft")).to_be_visible()
    page.get_by_role("button", name="Save the draft").click()
    expect(page).to_have_url(office.at("wexley", "/desk/promotions/supper"))


def colleague(browser: Browser, office: Office) -> tuple[BrowserContext, Page]:
    """The window of another person of the staff."""
    signed_in(assembled(guarded=True), office.banks["wexley"].tenant, login="paul")
    context = browser.new_context(
        viewport={"width": DESK[0], "height": DESK[1]}, locale="en-GB", java_script_enabled=True
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(office.at("wexley", "/desk"))
    page.locator("#login").fill("paul")
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action$='/sign-in'] button").click()
    return context, page


def sign_and_publish(theirs: Page) -> None:
    """The colleague, on the promotion's page, signs its checked draft and makes it live."""
    theirs.get_by_role("button", name="Sign the draft").click()
    theirs.get_by_role("link", name="Publish").click()
    theirs.get_by_role("button", name="Publish the version").click()
    expect(theirs.get_by_role("status")).to_contain_text("The draft is the newest version now")


def test_a_promotion_goes_from_its_writer_to_the_member(browser: Browser, office: Office) -> None:
    bank = office.banks["wexley"]
    context, page = entered(browser, office, "wexley")
    from_template(page, office)
    page.get_by_role("button", name="Replay the purchases").click()
    expect(page.get_by_text("Purchases are replayed: 0 of 1 parts")).to_be_visible()
    drain(bank.tenant)
    expect(page.get_by_role("img", name="Points by week, 1 week")).to_be_visible()  # without a press
    assert "+300 points" in words(page)
    page.get_by_role("button", name="Check and send to be signed").click()
    expect(page.get_by_role("status")).to_contain_text("Another person signs it now")

    other, theirs = colleague(browser, office)
    theirs.goto(office.at("wexley", "/desk/promotions/supper"))
    expect(theirs.get_by_role("img", name="Points by week, 1 week")).to_be_visible()
    sign_and_publish(theirs)
    other.close()
    context.close()

    _posted(bank)
    phone, member = cabinet(browser, office, "wexley")
    member.goto(office.at("wexley", "/offers"))
    assert "Supper at home" in words(member)
    shot(member, "promotion-offers")
    member.goto(office.at("wexley", "/history"))
    member.get_by_text("Hearth Bakers").first.click()
    expect(member.get_by_role("heading", name="Why")).to_be_visible()
    assert "Supper at home" in words(member)
    shot(member, "promotion-why")
    phone.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_the_pages_of_a_backtest_pass(browser: Browser, office: Office, slug: str) -> None:
    wrong: dict[str, Any] = {}
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        if size == DESK:
            written(page, office, slug)
            page.locator("#backtest form button").click()
            look(page, f"backtest-{slug}-waits", wrong)
            drain(office.banks[slug].tenant)
        page.goto(office.at(slug, "/desk/promotions/supper"))
        for details in page.locator("#backtest summary").all():
            details.click()
        look(page, f"backtest-{slug}-{scheme}-{size[0]}", wrong)
        page.locator("#backtest a[href*='/forecasts/']").click()
        for name, typed in (("low", "2"), ("expected", "5"), ("high", "10"), ("margin", "0")):
            page.locator(f"#{name}").fill(typed)
        page.locator("#assumed-effect button").click()
        expect(page.get_by_role("alert")).to_be_focused()
        look(page, f"forecast-wrong-{slug}-{scheme}-{size[0]}", wrong)
        page.locator("#margin").fill("20")
        page.locator("#assumed-effect button").click()
        expect(page.locator("#assumed-effect svg.chart")).to_be_visible()
        look(page, f"forecast-{slug}-{scheme}-{size[0]}", wrong)
        context.close()
    assert wrong == {}


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_the_pages_of_templates_pass(browser: Browser, office: Office, slug: str) -> None:
    wrong: dict[str, Any] = {}
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        for name, place in (
            ("all", ""),
            ("none", "?q=nothing+like+it"),
            ("goods", "goods-set"),
            ("hours", "happy-hours"),
        ):
            page.goto(office.at(slug, f"/desk/templates/{place}"))
            look(page, f"templates-{name}-{slug}-{scheme}-{size[0]}", wrong)
        page.locator("main form button").first.click()
        expect(page.locator("#words")).to_be_visible()
        look(page, f"templates-shown-{slug}-{scheme}-{size[0]}", wrong)
        page.locator("#hours").fill("25")
        page.locator("main form button").first.click()
        expect(page.get_by_role("alert")).to_be_visible()
        look(page, f"templates-wrong-{slug}-{scheme}-{size[0]}", wrong)
        context.close()
    assert wrong == {}


def _posted(bank: Bank) -> None:
    """A file with a purchase of yesterday."""
    at = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
    row = line(CARD, at, 4000, merchant="Hearth Bakers", mcc="5411", reference="supper")
    load_bytes(House(bank.tenant, bank.world.programme.id, (1, 1)), content(row))
