"""A program tells what happened to a member: the event pays once, and one that nobody declares is refused."""

from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from admin.cli.main import cli
from coalition.promotions.actions import publish
from coalition.transactions.models import Occasion
from partner_portal.api.callers import TILL_SCOPES
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.api.conftest import CARD, Till, furnished
from tests.ledger.house import new_member
from tests.transactions.bank import LONG_AGO, promotion, query

AT = "2026-11-20T10:30:00+12:00"
FIELDS = {"stars": "whole", "text": "text", "again": "flag", "day": "date"}
DATA = {"stars": 5, "text": "warm", "again": True, "day": "2026-11-20"}


def event(**more: Any) -> dict[str, Any]:
    body = {"member": {"handle": CARD}, "name": "survey", "reference": "1", "occurred_at": AT, "data": DATA}
    return body | more


@pytest.fixture
def asked(till: Till) -> Till:
    """The till of a house where a survey gives 15 points."""
    survey = {"kind": "event", "name": "survey", "fields": FIELDS}
    document = promotion({"kind": "fixed", "points": "15"}, trigger=survey)
    with db.transaction(till.house.tenant) as session:
        publish(
            session, SYSTEM, programme_id=till.house.programme, code="ask", document=document, starts_at=LONG_AGO
        )  # fmt: skip
    return till


def occasions(till: Till) -> int:
    with db.transaction(till.house.tenant) as session:
        count = select(func.count()).select_from(Occasion).where(Occasion.tenant_id == till.house.tenant)
        return session.scalar(count) or 0


def test_an_event_gives_what_its_promotion_says_and_once(asked: Till) -> None:
    first = asked.post("/events", event(), key="a")
    assert first.status_code == 201, first.json
    told: Any = first.json
    assert (told["name"], told["reference"], told["points"]) == ("survey", "1", 15)
    assert (UUID(told["id"]).version, told["balance"]["available"]) == (8, 15)
    assert [(one["promotion"], one["given"]["value"]) for one in told["gives"]] == [("ask", 15)]
    again = asked.post("/events", event(), key="a")
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")
    later = asked.post("/events", event(member={"id": str(asked.member)}), key="b")
    assert (later.status_code, later.json) == (201, told)
    other: Any = asked.post("/events", event(reference="2"), key="c").json
    assert (other["points"], other["balance"]["available"], occasions(asked)) == (15, 30, 2)


def test_the_same_reference_of_another_member_is_another_event(asked: Till) -> None:
    with db.transaction(asked.house.tenant) as session:
        olga = new_member(session, asked.house)
    for member in (asked.member, olga):
        found: Any = asked.post("/events", event(member={"id": str(member)}), key=str(member)).json
        assert found["balance"]["available"] == 15


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"name": "poll"}, [("/name", "event_unknown")]),
        ({"name": "{x}"}, [("/name", "event_unknown")]),
        ({"occurred_at": "2009-11-20T10:30:00+12:00"}, [("/name", "event_unknown")]),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, [("/occurred_at", "moment_range")]),
        ({"data": {}}, [(f"/data/{name}", "missing") for name in sorted(FIELDS)]),
        ({"data": DATA | {"mood": 1}}, [("/data/mood", "extra_forbidden")]),
        ({"data": DATA | {"a/b.c~d": 1}}, [("/data/a~1b.c~0d", "extra_forbidden")]),
        (
            {"data": {"stars": "5", "text": 5, "again": 1, "day": "20.11.2026"}},
            [
                ("/data/again", "event_flag"),
                ("/data/day", "event_date"),
                ("/data/stars", "event_whole"),
                ("/data/text", "event_text"),
            ],
        ),
        ({"data": DATA | {"text": ["x"]}}, [("/data/text", "event_text")]),
        ({"data": DATA | {"stars": 5.5}}, [("/data/stars", "event_whole")]),
        ({"data": [5]}, [("/data", "dict_type")]),
        ({"reference": "a\nb"}, [("/reference", "unprintable")]),
        ({"reference": ""}, [("/reference", "string_too_short")]),
        ({"occurred_at": "2026-11-20T10:30:00"}, [("/occurred_at", "timezone_aware")]),
    ],
)
def test_an_event_that_nobody_declares_is_refused_field_by_field(
    asked: Till, changed: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    found = asked.post("/events", event(**changed), key="a")
    assert (found.status_code, found.json["code"]) == (422, "body_invalid")  # type: ignore[index]
    assert [(one["pointer"], one["code"]) for one in found.json["errors"]] == errors  # type: ignore[index]
    assert occasions(asked) == 0


def test_a_field_of_an_event_is_told_in_the_callers_language(asked: Till) -> None:
    found: Any = asked.post(
        "/events", event(data=DATA | {"again": 1}), key="a", **{"Accept-Language": "ru"}
    ).json
    assert found["errors"][0]["detail"] == "Должно быть true или false"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"member": {"handle": "tok-nobody"}}, 404, "member_unknown"),
        ({"occurred_at": "2099-11-20T10:30:00+12:00"}, 422, "in_the_future"),
    ],
)
def test_an_event_that_cannot_be_is_refused(
    asked: Till, changed: dict[str, Any], status: int, code: str
) -> None:
    found = asked.post("/events", event(**changed), key="a")
    assert (found.status_code, found.json["code"]) == (status, code)  # type: ignore[index]
    assert occasions(asked) == 0


def test_an_event_is_for_clients_that_may_tell_it(asked: Till) -> None:
    asked.sign_in(scope="purchases:write members:read")
    found = asked.post("/events", event(), key="a")
    assert (found.status_code, found.json["code"]) == (403, "scope_missing")  # type: ignore[index]
    assert occasions(asked) == 0


def test_a_member_of_another_tenant_is_not_there(asked: Till) -> None:
    other = furnished("other")
    found = asked.post("/events", event(member={"id": str(other.member)}), key="a")
    assert (found.status_code, found.json["code"]) == (404, "member_unknown")  # type: ignore[index]
    assert (occasions(asked), occasions(other)) == (0, 0)


def test_a_client_tells_events_only_where_that_is_named(live_database: Settings) -> None:
    till = furnished()
    for named in ((), ("--scope", "events:write")):
        told = CliRunner().invoke(
            cli, ("clients", "add", "--tenant", "shop", "--participant", "shop", *named, "app")
        )
        assert told.exit_code == 0, told.output
    assert query(till.house, "select scopes from api_client where name = 'app' order by scopes") == [
        (["events:write"],), (sorted(TILL_SCOPES),),
    ]  # fmt: skip
