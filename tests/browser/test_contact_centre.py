"""A voice on the line: “where are my points?”, answered by the keyboard alone; and every page can be used."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from coalition.cards.actions import issue_card
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.browser.conftest import DESK, PHONE, WAYS
from tests.browser.test_desk import Office, entered, look, office
from tests.browser.test_journey import words
from tests.cabinet.world import PHONE as HER_PHONE

pytestmark = pytest.mark.browser
WIDE, MIDDLE = (1440, 900), (1200, 900)

assert office  # a fixture


def test_where_are_my_points_is_answered_by_keys_alone(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "avacha", WIDE)
    page.goto(office.at("avacha", "/desk/members/"))
    page.keyboard.type("8 914 000-01-47")  # the field has the focus
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("И••• К•••")
    expect(page.get_by_role("heading", name="Почему 184 искры")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("KeyJ")
    expect(page.locator(".event:focus")).to_contain_text("Полюс Электроника")
    page.keyboard.press("KeyK")
    page.keyboard.press("KeyJ")
    page.keyboard.press("Enter")
    said = page.locator(".say blockquote")
    expect(said).to_contain_text("акция даёт не больше 1")
    expect(page.locator("#explanation")).to_be_focused()
    expect(page.locator(".event[aria-current]")).to_contain_text("Полюс Электроника")
    page.keyboard.press("KeyP")
    expect(page.locator("#reveal")).to_have_attribute("open", "")
    expect(page.locator("#what")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-revealed]")).to_contain_text(HER_PHONE)
    page.keyboard.press("KeyA")
    expect(page.get_by_role("heading", name="Начислить баллы")).to_be_visible()
    context.close()


def test_a_form_that_a_key_opens_has_the_focus_in_its_first_field(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "avacha", WIDE)
    address = office.at("avacha", f"/desk/members/{office.banks['avacha'].world.member_id}")
    for key, field in (("KeyM", "#day"), ("KeyA", "#points"), ("KeyN", "#text"), ("KeyC", "#kind")):
        page.goto(address)
        page.keyboard.press(key)
        expect(page.locator(field)).to_be_focused()
    context.close()


def test_keys_are_silent_in_fields_and_can_be_switched_off(browser: Browser, office: Office) -> None:
    bank = office.banks["avacha"]
    address = office.at("avacha", f"/desk/members/{bank.world.member_id}")
    context, page = entered(browser, office, "avacha", WIDE)
    page.goto(address)
    page.keyboard.press("Slash")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("apn")
    expect(page).to_have_url(address)
    expect(page.locator("#q")).to_have_value("apn")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Slash")
    expect(page.locator("details.key-list")).to_have_attribute("open", "")
    page.locator("#keys-on").uncheck()
    page.locator("h1").click()
    page.keyboard.press("KeyA")
    expect(page).to_have_url(address)
    context.close()


def test_without_a_script_rows_are_links(browser: Browser, office: Office) -> None:
    bank = office.banks["wexley"]
    context, page = entered(browser, office, "wexley", WIDE, script=False)
    page.goto(office.at("wexley", f"/desk/members/{bank.world.member_id}"))
    page.get_by_role("link", name="Calder Electricals").click()
    assert "But it gives no more than 1,000 points for one purchase." in words(page)
    page.locator("#reveal summary").click()
    page.locator("#reason").select_option(label="The member asks to check it")
    page.get_by_role("button", name="Show it for a minute").click()
    assert HER_PHONE in words(page)
    context.close()


def test_where_there_is_no_room_the_explanation_is_a_drawer(browser: Browser, office: Office) -> None:
    bank = office.banks["wexley"]
    context, page = entered(browser, office, "wexley", MIDDLE)
    page.goto(office.at("wexley", f"/desk/members/{bank.world.member_id}"))
    expect(page.locator("#explanation")).to_be_hidden()
    page.locator("[data-row]").filter(has_text="Calder Electricals").click()
    expect(page.locator("#explanation")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#explanation")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_of_the_contact_centre_passes(browser: Browser, office: Office, slug: str) -> None:
    bank = office.banks[slug]
    with db.transaction(bank.tenant) as session:
        card = issue_card(session, SYSTEM, member_id=bank.world.member_id, active=True).id
    base, today = f"/desk/members/{bank.world.member_id}", clock.business_day(bank.world.programme.zone)
    places = {
        "search": "/desk/members/",
        "member": base,
        "points": f"{base}/points",
        "missing": f"{base}/missing?day={today}&amount=25000&partner=calder",
        "claim": f"{base}/claim",
        "block": f"{base}/cards/{card}/block",
        "note": f"{base}/note",
    }
    wrong: dict[str, Any] = {}
    sizes = {DESK: WIDE, PHONE: PHONE}
    for size, scheme in WAYS[slug]:
        context, page = entered(browser, office, slug, sizes[size], color_scheme=scheme)
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))
        for name, place in places.items():
            page.goto(office.at(slug, place))
            look(page, f"contact-{slug}-{scheme}-{size[0]}-{name}", wrong)
        context.close()
    assert wrong == {}
