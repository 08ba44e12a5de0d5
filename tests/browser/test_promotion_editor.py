"""The editor of a draft in a browser: a marketer makes a draft of a template and changes it by its fields."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from coalition.partners.actions import admit_participant
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.browser.conftest import WAYS
from tests.browser.test_desk import Office, entered, look
from tests.browser.test_desk import office as office
from tests.browser.test_journey import words

pytestmark = pytest.mark.browser


def begun(page: Page, office: Office, slug: str, template: str = "retail-percent") -> None:
    """A draft of a template as it is; its form is open then."""
    page.goto(office.at(slug, f"/desk/templates/{template}"))
    page.locator("button[value=begin]").click()
    expect(page.locator("#terms")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_marketer_changes_a_draft_by_its_fields(browser: Browser, office: Office, script: bool) -> None:
    context, page = entered(browser, office, "wexley", script=script)
    begun(page, office, "wexley")
    with db.transaction(office.banks["wexley"].tenant) as session:
        admit_participant(session, SYSTEM, code="shop", name={"ru": "Лавка", "en": "The Shop"})
    told = page.get_by_role("region", name="The terms in words")
    expect(told).to_contain_text("5% of the amount")

    page.get_by_label("Rate, %").fill("7.5")
    page.get_by_label("Budget, ").fill("65,000")
    page.get_by_label("Budget, ").press("Enter" if not script else "Tab")  # with a script no press is needed
    expect(told).to_contain_text("7.5% of the amount")
    expect(told).to_contain_text("65,000")

    page.get_by_label("What to add").first.select_option("hours")
    page.get_by_role("button", name="Add: Further conditions").click()
    condition = page.get_by_role("group", name="Weekdays and hours")
    condition.get_by_label("Mon", exact=True).first.uncheck()
    condition.get_by_role("button", name="Add: Hours").click()
    condition.get_by_label("From", exact=True).fill("10:00")
    condition.get_by_label("Until", exact=True).fill("13:00")

    page.get_by_label("Share, %").fill("60")
    page.get_by_role("button", name="Save the draft").click()
    payers = page.get_by_role("group", name="Who pays", exact=True)
    expect(payers).to_contain_text("The payers' shares must make 100")
    assert "Saved, and not fit to be signed yet" in words(page)
    page.get_by_role("button", name="Add: Who pays").click()
    payers.get_by_label("Payer").nth(1).select_option("shop")
    payers.get_by_label("Share, %").nth(1).fill("40")
    page.get_by_role("button", name="Save the draft").click()
    expect(page).to_have_url(office.at("wexley", "/desk/promotions/retail-percent"))
    for said in ("7.5% of the amount", "10:00", "65,000", "60%", "40%", "Nothing is wrong with the terms"):
        assert said in words(page), said
    context.close()


def test_a_choice_of_another_mechanic_brings_its_fields_at_once(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "wexley")
    begun(page, office, "wexley")
    page.get_by_label("How much").select_option("bands")
    expect(page.get_by_role("group", name="Steps by the sum", exact=True)).to_be_visible()
    page.get_by_role("button", name="Show as a document").click()
    assert ('"bands"' in page.locator("#document").input_value()) is True
    context.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_the_editor_passes(browser: Browser, office: Office, slug: str) -> None:
    wrong: dict[str, Any] = {}
    for number, (size, scheme) in enumerate(WAYS[slug]):
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))
        if number == 0:
            begun(page, office, slug)
            begun(page, office, slug, "happy-hours")
        page.goto(office.at(slug, "/desk/promotions/happy-hours"))
        page.locator("a[href*='/drafts/']").first.click()
        look(page, f"editor-{slug}-{scheme}-{size[0]}", wrong)
        for part in ("lane", "activation", "valid", "base"):
            page.locator(f"#d-{part}-add").click()
            expect(page.locator(f"#d-{part}-remove")).to_be_visible()
        page.locator("#d-base-payments-add").click()
        expect(page.locator("#d-base-payments-0-key")).to_be_visible()
        page.locator("button[value=show]").last.click()
        expect(page.locator("#d-lane-name-wrong")).to_be_visible()
        look(page, f"editor-wrong-{slug}-{scheme}-{size[0]}", wrong)
        page.locator("button[value=document]").click()
        expect(page.locator("#document")).to_be_visible()
        look(page, f"editor-document-{slug}-{scheme}-{size[0]}", wrong)
        context.close()
    assert wrong == {}
