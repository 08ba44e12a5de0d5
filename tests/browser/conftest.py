"""Two banks served for real, and a browser in front of them: Debian's chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright
from werkzeug.serving import make_server

from charity import pages as charity_pages
from coalition.cabinet import web as cabinet_web
from partner_portal.api import reference
from tenants.actions import open_tenant
from tenants.auth.sign_ins import sign_in
from tenants.branding import web as branding_web
from tenants.runtime import clock, db, settings
from tenants.runtime import web as runtime_web
from tenants.runtime.settings import Settings
from tests.cabinet.world import World, furnish

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium"
"""The shell draws pages as the whole browser does, in half the time."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, NARROW, DESK = (390, 844), (320, 700), (1280, 900)
WAYS = {"avacha": ((DESK, "light"), (PHONE, "dark")), "wexley": ((DESK, "dark"), (PHONE, "light"))}
"""How each bank's pages are swept: both sizes in either language, and light and dark at either size."""


@dataclass
class Site:
    """Where the banks are served, and their members."""

    port: int
    worlds: dict[str, World]
    tenants: dict[str, int]

    def at(self, slug: str, path: str = "/") -> str:
        """An address of a bank."""
        return f"http://{slug}.localhost:{self.port}{path}"

    def secret(self, slug: str) -> str:
        """The cookie of the bank's member, signed in."""
        with db.transaction(self.tenants[slug]) as session:
            return sign_in(session, kind="member", subject_id=self.worlds[slug].member_id)


@pytest.fixture
def site(live_database: Settings) -> Iterator[Site]:
    """Avacha (Russian) and Wexley (English), as wsgi puts the cabinet together."""
    settings.use(replace(live_database, demo=True))
    worlds, tenants = {}, {}
    for slug in ("avacha", "wexley"):
        with db.transaction(None) as session:
            tenants[slug] = open_tenant(session, slug=slug, hosts=[f"{slug}.localhost"]).id
            worlds[slug] = furnish(session, slug, clock.now())
    app = Flask("tests.browser", static_folder=None)
    app.secret_key = "only in tests"
    runtime_web.install(app)
    branding_web.install(app)
    cabinet_web.install(app)
    charity_pages.install(app)
    reference.install(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(server.server_port, worlds, tenants)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    """Playwright itself."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """One browser for all tests; each opens a context of its own."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    found = playwright_driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield found
    found.close()


def opened(
    browser: Browser,
    site: Site,
    slug: str,
    *,
    size: tuple[int, int] = PHONE,
    scheme: str = "light",
    signed_in: bool = True,
    script: bool = True,
    lang: str | None = None,
) -> BrowserContext:
    """A fresh browser window of a bank's member."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=lang or {"avacha": "ru-RU", "wexley": "en-GB"}[slug],
        java_script_enabled=script,
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    if signed_in:
        context.add_cookies([{"name": "member", "value": site.secret(slug), "url": site.at(slug)}])
    return context
