"""Asking for a code tells nothing about who is a member: neither by its answer nor by its work."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from coalition.members.models import MemberPerson
from tenants.runtime import db, settings
from tests.cabinet.world import PHONE, World
from tests.ledger.house import drain
from tests.webhooks.receiver import receiving

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


def test_the_code_goes_out_by_the_gateway_and_to_members_alone(
    stranger: FlaskClient, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as gateway:
        live = replace(settings.current(), demo=False, sms_url=gateway.url)
        monkeypatch.setattr(settings, "current", lambda: live)
        asked(stranger, "+79140000000")  # whatever is remembered after the first
        known, unknown = asked(stranger, PHONE), asked(stranger, "+79140000999")
        assert known[1] == unknown[1]
        assert any("text_message" in statement for statement in known[1])
        drain(tenant)
    [told] = gateway.told
    code = told["text"].removeprefix("Искры: ")[:6]
    assert (told["to"], told["text"]) == (PHONE, f"Искры: {code} — код для входа. Никому его не сообщайте")
    entered = stranger.post(known[0].headers["Location"], base_url=HOST, data={"code": code})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")


def test_a_demonstration_shows_its_code_again_after_a_mistake(
    stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = replace(settings.current(), demo=True)
    monkeypatch.setattr(settings, "current", lambda: demo)
    where = asked(stranger, PHONE)[0].headers["Location"]
    shown = stranger.get(where, base_url=HOST).get_data(as_text=True)
    code = shown.split('id="demo-code">')[1][:6]
    wrong = stranger.post(where, base_url=HOST, data={"code": f"{(int(code) + 1) % 1_000_000:06d}"})
    assert wrong.status_code == 422
    assert f'id="demo-code">{code}<' in wrong.get_data(as_text=True)


def test_a_demonstration_suggests_nobody_whose_data_is_erased(
    stranger: FlaskClient, world: World, tenant: int, demo: None
) -> None:
    with db.transaction(tenant) as session:
        session.delete(session.get_one(MemberPerson, (tenant, world.member_id)))
    page = stranger.get("http://test.localhost/sign-in")
    assert page.status_code == 200
