"""The past of a promotion is corrected in a browser: asked for, looked at, signed by a colleague, read by members."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from coalition.transactions.corrections import jobs
from coalition.transactions.corrections.actions import approve_correction
from coalition.transactions.corrections.queries import correction_by_id
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.browser.conftest import DESK, PHONE, WAYS
from tests.browser.test_desk import Office, cabinet, entered, look
from tests.browser.test_desk import office as office
from tests.browser.test_journey import shot, words
from tests.browser.test_promotions import colleague
from tests.ledger.house import drain

pytestmark = pytest.mark.browser
JOBS = (jobs,)
PAGE = "/desk/corrections/1"


def asked_for(page: Page, office: Office, slug: str) -> None:
    """From the promotion's page to the preview: it was for the wrong category."""
    page.goto(office.at(slug, "/desk/promotions/fuel"))
    page.locator("a[href$='/corrections/new/fuel']").click()
    zone = office.banks[slug].world.programme.zone
    for name, ago in (("first_day", 20), ("last_day", 2)):
        day = clock.business_day(zone, clock.now() - timedelta(days=ago))
        page.locator(f"#{name}").fill(day.isoformat())
    page.locator("[name='d.conditions.mcc']").fill("5732")
    page.locator("button[value=save]").click()
    expect(page).to_have_url(office.at(slug, PAGE))


def test_a_correction_goes_from_who_asks_for_it_to_the_member(browser: Browser, office: Office) -> None:
    bank = office.banks["wexley"]
    context, page = entered(browser, office, "wexley")
    asked_for(page, office, "wexley")
    expect(page.get_by_text("The correction is being worked out: 0 of 1 parts")).to_be_visible()
    drain(bank.tenant)
    expect(
        page.get_by_role("img", name="Points by day: given 300 points, taken back 111 points")
    ).to_be_visible()
    assert "+189 points" in words(page)
    page.get_by_role("button", name="Send to be signed").click()
    expect(page.get_by_text("Sent to be signed: another person finds it")).to_be_visible()

    other, theirs = colleague(browser, office)
    theirs.goto(office.at("wexley", PAGE))
    theirs.get_by_role("link", name="Sign and post it…").click()
    assert "+189 points" in words(theirs)
    theirs.get_by_role("button", name="Sign and post it").click()
    expect(theirs.get_by_text("The correction is being posted: 0 of 1 parts")).to_be_visible()
    drain(bank.tenant)
    expect(theirs.get_by_role("heading", name="What has changed")).to_be_visible()  # without a press
    other.close()
    context.close()

    phone, member = cabinet(browser, office, "wexley")
    member.goto(office.at("wexley", "/history"))
    assert "Corrected: Fuel" in words(member)
    expect(member.get_by_text("; corrected by ").first).to_be_visible()
    shot(member, "correction-history")
    member.get_by_text("Torr Fuels").last.click()
    expect(member.get_by_role("heading", name="Why")).to_be_visible()
    assert "had been given by mistake" in words(member)
    shot(member, "correction-why")
    phone.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_the_pages_of_a_correction_pass(browser: Browser, office: Office, slug: str) -> None:
    wrong: dict[str, Any] = {}
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        if size == DESK:
            asked_for(page, office, slug)
            look(page, f"correction-{slug}-waits", wrong)
            drain(office.banks[slug].tenant)
            page.goto(office.at(slug, PAGE))
            look(page, f"correction-{slug}-unsent", wrong)
            page.locator("form[action$='/send'] button").click()
        page.goto(office.at(slug, "/desk/corrections/new/fuel"))
        look(page, f"correction-{slug}-{scheme}-{size[0]}-new", wrong)
        page.goto(office.at(slug, PAGE))
        page.locator("#correction summary").click()
        look(page, f"correction-{slug}-{scheme}-{size[0]}", wrong)
        with db.transaction(office.banks[slug].tenant) as session:
            correction_by_id(session, 1).correction.author_id = None  # the house's own: Dora signs it
        for name, path in (("sign", f"{PAGE}/approve"), ("home", "/desk/")):
            page.goto(office.at(slug, path))
            look(page, f"correction-{slug}-{scheme}-{size[0]}-{name}", wrong)
        context.close()
    with db.transaction(office.banks[slug].tenant) as session:
        approve_correction(session, SYSTEM, correction_id=1)
    drain(office.banks[slug].tenant)
    for size in (DESK, PHONE):
        context, page = entered(browser, office, slug, size)
        page.goto(office.at(slug, PAGE))
        look(page, f"correction-{slug}-{size[0]}-done", wrong)
        page.goto(office.at(slug, "/desk/promotions/fuel"))
        look(page, f"correction-{slug}-{size[0]}-promotion", wrong)
        context.close()
    assert wrong == {}
