"""The desk as wsgi puts it together, and a bank for it."""

from collections.abc import Iterator
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from admin.console import web as console_web
from charity import pages as charity_pages
from coalition.cabinet import web as cabinet_web
from partner_portal.cabinet import web as portal_web
from tenants.actions import open_tenant
from tenants.branding import web as branding_web
from tenants.runtime import db
from tenants.runtime import web as runtime_web
from tests.admin.world import Bank, furnished, signed_in
from tests.ledger.house import forget_promotions


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


@pytest.fixture(scope="module")
def staged(_begun: None) -> Iterator[tuple[Connection, Bank]]:
    """A furnished Russian bank, made once a file: every test has it as it was, on a savepoint of its own."""
    with db.configured().connect() as connection, connection.begin() as whole:
        with db.joined(connection):
            with db.transaction(None) as session:
                tenant = open_tenant(session, slug="test", hosts=["test.localhost"]).id
            made = furnished(tenant)
        yield connection, made
        whole.rollback()
        connection.invalidate()  # a test with a database of its own gave up the pool that would close it


@pytest.fixture
def bank(house: None, staged: tuple[Connection, Bank]) -> Iterator[Bank]:
    """The furnished bank; what the test does to it is undone."""
    connection, made = staged
    forget_promotions()
    with connection.begin_nested() as point, db.joined(connection):
        yield made
        point.rollback()


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
