"""Everybody can use every page: axe finds nothing, nothing scrolls sideways, light and dark, both languages."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from coalition.cards.actions import issue_card
from coalition.cards.links import make_link
from coalition.cards.queries import number_of
from coalition.members.queries import member_by_id
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.browser.conftest import NARROW, PHONE, WAYS, Site, opened
from tests.browser.test_journey import shot

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "axe/axe.min.js").read_text()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what passes is not told in full, which takes two thirds of the time
}
PLACES = [
    "/",
    "/history",
    "/offers",
    "/partners",
    "/spend",
    "/giving",
    "/funds",
    "/spend/cashback?points=100",
    "/spend/cashback?points=1",
    "/spend/polus",
    "/spent",
    "/certificates",
    "/profile",
    "/benefits",
    "/friends",
    "/promo-code",
    "/more",
    "/notices",
    "/till",
    "/v1/docs",
    "/nowhere",
]


def complaints(page: Page) -> list[Any]:
    """What axe has against the page, as rule and places."""
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(rules)", RULES)
    return [(v["id"], [node["target"] for node in v["nodes"][:3]]) for v in found["violations"]]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_passes(browser: Browser, site: Site, slug: str, scheme: str) -> None:
    wrong: dict[str, Any] = {}
    for size in (NARROW, *(size for size, at in WAYS[slug] if at == scheme)):
        context = opened(browser, site, slug, size=size, scheme=scheme)
        page = context.new_page()
        page.on("console", lambda message: wrong.setdefault(f"console {message.text}", message.type))
        page.on("pageerror", lambda error: wrong.setdefault(f"error {error}", "script"))
        for place in PLACES:
            page.goto(site.at(slug, place))
            page.evaluate("document.fonts.ready")
            name = f"{slug}-{scheme}-{size[0]}{place.split('?')[0].replace('/', '-')}"
            if size != NARROW:  # as on the phone, but for what does not fit
                shot(page, name)
                if found := complaints(page):
                    wrong[name] = found
            if sideways(page) > 0:
                wrong[f"{name} sideways"] = sideways(page)
        context.close()
    lost = {key for key in wrong if "404" in key}  # the browser itself tells of the page that is not there
    assert {key: value for key, value in wrong.items() if key not in lost} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_gate_and_the_sheet_pass(browser: Browser, site: Site, scheme: str) -> None:
    stranger = opened(browser, site, "avacha", scheme=scheme, signed_in=False)
    page = stranger.new_page()
    page.goto(site.at("avacha"))
    shot(page, f"gate-{scheme}")
    assert complaints(page) == []
    page.locator("#phone").fill("12")
    page.locator("main form button").first.click()
    shot(page, f"gate-wrong-{scheme}")
    assert complaints(page) == []
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.locator("#phone").fill("+79140000147")
    page.locator("main form button").first.click()
    page.locator("#code").wait_for()
    shot(page, f"gate-code-{scheme}")
    assert complaints(page) == []
    stranger.close()
    context = opened(browser, site, "avacha", scheme=scheme)
    page = context.new_page()
    page.goto(site.at("avacha"))
    page.locator("a.line").nth(2).click()
    page.locator("dialog[open] .ladder").wait_for()
    page.wait_for_timeout(300)  # the sheet's own motion
    shot(page, f"sheet-{scheme}")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    context.close()


@pytest.mark.parametrize(("slug", "scheme"), [("avacha", "dark"), ("wexley", "light")])
def test_the_page_of_a_link_passes(browser: Browser, site: Site, slug: str, scheme: str) -> None:
    with db.transaction(site.tenants[slug]) as session:
        member = member_by_id(session, site.worlds[slug].member_id)
        number = number_of(session, issue_card(session, SYSTEM, member_id=member.id))
        token = make_link(session, SYSTEM, programme_id=member.programme_id, number=number)[2]
    context = opened(browser, site, slug, size=PHONE, scheme=scheme, signed_in=False)
    page = context.new_page()
    for name in ("asked", "done", "over"):
        if name == "done":
            page.locator("main form button").first.click()
            page.locator("main [role=status]").wait_for()
        else:
            page.goto(site.at(slug, f"/activate/{token}"))
        page.evaluate("document.fonts.ready")
        shot(page, f"link-{name}-{slug}-{scheme}")
        assert (complaints(page), sideways(page)) == ([], 0), name
    context.close()
