"""The cabinet as an application of its own, and a member in it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from charity import pages as charity_pages
from coalition.cabinet import web as cabinet_web
from coalition.messages import sending
from tenants.auth.sign_ins import sign_in
from tenants.branding import web as branding_web
from tenants.runtime import clock, db, settings
from tenants.runtime import web as runtime_web
from tests.cabinet.world import World, furnish

__all__ = ["sending"]  # its job is asked for by whoever signs in


@pytest.fixture
def demo(house: None) -> Iterator[None]:
    """Codes are shown on the screen."""
    before = settings.current()
    settings.use(replace(before, demo=True))
    yield
    settings.use(before)


@pytest.fixture(scope="session")
def app() -> Flask:
    """The cabinet alone, as wsgi puts it together, made once, with its templates."""
    app = Flask("tests.cabinet", static_folder=None)
    app.secret_key = "only in tests"
    runtime_web.install(app)
    branding_web.install(app)
    guard = cabinet_web.install(app)
    charity_pages.install(app)
    app.config["WTF_CSRF_ENABLED"] = False
    assert guard is not None
    return app


@pytest.fixture
def world(tenant: int) -> World:
    """A furnished Russian bank."""
    with db.transaction(tenant) as session:
        return furnish(session, "avacha", clock.now())


@pytest.fixture
def stranger(app: Flask, world: World) -> FlaskClient:
    """A browser in which nobody has signed in."""
    return app.test_client()


@pytest.fixture
def client(app: Flask, world: World, tenant: int) -> FlaskClient:
    """The member's browser, in Russian."""
    with db.transaction(tenant) as session:
        secret = sign_in(session, kind="member", subject_id=world.member_id)
    client = app.test_client()
    client.set_cookie("member", secret, domain="test.localhost")
    return client


@pytest.fixture
def seen(tenant: int) -> Iterator[Session]:
    """What the database holds after the requests."""
    with db.transaction(tenant) as session:
        yield session
