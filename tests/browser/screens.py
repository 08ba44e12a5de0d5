"""Pictures of every workstation, of the demo that `make run` serves: `make screens` puts them into docs/screens.

Each is taken by somebody whose work it is, signed in as README says; the demo's data make them, so they are never older
than the product they show.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright
from pyotp import TOTP

from tests.browser.conftest import ARGUMENTS, CHROMIUM, DESK, PHONE

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
MEMBERS = {"avacha": "+79450000998", "plyos": "+79450000870", "wexley": "+447700900388"}
OPERATOR = "operator"
LANGUAGES = {"avacha": "ru-RU", "plyos": "ru-RU", "wexley": "en-GB", OPERATOR: "ru-RU"}
CODES = "code,last day\nQX7Z-KUBOK-0001,2027-06-30\nQX7Z-KUBOK-0002,2027-06-30\nQX7Z-KUBOK-0003\nQX7Z KUBOK\n"
COLOURS = 256
"""So many each picture keeps: a third of the bytes, and no eye tells them apart."""


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
    list: str = ""  # brought by the form that is there
    press: str = ""  # a button: what comes of it is shown


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
    Shot("list-members", "wexley", "back-office", "/desk/lists/all_members/"),
    Shot("list-purchases", "avacha", "back-office", "/desk/lists/purchases/"),
    Shot("exports", "avacha", "back-office", "/desk/lists/purchases/", press="button[value=csv]"),
    Shot("calendar", "avacha", "marketer", "/desk/calendar/"),
    Shot("rewards", "avacha", "back-office", "/desk/rewards/"),
    Shot("reward", "avacha", "back-office", "/desk/rewards/sklad-1000"),
    Shot("certificates", "avacha", "back-office", "/desk/certificates/sklad-1000", list=CODES),
    Shot("partners", "avacha", "back-office", "/desk/partners/"),
    Shot("terms", "avacha", "administrator", "/desk/programme/"),
    Shot("api-programs", "avacha", "administrator", "/desk/clients/"),
    Shot("new-members", "wexley", "back-office", "/desk/new-members/"),
    Shot("privacy", "avacha", "back-office", "/desk/privacy/"),
    Shot("file-profiles", "avacha", "administrator", "/desk/file-profiles/"),
    Shot("settlement", "plyos", "accountant", "/desk/settlement/"),
    Shot("statements", "plyos", "accountant", "/desk/settlement/", follow="main tbody a"),
    Shot("liability", "plyos", "accountant", "/desk/liability/"),
    Shot("participants", "plyos", "back-office", "/desk/participants/"),
    Shot("shops", "plyos", "back-office", "/desk/shops/"),
    Shot("application", "plyos", "back-office", "/desk/applications/", follow="main tbody a"),
    Shot("partner-today", "plyos", "retailer-manager", "/desk/own/"),
    Shot("partner-today-phone", "plyos", "cafe-manager", "/desk/own/", PHONE, "dark"),
    Shot("partner-sales", "plyos", "retailer-manager", "/desk/own/sales/"),
    Shot("partner-outlets", "plyos", "retailer-manager", "/desk/own/outlets/"),
    Shot("partner-plan", "plyos", "cafe-manager", "/desk/own/plan/"),
    Shot("partner-reports", "plyos", "retailer-manager", "/desk/own/reports/operations"),
    Shot("mailing", "plyos", "marketer", "/desk/mailings/", follow="main tbody a"),
    Shot("tenants", OPERATOR, OPERATOR, "/desk/tenants/"),
    Shot("opening", OPERATOR, OPERATOR, "/desk/opening/"),
    Shot("home", "avacha", "", "/", PHONE),
    Shot("history", "wexley", "", "/history", PHONE, "dark"),
    Shot("spend", "avacha", "", "/spend", PHONE),
    Shot("shops-of-members", "plyos", "", "/shops", PHONE),
    Shot("orders", "plyos", "", "/orders", PHONE),
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
                    try:
                        _sign_in(page, site, shot)
                    except HasFactor:
                        print(f"{shot.name}: left as it was, for {shot.who} has a second factor already")
                        continue
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
        if page.locator("main #otp").count():
            raise HasFactor
    page.wait_for_url(lambda url: "/sign-in" not in url)
    if shot.who == OPERATOR == shot.slug:
        _turn_factor_on(page, site)


class HasFactor(Exception):
    """An operator has set her second factor up: nobody else signs in as her."""


def _turn_factor_on(page: Page, site: str) -> None:
    """What operators do at their first sign-in."""
    page.goto(f"{site}/desk/profile/")
    page.locator("#password_factor").fill(f"demo-{OPERATOR}")
    page.locator("section:has(#factor) button").first.click()
    secret = "".join(page.locator("p.raw").inner_text().split())
    page.locator("#otp").fill(TOTP(secret).now())
    page.locator("main button.btn-primary").click()
    page.wait_for_load_state()


def _take(page: Page, site: str, shot: Shot) -> None:
    page.goto(site + shot.path)
    if shot.find:
        page.locator("#q").fill(shot.find)
        page.locator("#q").press("Enter")
        page.wait_for_load_state()
    if shot.follow:
        page.goto(site + str(page.locator(shot.follow).first.get_attribute("href")))
    if shot.list:
        brought = FilePayload(name="codes.csv", mimeType="text/csv", buffer=shot.list.encode())
        page.locator("input[type=file]").set_input_files(brought)
        page.locator("#valid_to").fill("2027-12-31")
        page.locator("main form button").first.click()
        page.wait_for_load_state()
    if shot.press:
        page.locator(shot.press).first.click()
        page.wait_for_load_state()
    assert "/sign-in" not in page.url, f"{shot.who} is not let in"
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(FOLDER / f"{shot.name}.png", optimize=True)


if __name__ == "__main__":
    chosen = int(os.environ.get("PORT", "8000"))
    try:
        urlopen(f"http://127.0.0.1:{chosen}/readyz", timeout=10).close()
    except URLError:
        sys.exit(
            f"Nothing is served at port {chosen}: start the demo first, with `make run` in another terminal."
        )
    main(chosen)
