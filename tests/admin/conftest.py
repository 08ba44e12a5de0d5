"""The desk as wsgi puts it together, and a bank for it."""

from collections.abc import Iterator
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from admin.console import web as console_web
from charity import pages as charity_pages
from coalition.cabinet import web as cabinet_web
from partner_portal.cabinet import web as portal_web
from tenants.branding import web as branding_web
from tenants.runtime import db
from tenants.runtime import web as runtime_web
from tests.admin.world import Bank, furnished, signed_in


@cache
def assembled(*, guarded: bool) -> Flask:
    """The faces of one application, made once, with its templates; unguarded, forms need no token."""
    app = Flask("tests.admin", static_folder=None)
    app.secret_key = "only in tests"
    runtime_web.install(app)
    branding_web.install(app)
    cabinet_web.install(app)
    charity_pages.install(app)
    portal_web.install(app, console_web.install(app))
    app.config["WTF_CSRF_ENABLED"] = guarded
    return app


@pytest.fixture
def desk() -> Flask:
    """Forms without tokens. Not called `app`: pytest-flask would give all its requests one `g`."""
    return assembled(guarded=False)


@pytest.fixture
def bank(tenant: int) -> Bank:
    """A furnished Russian bank."""
    return furnished(tenant)


@pytest.fixture
def stranger(desk: Flask, bank: Bank) -> FlaskClient:
    """A browser in which nobody has signed in."""
    return desk.test_client()


@pytest.fixture
def client(desk: Flask, bank: Bank) -> FlaskClient:
    """The browser of somebody with every permission."""
    return signed_in(desk, bank.tenant)


@pytest.fixture
def seen(bank: Bank) -> Iterator[Session]:
    """What the database holds after the requests."""
    with db.transaction(bank.tenant) as session:
        yield session
