"""What is told, to whom, and when nothing is written at all."""

from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import psycopg
import pytest
from sqlalchemy import text

from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.redemption.paying import set_pay_terms
from coalition.webhooks.kinds import KINDS
from partner_portal.api.openapi import document
from partner_portal.api.v1 import purchases
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tests.api.conftest import PHONE, Till, furnished
from tests.api.test_way import back, sale
from tests.redemption.shop import give
from tests.webhooks.conftest import NOON, deliver, listen, messages
from tests.webhooks.receiver import Receiver, receiving, verified


def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said to the database from now on."""
    heard: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        heard.append(query if isinstance(query, str) else str(query))
        return execute(self, query, *args, **more)

    monkeypatch.setattr(psycopg.Cursor, "execute", noting)
    return heard


def as_documented(told: Any) -> None:
    """Hold a message to the schema that the API's document has for it, to which nothing may be added unsaid."""
    hook = document()["webhooks"][told["type"]]["post"]
    schema = hook["requestBody"]["content"]["application/json"]["schema"]
    jsonschema_rs.validate(schema | {"components": document()["components"]}, told)
    shape = document()["components"]["schemas"][schema["properties"]["data"]["$ref"].rsplit("/", 1)[1]]
    assert list(told["data"]) == list(shape["properties"]) == shape["required"]


def test_a_sale_is_told_signed_and_without_her_name(till: Till, receiver: Receiver) -> None:
    _, secret = listen(till, receiver.url)
    sold: Any = till.post("/purchases", sale(), key="a").json
    deliver(till.house.tenant)
    [(headers, body)] = receiver.got
    assert verified(secret, headers, body)
    assert not verified(secret, headers, body + b" ")
    assert headers["content-type"] == "application/json"
    assert headers["host"] in receiver.url
    [told] = receiver.told
    assert told["type"] == "purchase.booked"
    assert datetime.fromisoformat(told["timestamp"]).tzinfo is not None
    version = told["data"].pop("balance_version")
    assert told["data"] == {
        "purchase_id": sold["id"], "reference": "1", "member_id": str(till.member), "amount": 100_000,
        "points": 50, "occurred_at": "2026-11-19T22:30:00+00:00",
    }  # fmt: skip
    assert isinstance(version, int)
    assert not any(personal in body.decode() for personal in ("Vera", PHONE))


def test_points_goods_and_members_are_told_to_who_wants_them(till: Till, receiver: Receiver) -> None:
    with db.transaction(till.house.tenant) as session:
        set_pay_terms(session, SYSTEM, programme_id=till.house.programme, terms={"percent": "30"})
        give(session, till.house, till.member, 1000)
    listen(till, receiver.url)
    with receiving() as choosy:
        listen(till, choosy.url, "return.booked")
        sold: Any = till.post("/purchases", sale(points=100), key="a").json
        returned: Any = till.post(
            "/returns", back(amount=36_000, lines=[{"sku": "cup", "quantity": 2, "amount": 36_000}]), key="b"
        ).json
        with db.transaction(till.house.tenant) as session:
            joined = enrol(session, SYSTEM, programme_id=till.house.programme, person=Person(name="Olga")).id
        deliver(till.house.tenant)
    told = {one["type"]: one["data"] for one in receiver.told}
    assert told.keys() == document()["webhooks"].keys() == KINDS.keys()
    for one in receiver.told:
        as_documented(one)
    assert sorted(told) == ["member.enrolled", "points.spent", "purchase.booked", "return.booked"]
    assert (told["points.spent"]["points"], told["points.spent"]["amount"]) == (100, 10_000)
    assert told["points.spent"]["purchase_id"] == told["purchase.booked"]["purchase_id"] == sold["id"]
    assert told["return.booked"]["return_id"] == returned["id"]
    assert told["return.booked"]["points_back"] == returned["points_back"]
    assert told["member.enrolled"] == {"member_id": str(joined)}
    assert [one["type"] for one in choosy.told] == ["return.booked"]


def test_the_same_sale_is_told_once_whatever_key_it_comes_with(till: Till, receiver: Receiver) -> None:
    listen(till, receiver.url)
    for key in ("a", "a", "b"):
        assert till.post("/purchases", sale(), key=key).status_code == 201
    assert len(messages(till.house.tenant)) == 1


def test_what_was_booked_before_the_endpoint_is_not_told(till: Till, receiver: Receiver) -> None:
    assert till.post("/purchases", sale(), key="a").status_code == 201
    listen(till, receiver.url)
    assert till.post("/purchases", sale(), key="b").status_code == 201
    assert messages(till.house.tenant) == []


def test_an_endpoint_of_a_client_or_of_another_hears_only_its_own(till: Till, receiver: Receiver) -> None:
    listen(till, receiver.url, client=True)
    with receiving() as another:
        listen(till, another.url, funder=0)
        till.post("/purchases", sale(), key="a")
        deliver(till.house.tenant)
        assert (len(receiver.got), another.got) == (1, [])


def test_nothing_is_asked_or_written_where_nobody_listens(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = statements(monkeypatch)
    assert till.post("/purchases", sale(), key="a").status_code == 201
    assert till.post("/returns", back(), key="b").status_code == 201
    assert [one for one in heard if "webhook_" in one] == []


def test_one_look_is_enough_where_nobody_wants_it(
    till: Till, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(till, receiver.url, "return.booked")
    heard = statements(monkeypatch)
    assert till.post("/purchases", sale(), key="a").status_code == 201
    assert len([one for one in heard if "webhook_" in one]) == 1
    assert messages(till.house.tenant) == []


def test_a_sale_that_is_rolled_back_is_not_told(
    till: Till, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(till, receiver.url)
    tell = purchases.tell

    def told_and_broken(*args: Any) -> None:
        tell(*args)
        raise Refusal("not_enough_points")

    monkeypatch.setattr(purchases, "tell", told_and_broken)
    assert till.post("/purchases", sale(), key="a").status_code == 422
    assert (messages(till.house.tenant), deliver(till.house.tenant), receiver.got) == ([], 0, [])


def test_two_tenants_hear_nothing_of_each_other(till: Till, receiver: Receiver) -> None:
    other = furnished("other")
    other.sign_in()
    with receiving() as theirs:
        listen(till, receiver.url)
        _, secret = listen(other, theirs.url)
        sold: Any = other.post("/purchases", sale(), key="a").json
        assert messages(till.house.tenant) == []
        deliver(till.house.tenant)
        deliver(other.house.tenant)
        assert receiver.got == []
        assert [one["data"]["purchase_id"] for one in theirs.told] == [sold["id"]]
        assert verified(secret, *theirs.got[0])
    with db.transaction(till.house.tenant) as session:
        assert session.scalar(text("select count(*) from webhook_message")) == 0
        assert session.scalar(text("select count(*) from webhook_secret")) == 1


def test_who_came_with_her_bank_long_ago_is_no_news(till: Till, receiver: Receiver) -> None:
    with clock.stopped(NOON):
        listen(till, receiver.url)
        with db.transaction(till.house.tenant) as session:
            since = datetime(2020, 1, 1, tzinfo=UTC).date()
            enrol(
                session,
                SYSTEM,
                programme_id=till.house.programme,
                person=Person(name="Olga"),
                joined_on=since,
            )
    assert messages(till.house.tenant) == []
