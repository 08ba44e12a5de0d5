"""What a client may still ask is told with every answer, and nothing about a number beside."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from coalition.partners.bounds import set_limit
from partner_portal.api import limits
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, settings
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tests.api.conftest import CARD, Till, furnished
from tests.api.test_way import sale

NOW = datetime(2031, 3, 10, 9, 40, 15, tzinfo=UTC)
UNKNOWN = '"member_unknown_here";q=60;w=3600, "member_unknown";q=1200;w=3600'


@pytest.fixture
def quarter(live_database: Settings, monkeypatch: pytest.MonkeyPatch) -> Till:
    """The till at twenty to, and a quarter of a minute; it has asked for nothing in this minute."""
    till = furnished()
    monkeypatch.setattr(clock, "real_now", lambda: NOW)
    monkeypatch.setattr(limits, "_requests", limits.Counted())
    assert till.sign_in().status_code == 200
    return till


def at_most(requests: int) -> None:
    settings.use(replace(settings.current(), api_requests_per_minute=requests))


def told(found: Any) -> tuple[str, str]:
    return found.headers.get("RateLimit-Policy", ""), found.headers.get("RateLimit", "")


def test_every_answer_tells_what_is_left(quarter: Till) -> None:
    at_most(100)
    for left, found in (
        (99, quarter.get("/questionnaire")),
        (98, quarter.get(f"/members/{uuid4()}/balance")),
        (97, quarter.get(f"/members/{quarter.member}/balance")),
        (96, quarter.post("/purchases", sale(member={"id": str(quarter.member)}), key="a")),
        (95, quarter.post("/purchases", sale(member={"id": str(quarter.member)}), key="a")),
        (94, quarter.post("/purchases", {})),
    ):
        assert told(found) == ('"requests";q=100;w=60', f'"requests";r={left};t=45')


def test_above_the_ceiling_nothing_is_done_until_the_minute_is_over(
    quarter: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_most(2)
    found = [quarter.get("/questionnaire") for _ in range(3)]
    assert [one.status_code for one in found] == [200, 200, 429]
    assert (found[2].json or {})["code"] == "too_many_requests"
    assert found[2].headers["Retry-After"] == "45"
    assert told(found[2]) == ('"requests";q=2;w=60', '"requests";r=0;t=45')
    monkeypatch.setattr(clock, "real_now", lambda: NOW.replace(minute=41, second=0))
    assert told(quarter.get("/questionnaire"))[1] == '"requests";r=1;t=60'


def test_one_clients_requests_are_not_anothers(quarter: Till) -> None:
    other = furnished("other")
    other.sign_in()
    at_most(1)
    assert [one.get("/questionnaire").status_code for one in (quarter, other, quarter)] == [200, 200, 429]


def test_a_client_has_a_limit_of_its_own_below_that_of_all(quarter: Till) -> None:
    at_most(100)
    assert told(quarter.get("/questionnaire")) == ('"requests";q=100;w=60', '"requests";r=99;t=45')
    for own, most in ((50, 50), (5000, 100), (None, 100)):
        with db.transaction(quarter.house.tenant) as session:
            set_limit(session, SYSTEM, client_id=quarter.client_id, requests=own)
        quarter.get("/questionnaire")  # by it the new limit is known
        assert told(quarter.get("/questionnaire"))[0] == f'"requests";q={most};w=60'


def test_who_shows_no_token_meets_no_limit(quarter: Till) -> None:
    quarter.token = "made-up"
    assert told(quarter.get("/questionnaire")) == ("", "")


def test_guesses_are_told_alike_whether_somebody_is_found_or_not(quarter: Till) -> None:
    at_most(100)
    answers = [quarter.post("/members/find", {"handle": handle}) for handle in ("tok-none", CARD, "tok-none")]
    assert [one.status_code for one in answers] == [404, 200, 404]
    assert [told(one) for one in answers] == [
        (
            f'"requests";q=100;w=60, {UNKNOWN}',
            f'"requests";r={99 - at};t=45, "member_unknown_here";r={here};t=1185, "member_unknown";r={all_};t=1185',
        )
        for at, here, all_ in ((0, 60, 1200), (1, 59, 1199), (2, 59, 1199))
    ]


def test_too_many_guesses_wait_for_the_end_of_the_hour(quarter: Till) -> None:
    for _ in range(60):
        assert quarter.post("/cards/find", {"number": "29000000"}).status_code == 404
    found: Any = quarter.post("/cards/find", {"number": "29000000"})
    assert (found.status_code, found.json["code"], found.headers["Retry-After"]) == (
        429, "too_many_tries", "1185",
    )  # fmt: skip
    assert '"card_unknown_here";r=0;t=1185, "card_unknown";r=1140;t=1185' in found.headers["RateLimit"]
    assert quarter.post("/members/find", {"handle": CARD}).status_code == 200


def test_the_tokens_endpoint_tells_how_many_wrong_secrets_are_left(quarter: Till) -> None:
    policy = '"client_secret";q=30;w=3600'
    assert told(quarter.sign_in()) == (policy, '"client_secret";r=30;t=1185')
    quarter.secret = "wrong"
    assert quarter.sign_in().status_code == 401
    assert told(quarter.sign_in()) == (policy, '"client_secret";r=29;t=1185')
    quarter.client_id = "client_nobody"
    assert told(quarter.sign_in()) == (policy, '"client_secret";r=30;t=1185')


def test_the_ceiling_is_a_setting() -> None:
    assert settings.read({}).api_requests_per_minute == 60_000
    assert settings.read({"API_REQUESTS_PER_MINUTE": "5"}).api_requests_per_minute == 5
    with pytest.raises(Refusal, match="API_REQUESTS_PER_MINUTE"):
        settings.read({"API_REQUESTS_PER_MINUTE": "0"})
