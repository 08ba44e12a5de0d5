"""Lists, files of them and saved filters in a browser: narrowed, saved, had and removed, with and without a script."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from coalition.reports.exports import jobs
from coalition.transactions.models import InboundFile
from tenants.runtime import db
from tests.admin.world import CARD, content
from tests.browser.conftest import DESK, NARROW, PHONE, WAYS
from tests.browser.test_access import sideways
from tests.browser.test_desk import Office, entered, look
from tests.browser.test_desk import office as office
from tests.browser.test_journey import words
from tests.ledger.house import House, drain
from tests.transactions.bank import line, load_bytes

pytestmark = pytest.mark.browser
JOBS = (jobs,)
PLACES = {
    "members": "lists/all_members/", "purchases": "lists/purchases/?show=file&since=2020-01-01",
    "redemptions": "lists/redemptions/", "cards": "lists/cards/?show=blocked", "messages": "lists/messages/",
    "returns": "returns/", "rejected": "files/1/rejected", "unmatched": "files/1/unmatched", "exports": "exports/",
    "filters": "filters/", "segments": "segments/",
}  # fmt: skip


def filled(office: Office, slug: str) -> None:
    """A file with lines that were rejected and those of nobody's cards, and a shop of a long name."""
    bank = office.banks[slug]
    long = "Very Long Name Without An End " + "x" * 200
    right = [line(CARD, "2026-11-20", 100 + n, reference=f"b{n}", merchant=long) for n in range(30)]
    wrong = [line("nobody", "2026-11-20", 7), line(CARD, "2026-11-20", "x")]
    with db.transaction(bank.tenant) as session:
        assert session.query(InboundFile).filter(InboundFile.tenant_id == bank.tenant).count() == 0
    load_bytes(House(bank.tenant, bank.world.programme.id, (1, 1)), content(*right, *wrong))


@pytest.mark.parametrize("script", [True, False])
def test_a_list_is_narrowed_saved_and_made_a_file(browser: Browser, office: Office, script: bool) -> None:
    filled(office, "wexley")
    context, page = entered(browser, office, "wexley", script=script)
    page.get_by_role("link", name="Purchases").click()
    page.get_by_role("link", name="From bank files").click()
    page.get_by_label("From the day").fill("2026-11-20")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Older").click()
    page.get_by_role("link", name="Newer").click()
    page.get_by_label("Save these conditions as").fill("November")
    page.get_by_role("button", name="Save the filter").click()
    expect(page.get_by_role("link", name="November")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Make an XLSX").click()
    assert "Purchases · XLSX" in words(page)
    drain(office.banks["wexley"].tenant)
    page.reload()
    with page.expect_download() as had:
        page.get_by_role("link", name="Download the file").click()
    assert had.value.suggested_filename.endswith(".xlsx")
    page.get_by_role("link", name="Remove").click()
    assert "Remove the file of “Purchases”?" in words(page)
    page.get_by_role("button", name="Remove the file").click()
    assert "No file was asked for yet" in words(page)
    page.get_by_role("link", name="Saved filters").click()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove the filter").click()
    assert "You keep no filter yet" in words(page)
    context.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_list_passes(browser: Browser, office: Office, slug: str) -> None:
    wrong: dict[str, Any] = {}
    filled(office, slug)
    save, make = ("Save the filter", "Make a CSV") if slug == "wexley" else ("Сохранить отбор", "Сделать CSV")
    for size, scheme in (*WAYS[slug], (NARROW, "light")):
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        if size == DESK:
            page.goto(office.at(slug, "/desk/lists/purchases/?show=file&since=2020-01-01"))
            page.locator("#filter-name").fill("<b>" + "Ш" * 56)
            page.get_by_role("button", name=save).click()
            page.get_by_role("button", name=make).click()
        for name, place in PLACES.items():
            page.goto(office.at(slug, f"/desk/{place}"))
            if size == NARROW:
                if sideways(page) > 0:
                    wrong[f"{name} sideways"] = sideways(page)
            else:
                look(page, f"lists-{slug}-{scheme}-{size[0]}-{name}", wrong)
        context.close()
    assert wrong == {}


def test_the_lists_of_the_menu_fit_a_phone_in_russian(browser: Browser, office: Office) -> None:
    filled(office, "avacha")
    context, page = entered(browser, office, "avacha", PHONE)
    cut: dict[str, int] = {}
    for place in (
        "audit/",
        "jobs/",
        "lists/purchases/",
        "lists/redemptions/",
        "people/",
        "rewards/",
        "roles/",
    ):
        page.goto(office.at("avacha", f"/desk/{place}"))
        over = page.locator("main .scroller").evaluate_all(
            "all => all.map(e => e.scrollWidth - e.clientWidth)"
        )
        if any(by > 1 for by in over):
            cut[place] = max(over)
    context.close()
    assert cut == {}
