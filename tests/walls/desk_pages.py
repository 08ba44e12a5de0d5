"""The desk's pages as a sweep asks for them: every address filled in, and what a tenant's tables hold meanwhile."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, UUIDConverter
from werkzeug.test import TestResponse

from admin.rights import Page
from migrations import tables
from tenants.auth.sign_ins import sign_in
from tenants.runtime import db

COUNTED = {"attempt", "sign_in"}
"""What looking alone writes: that somebody was seen, and that something was tried."""


def signed_in(app: Flask, tenant: int, staff_id: UUID, host: str) -> FlaskClient:
    """A browser in which this person has signed in."""
    with db.transaction(tenant) as session:
        secret = sign_in(session, kind="staff", subject_id=staff_id)
    client = app.test_client()
    client.set_cookie("staff", secret, domain=host, path="/desk")
    return client


def asked(
    client: FlaskClient, app: Flask, page: Page, known: Mapping[str, object], host: str
) -> TestResponse:
    """Ask for a page: parts of its address are `known` by endpoint and name, by name, or are nobody's."""
    rule = next(one for one in app.url_map.iter_rules() if one.endpoint == page.endpoint)
    section = page.endpoint.partition(".")[0]
    values: dict[str, object] = dict(page.values)
    for name in rule.arguments - set(values):
        nobody: object = "nobody"
        if isinstance(rule._converters[name], UUIDConverter):
            nobody = uuid4()
        elif isinstance(rule._converters[name], IntegerConverter):
            nobody = 999_999
        values[name] = known.get(f"{section}.{name}", known.get(name, nobody))
    with app.test_request_context(base_url=f"http://{host}"):
        address = app.url_for(page.endpoint, **values)
    send = client.post if page.method == "POST" else client.get
    answer = send(address, base_url=f"http://{host}", headers={"Accept-Language": "en"})
    answer.get_data()  # also of what is streamed: its transaction is over then
    answer.close()
    return answer


def held(session: Session) -> dict[str, str]:
    """What the tenant's tables hold, by table."""
    return {
        name: session.execute(
            text(f"select md5(string_agg(md5(t::text), '' order by md5(t::text))) from {name} t")
        ).scalar_one()
        for name in tables.tenant_tables()
        if name not in COUNTED
    }
