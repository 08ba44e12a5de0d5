"""Segments, facts, days off and levels in a browser: a segment is put together with and without a script."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.promotions.actions import publish
from coalition.segments import refreshing
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.admin.conftest import assembled
from tests.admin.world import CARD, Bank, signed_in
from tests.browser.conftest import DESK, WAYS
from tests.browser.test_access import complaints
from tests.browser.test_desk import Office, entered, look
from tests.browser.test_desk import office as office
from tests.browser.test_journey import shot, words
from tests.ledger.house import drain
from tests.promotions.test_levels import levels
from tests.transactions.bank import LONG_AGO, promotion

pytestmark = pytest.mark.browser
JOBS = (refreshing,)
PLACES = {
    "list": "segments/", "one": "segments/code/sleeping", "edit": "segments/code/sleeping/edit", "new": "segments/new",
    "upload": "segments/lists/new", "again": "segments/code/vip/list", "retire": "segments/code/sleeping/retire",
    "facts": "facts/", "days": "holidays/", "levels": "tiers/", "test": "promotions/tested",
}  # fmt: skip


@pytest.mark.parametrize("script", [True, False])
def test_a_segment_is_put_together_counted_and_saved(browser: Browser, office: Office, script: bool) -> None:
    context, page = entered(browser, office, "wexley", script=script)
    page.get_by_role("link", name="Segments").click()
    page.get_by_role("link", name="Define a segment").click()
    page.get_by_label("Code", exact=True).fill("big")
    page.get_by_label("Name", exact=True).fill("Big spenders")
    page.get_by_role("button", name="Add the criterion").click()
    page.get_by_label("What counts").select_option("turnover")
    page.get_by_label("At least").fill("much")
    page.get_by_role("button", name="Save the segment").click()
    expect(page.get_by_role("alert")).to_contain_text("Criterion 1: A number is expected")
    page.get_by_label("At least").fill("1,000")
    page.get_by_label("What it looks at").select_option("balance")
    page.get_by_role("button", name="Add the criterion").click()
    expect(page.get_by_role("heading", name="2. Balance of points")).to_be_visible()
    page.get_by_role("button", name="Remove").nth(1).click()
    expect(page.get_by_role("heading", name="2. Balance of points")).not_to_be_visible()
    page.get_by_role("button", name="Count without saving").last.click()
    assert "Counted exactly, among 1 member of the programme" in words(page)
    page.get_by_role("button", name="Save the segment").click()
    assert "sum of purchases: £1,000 or more" in words(page)
    drain(office.banks["wexley"].tenant)
    page.reload()
    assert "By criteria" in words(page)
    context.close()


def furnish(bank: Bank) -> None:
    """A segment, a list, levels, and a promotion with a test that enough members are in."""
    with db.transaction(bank.tenant) as session:
        programme = bank.world.programme.id
        for number in range(90):
            person = Person(f"Member {number}", f"+7914555{number:04}")
            enrol(session, SYSTEM, programme_id=programme, person=person, cards=[f"card-{number}"])
        document = promotion({"kind": "percent", "rate": "3"}, test={"name": "autumn", "control_percent": 50})
        document["title"] = {"ru": "Осень", "en": "Autumn"}
        publish(session, SYSTEM, programme_id=programme, code="tested", document=document, starts_at=LONG_AGO)


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_passes(browser: Browser, office: Office, slug: str) -> None:
    bank = office.banks[slug]
    furnish(bank)
    wrong: dict[str, Any] = {}
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))
        if size == DESK:
            _made(page, office, slug)
            drain(bank.tenant)
        for name, place in PLACES.items():
            page.goto(office.at(slug, f"/desk/{place}"))
            look(page, f"segments-{slug}-{scheme}-{size[0]}-{name}", wrong)
        context.close()
    assert wrong == {}


def _made(page: Any, office: Office, slug: str) -> None:
    """A segment of two criteria, a list with a row that means nobody, days off, levels."""
    page.goto(office.at(slug, "/desk/segments/new"))
    for kind in ("purchases", "rfm"):
        page.locator("#f-new_kind").select_option(kind)
        page.locator("button[value=add]").click()
    page.locator("#f-code").fill("sleeping")
    page.locator("#f-title").fill("Спящие" if slug == "avacha" else "Sleeping")
    page.locator("[name='0.at_most']").fill("3")
    page.locator("[name='0.window_days']").fill("30")
    page.locator("[name='1.fifths'][value='1']").check()
    page.locator("[name=p1]").select_option("none_of")
    page.locator("button[value=preview]").last.click()
    shot(page, f"segments-{slug}-counted")
    page.locator("button[value=save]").click()
    page.goto(office.at(slug, "/desk/segments/lists/new"))
    page.locator("#code").fill("vip")
    page.locator("#title").fill("VIP")
    rows = f"handle\n{CARD}\nnobody\n".encode()
    page.locator("#file").set_input_files({"name": "vip.csv", "mimeType": "text/csv", "buffer": rows})
    page.locator("main form button").click()
    shot(page, f"segments-{slug}-brought")
    page.goto(office.at(slug, "/desk/holidays/"))
    page.locator("#first").fill(f"{clock.now().year}-12-31")
    page.locator("#last").fill(f"{clock.now().year + 1}-01-08")
    page.locator("button[value=add]").click()
    page.goto(office.at(slug, "/desk/tiers/"))
    for number, level in enumerate(levels("1000")["levels"]):
        for field, text in level.items():
            page.locator(f"#{field}-{number}").fill(text)
    page.locator("button[value=save]").click()
    shot(page, f"levels-{slug}-asked")
    assert complaints(page) == []
    page.locator("button[value=change]").click()
    expect(page.get_by_role("status")).to_be_visible()
    _signed(page, office, slug)


def _signed(page: Any, office: Office, slug: str) -> None:
    """Another person signs all that was asked for; the window stays the first one's."""
    secret = signed_in(assembled(guarded=True), office.banks[slug].tenant, login="ivan").get_cookie(
        "staff", domain="test.localhost", path="/desk"
    )
    window = page.context.browser.new_context()
    window.add_cookies([{"name": "staff", "value": secret.value, "url": office.at(slug, "/desk")}])
    other = window.new_page()
    other.goto(office.at(slug, "/desk/approvals/"))
    while other.locator("main td a").count():
        other.locator("main td a").first.click()
        other.locator("form[action$=sign] button").click()
        expect(other.get_by_role("status")).to_be_visible()
    window.close()
