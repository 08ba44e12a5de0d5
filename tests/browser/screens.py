"""Pictures of every workstation, of the demo that `make run` serves: `make screens` puts them into docs/screens.

Each is taken by somebody whose work it is, signed in as README says; the demo's data make them, so they are never older
than the product they show.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, DESK, PHONE

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
MEMBERS = {"avacha": "+79450000998", "wexley": "+447700900388"}
LANGUAGES = {"avacha": "ru-RU", "wexley": "en-GB"}


class Shot(NamedTuple):
    """One picture: its name, whose bank, who looks ("" for a member), at what, and how."""

    name: str
    slug: str
    who: str
    path: str
    size: tuple[int, int] = DESK
    scheme: str = "light"
    find: str = ""  # typed into the page's search
    follow: str = ""  # the first link of the page that this selects


SHOTS = (
    Shot("today", "avacha", "administrator", "/desk/"),
    Shot("today-phone", "wexley", "administrator", "/desk/", PHONE, "dark"),
    Shot("contact-centre", "avacha", "agent", "/desk/members/"),
    Shot("member", "avacha", "agent", "/desk/members/", find=MEMBERS["avacha"]),
    Shot("claims", "avacha", "claims-officer", "/desk/claims/"),
    Shot("claim", "avacha", "claims-officer", "/desk/claims/", follow="main a[data-open]"),
    Shot("claim-figures", "avacha", "claims-officer", "/desk/claims/figures/"),
    Shot("files", "wexley", "back-office", "/desk/files/"),
    Shot("jobs", "avacha", "back-office", "/desk/jobs/"),
    Shot("promotions", "avacha", "marketer", "/desk/promotions/"),
    Shot("templates", "avacha", "marketer", "/desk/templates/"),
    Shot("levels", "avacha", "marketer", "/desk/tiers/"),
    Shot("segments", "wexley", "marketer", "/desk/segments/", DESK, "dark"),
    Shot("signatures", "avacha", "approver", "/desk/approvals/"),
    Shot("payouts", "avacha", "accountant", "/desk/payouts/"),
    Shot("audit", "avacha", "auditor", "/desk/audit/"),
    Shot("people", "wexley", "administrator", "/desk/people/"),
    Shot("brand", "avacha", "administrator", "/desk/branding/"),
    Shot("profile", "avacha", "agent", "/desk/profile/", PHONE),
    Shot("home", "avacha", "", "/", PHONE),
    Shot("history", "wexley", "", "/history", PHONE, "dark"),
    Shot("spend", "avacha", "", "/spend", PHONE),
)


def main(port: int) -> None:
    """Take all of them; whoever is already signed in at a bank is not asked again."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        cookies: dict[tuple[str, str], list[dict[str, object]]] = {}
        for shot in SHOTS:
            with _window(browser, shot) as page:
                site = f"http://{shot.slug}.localhost:{port}"
                known = cookies.get((shot.slug, shot.who))
                if known is None:
                    _sign_in(page, site, shot)
                    cookies[shot.slug, shot.who] = page.context.cookies()  # type: ignore[assignment]
                else:
                    page.context.add_cookies(known)  # type: ignore[arg-type]
                _take(page, site, shot)
            print(shot.name)
        browser.close()


@contextmanager
def _window(browser: Browser, shot: Shot) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme=shot.scheme,  # type: ignore[arg-type]
        locale=LANGUAGES[shot.slug],
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def _sign_in(page: Page, site: str, shot: Shot) -> None:
    if not shot.who:
        page.goto(f"{site}/sign-in")
        page.locator("#phone").first.fill(MEMBERS[shot.slug])
        page.locator("main button").first.click()
        page.locator("#code").fill(page.locator("#demo-code").inner_text())
        page.locator("main button").first.click()
    else:
        page.goto(f"{site}/desk/sign-in")
        page.locator("#login").fill(shot.who)
        page.locator("#password").fill(f"demo-{shot.who}" + ("-1" if shot.who == "agent" else ""))
        page.locator("#password").press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def _take(page: Page, site: str, shot: Shot) -> None:
    page.goto(site + shot.path)
    if shot.follow:
        page.goto(site + str(page.locator(shot.follow).first.get_attribute("href")))
    if shot.find:
        page.locator("#q").fill(shot.find)
        page.locator("#q").press("Enter")
        page.wait_for_load_state()
    assert "/sign-in" not in page.url, f"{shot.who} is not let in"
    page.screenshot(path=FOLDER / f"{shot.name}.png")


if __name__ == "__main__":
    chosen = int(os.environ.get("PORT", "8000"))
    try:
        urlopen(f"http://127.0.0.1:{chosen}/readyz", timeout=10).close()
    except URLError:
        sys.exit(
            f"Nothing is served at port {chosen}: start the demo first, with `make run` in another terminal."
        )
    main(chosen)
