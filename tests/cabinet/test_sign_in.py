"""Asking for a code tells nothing about who is a member: neither by its answer nor by its work."""

from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from tenants.runtime import db
from tests.cabinet.world import PHONE

HOST = "http://test.localhost"


def asked(client: FlaskClient, phone: str) -> tuple[TestResponse, list[str]]:
    """The answer to a phone, and the statements it took."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "SAVEPOINT" not in statement:
            statements.append(statement)

    engine = db.configured()
    event.listen(engine, "before_cursor_execute", note)
    try:
        return client.post("/sign-in", base_url=HOST, data={"phone": phone}), statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_an_unknown_phone_takes_the_same_statements(stranger: FlaskClient) -> None:
    asked(stranger, "+79140000000")  # whatever is remembered after the first
    known, unknown = asked(stranger, PHONE), asked(stranger, "+79140000999")
    assert known[0].status_code == unknown[0].status_code == 303
    assert known[1] == unknown[1]
    assert any("one_time_code" in statement for statement in known[1])
