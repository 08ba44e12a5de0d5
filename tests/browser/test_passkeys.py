"""Passkeys with Chromium's virtual authenticator: made in the profile, signed in by, counted, taken off."""

from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import select, text

from tenants.models import AuditEntry, Passkey, SignIn
from tenants.runtime import db
from tests.admin.world import PASSWORD
from tests.browser.conftest import WAYS
from tests.browser.test_desk import Office, entered, look
from tests.browser.test_desk import office as office

pytestmark = pytest.mark.browser


def authenticator(page: Page, *, verifies: bool = True) -> tuple[CDPSession, str]:
    """A device that keeps passkeys and, where it `verifies`, knows its owner."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": verifies, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, str(made["authenticatorId"])


def add(page: Page, office: Office, slug: str = "wexley", password: str = PASSWORD) -> None:
    page.goto(office.at(slug, "/desk/profile/"))
    page.locator("#passkey_name").fill("Laptop")
    page.locator("#password_passkey").fill(password)
    page.locator("form[data-passkey-makes] button").click()


def keys(office: Office) -> list[tuple[str, int]]:
    with db.transaction(office.banks["wexley"].tenant) as session:
        return [(one.name, one.counter) for one in session.scalars(select(Passkey))]


def out(page: Page, office: Office) -> None:
    page.context.clear_cookies()
    page.goto(office.at("wexley", "/desk"))


def test_a_passkey_is_made_and_lets_in_alone_and_as_the_second_factor(
    browser: Browser, office: Office
) -> None:
    context, page = entered(browser, office, "wexley")
    authenticator(page)
    add(page, office, password="not the password")
    expect(page.get_by_text("This is not your password now").first).to_be_visible()
    assert keys(office) == []
    add(page, office)
    expect(page.get_by_role("status")).to_contain_text("The passkey is kept")
    ((name, first),) = keys(office)
    assert name == "Laptop"
    out(page, office)
    page.get_by_role("button", name="Sign in by a passkey").click()
    expect(page).to_have_url(office.at("wexley", "/desk/"))
    ((_, second),) = keys(office)
    assert second > first
    out(page, office)
    page.locator("#login").fill("dora")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    expect(page.locator("#otp")).to_have_count(0)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(office.at("wexley", "/desk/"))
    with db.transaction(office.banks["wexley"].tenant) as session:
        ways = select(SignIn.way).where(SignIn.kind == "staff").order_by(SignIn.started_at)
        assert session.scalars(ways).all()[-2:] == ["passkey", "passkey"]
    page.goto(office.at("wexley", "/desk/profile/"))
    page.locator("[name=password_off]").fill(PASSWORD)
    page.get_by_role("button", name="Take off").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey is taken off")
    assert keys(office) == []
    context.close()


def test_a_counter_that_does_not_rise_lets_nobody_in_and_is_told(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "wexley")
    authenticator(page)
    add(page, office)
    expect(page.get_by_role("status")).to_contain_text("The passkey is kept")
    tenant = office.banks["wexley"].tenant
    with db.transaction(tenant) as session:  # a copy of it has signed more often
        session.execute(
            text("update passkey set counter = 1000 where tenant_id = :tenant"), {"tenant": tenant}
        )
    out(page, office)
    page.get_by_role("button", name="Sign in by a passkey").click()
    expect(page.get_by_role("alert").first).to_contain_text("The passkey was not taken")
    with db.transaction(tenant) as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.verb == "passkey.refuse")).one().after == {
            "name": "Laptop"
        }
    assert keys(office) == [("Laptop", 1000)]
    context.close()


def test_who_does_not_unlock_it_does_not_get_in(browser: Browser, office: Office) -> None:
    context, page = entered(browser, office, "wexley")
    devtools, device = authenticator(page)
    add(page, office)
    expect(page.get_by_role("status")).to_contain_text("The passkey is kept")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    out(page, office)
    page.get_by_role("button", name="Sign in by a passkey").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    page.goto(office.at("wexley", "/desk/"))
    expect(page.locator("#login")).to_be_visible()
    context.close()


@pytest.mark.parametrize("slug", ["avacha", "wexley"])
def test_every_page_passes(browser: Browser, office: Office, slug: str) -> None:
    wrong: dict[str, Any] = {}
    for place, (size, scheme) in enumerate(WAYS[slug]):
        context, page = entered(browser, office, slug, size, color_scheme=scheme)
        name = f"passkeys-{slug}-{scheme}-{size[0]}"
        authenticator(page)
        if not place:
            add(page, office, slug)
            expect(page.get_by_role("status")).to_be_visible()
        page.goto(office.at(slug, "/desk/profile/"))
        look(page, f"{name}-profile", wrong)
        page.goto(office.at(slug, "/desk/provider/"))
        look(page, f"{name}-provider", wrong)
        context.clear_cookies()
        page.goto(office.at(slug, "/desk"))
        look(page, f"{name}-sign-in", wrong)
        if not place:
            page.locator("#login").fill("dora")
            page.locator("#password").fill(PASSWORD)
            page.locator("form[action$='/sign-in'] button").click()
            look(page, f"{name}-second", wrong)
            with db.transaction(office.banks[slug].tenant) as session:
                tenant = {"tenant": office.banks[slug].tenant}
                session.execute(text("delete from passkey where tenant_id = :tenant"), tenant)
        context.close()
    assert wrong == {}
