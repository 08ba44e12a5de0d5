"""A sandbox's clock: moved on, it does what time does; nobody else's moves with it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import event, select, text

from coalition.members import sweep
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.messages import sending
from coalition.messages.actions import send_text
from coalition.messages.models import TextMessage, What
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.transactions import anniversaries, overdue
from coalition.transactions.models import Occasion
from tenants.actor import SYSTEM
from tenants.auth.codes import LIVES, Verdict, send_code, try_code
from tenants.models import Sandbox
from tenants.runtime import clock, db, idempotency
from tenants.runtime.settings import Settings
from tests.api.conftest import CARD, PHONE, Till, furnished
from tests.api.test_way import back, sale
from tests.ledger.house import balance
from tests.transactions.bank import LONG_AGO, promotion

JOBS = (anniversaries, idempotency, overdue, sweep)  # imported for what they do on schedule
NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)


def made_sandbox(till: Till) -> Till:
    """The same tenant as a sandbox, whose points end after thirty days."""
    with db.transaction(till.house.tenant) as session:
        session.add(Sandbox(tenant_id=till.house.tenant, terms_of="bank"))
        programme = session.get_one(Programme, (till.house.tenant, till.house.programme))
        programme.expiry, programme.expiry_count, programme.return_policy = "days", 30, "by_terms"
        programme.return_wait_days = 10
    db._on_time.clear()  # as in a process that has not met it yet
    return till


@pytest.fixture
def stopped() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


@pytest.fixture
def sandbox(stopped: None, till: Till) -> Till:
    return made_sandbox(till)


def moved(till: Till, key: str, **told: Any) -> Any:
    return till.post("/sandbox/clock", told, key=key)


def balance_of(till: Till) -> Any:
    return till.get(f"/members/{till.member}/balance").json


def test_points_burn_when_the_clock_is_moved_beyond_their_last_day(sandbox: Till) -> None:
    sold = sandbox.post("/purchases", sale(), key="s")
    assert (sold.status_code, sold.json["points"]) == (201, 50)  # type: ignore[index]
    assert balance_of(sandbox)["burns"] == [{"points": 50, "last_day": "2026-12-20"}]
    on_it = moved(sandbox, "m1", now="2026-12-20T23:59:59+12:00")
    assert (on_it.status_code, on_it.json["now"]) == (200, "2026-12-20T11:59:59Z")  # type: ignore[index]
    assert balance_of(sandbox)["available"] == 50
    after = moved(sandbox, "m2", now="2026-12-21T00:00:00+12:00")
    assert after.json == {
        "now": "2026-12-20T12:00:00Z", "real_now": "2026-11-20T06:00:00Z", "latest": "2036-11-20T06:00:00Z",
    }  # fmt: skip
    assert balance_of(sandbox) | {"burns": []} == {
        "available": 0, "pending": 0, "held": 0, "debt": 0, "scale": 0, "burns": [],
    }  # fmt: skip
    kinds = [(one["kind"], one["points"]) for one in history_of(sandbox)]
    assert kinds == [("expired", -50), ("purchase", 50)]


def history_of(till: Till) -> Any:
    return till.get(f"/members/{till.member}/history").json["changes"]  # type: ignore[index]


def test_what_comes_back_after_its_points_burnt_takes_nothing_twice(sandbox: Till) -> None:
    sandbox.post("/purchases", sale(), key="s")
    moved(sandbox, "m", advance_days=40)
    found = sandbox.post("/returns", back(occurred_at="2026-12-29T10:00:00+12:00"), key="r").json
    assert (found["state"], found["points"], found["balance"]["debt"]) == ("applied", 0, 0)  # type: ignore[index]
    kinds = [(one["kind"], one["points"]) for one in history_of(sandbox)]
    assert kinds == [("return", 0), ("expired", -50), ("purchase", 50)]


def test_a_return_that_finds_no_sale_is_taken_by_terms_when_it_has_waited(sandbox: Till) -> None:
    sandbox.post("/purchases", sale(), key="s")
    unknown = {"member": {"handle": CARD}, "original": "nobody knows", "amount": 40_000, "lines": []}
    found = sandbox.post("/returns", back(**unknown), key="r").json
    assert (found["state"], found["balance"]["available"]) == ("waiting", 50)  # type: ignore[index]
    moved(sandbox, "m1", advance_days=10)
    assert balance_of(sandbox)["available"] == 50
    moved(sandbox, "m2", advance_days=1)
    assert balance_of(sandbox)["available"] == 30


def test_a_sale_of_the_sandbox_is_booked_at_its_own_time(sandbox: Till) -> None:
    tomorrow = sale(occurred_at="2026-12-25T10:30:00+12:00")
    refused = sandbox.post("/purchases", tomorrow, key="s")
    assert (refused.status_code, refused.json["code"]) == (422, "in_the_future")  # type: ignore[index]
    moved(sandbox, "m", advance_days=40)
    assert sandbox.post("/purchases", tomorrow, key="s").status_code == 201
    assert balance_of(sandbox)["burns"] == [{"points": 50, "last_day": "2027-01-29"}]


def test_days_that_are_skipped_bring_what_they_bring(sandbox: Till) -> None:
    with db.transaction(sandbox.house.tenant) as session:
        born = promotion(
            {"kind": "fixed", "points": "7"}, trigger={"kind": "birthday"}, valid={"days": 900}, conditions={}
        )
        publish(
            session, SYSTEM, programme_id=sandbox.house.programme, code="born", document=born,
            starts_at=LONG_AGO,
        )  # fmt: skip
        person = Person("Olga", born_on=datetime(1990, 2, 10, tzinfo=UTC).date())
        olga = enrol(session, SYSTEM, programme_id=sandbox.house.programme, person=person).id
    moved(sandbox, "m", advance_days=90)
    with db.transaction(sandbox.house.tenant) as session:
        told = session.scalars(select(Occasion).where(Occasion.tenant_id == sandbox.house.tenant)).all()
        days = [
            (one.member_id, clock.business_day("Asia/Kamchatka", one.occurred_at).isoformat()) for one in told
        ]
        assert days == [(olga, "2027-02-10")]
        assert balance(session, olga)[0] == 7


def test_the_same_request_moves_the_clock_once(sandbox: Till) -> None:
    first, again = (moved(sandbox, "m", advance_days=35) for _ in range(2))
    assert first.json["now"] == again.json["now"] == "2026-12-25T06:00:00Z"  # type: ignore[index]
    assert again.headers["Idempotent-Replayed"] == "true"
    later = moved(
        sandbox, "another", advance_days=35
    )  # by now the first answer is older than answers are kept
    assert later.json["now"] == "2027-01-29T06:00:00Z"  # type: ignore[index]
    assert moved(sandbox, "m", advance_days=35).json == first.json
    assert sandbox.get("/sandbox/clock").json["now"] == "2027-01-29T06:00:00Z"  # type: ignore[index]


@pytest.mark.parametrize(
    ("told", "code", "ending"),
    [
        ({"now": "2026-11-20T05:59:59Z"}, "clock_back", "2026-11-20T06:00:00+00:00 already"),
        ({"now": "2036-11-20T06:00:01Z"}, "clock_too_far", "2036-11-20T06:00:00+00:00 at most"),
        ({"now": "2027-12-25T06:00:01Z"}, "clock_move_too_long", "400 days at most at a time"),
    ],
)  # fmt: skip
def test_where_the_clock_cannot_go_is_said(sandbox: Till, told: Any, code: str, ending: str) -> None:
    found = moved(sandbox, "m", **told)
    assert (found.status_code, found.json["code"]) == (422, code)
    assert found.json["detail"].endswith(ending)
    assert sandbox.get("/sandbox/clock").json["now"] == "2026-11-20T06:00:00Z"  # type: ignore[index]


@pytest.mark.parametrize(
    ("told", "pointer", "code"),
    [
        ({}, "", "now_or_days"),
        ({"now": "2027-01-01T00:00:00Z", "advance_days": 1}, "", "now_or_days"),
        ({"advance_days": 0}, "/advance_days", "greater_than_equal"),
        ({"advance_days": 401}, "/advance_days", "less_than_equal"),
        ({"now": "2027-01-01T00:00:00"}, "/now", "timezone_aware"),
    ],
)
def test_a_move_that_is_unclear_is_refused_at_its_field(
    sandbox: Till, told: Any, pointer: str, code: str
) -> None:
    found = moved(sandbox, "m", **told).json
    assert (found["code"], [(one["pointer"], one["code"]) for one in found["errors"]]) == (
        "body_invalid", [(pointer, code)],
    )  # fmt: skip


def test_nobody_elses_clock_can_be_moved(stopped: None, till: Till) -> None:
    for found in (moved(till, "m", advance_days=1), till.get("/sandbox/clock")):
        assert (found.status_code, found.json["code"]) == (404, "not_a_sandbox")  # type: ignore[index]
        assert "Coalition-Sandbox" not in found.headers


def test_without_its_scope_the_clock_is_not_told(sandbox: Till) -> None:
    sandbox.sign_in(scope="purchases:write")
    for found in (moved(sandbox, "m", advance_days=1), sandbox.get("/sandbox/clock")):
        assert (found.status_code, found.json["code"]) == (403, "scope_missing")  # type: ignore[index]


def test_a_sandbox_says_that_it_is_one(sandbox: Till) -> None:
    answers = (
        sandbox.sign_in(),
        sandbox.get("/sandbox/clock"),
        sandbox.get(f"/members/{sandbox.member}/balance"),
        sandbox.post("/purchases", sale(), key="s"),
        sandbox.post("/purchases", sale(amount=0, lines=[]), key="refused"),
    )
    assert [one.headers["Coalition-Sandbox"] for one in answers] == ["true"] * 5


def test_tokens_go_by_everybodys_clock(sandbox: Till) -> None:
    moved(sandbox, "m", advance_days=40)
    assert sandbox.get("/sandbox/clock").status_code == 200
    assert sandbox.sign_in().status_code == 200
    with clock.stopped(NOW + timedelta(seconds=901)):
        found = sandbox.get("/sandbox/clock")
        assert (found.status_code, found.json["code"]) == (401, "token_invalid")  # type: ignore[index]


def test_a_code_and_its_text_are_of_the_sandboxs_time(sandbox: Till) -> None:
    moved(sandbox, "m", advance_days=40)
    with db.transaction(sandbox.house.tenant) as session:
        sent = send_code(session, phone=PHONE, member_id=sandbox.member, address="10.0.0.1")
        assert sent is not None
        assert sent[0].expires_at == NOW + timedelta(days=40) + LIVES
        programme = session.get_one(Programme, (sandbox.house.tenant, sandbox.house.programme))
        text_id = send_text(
            session,
            programme,
            what=What.SIGN_IN,
            member_id=None,
            phone="",
            message="Hello",
            until=sent[0].expires_at,
        )
    with db.transaction(sandbox.house.tenant) as session:
        sending.send(session, message_id=str(text_id))
        assert session.get_one(TextMessage, (sandbox.house.tenant, text_id)).state == "sent"
        found = try_code(session, code_id=sent[0].id, code=sent[1], address="10.0.0.1")
        assert found == (Verdict.RIGHT, sandbox.member)


def test_a_real_tenant_is_not_moved_and_asks_nothing(sandbox: Till) -> None:
    other = furnished("bank", card="tok-other")
    other.sign_in()
    told = sale(member={"id": str(other.member)})
    with db.transaction(other.house.tenant) as session:
        programme = session.get_one(Programme, (other.house.tenant, other.house.programme))
        programme.expiry, programme.expiry_count = "days", 30
    other.post("/purchases", told, key="s")
    moved(sandbox, "m", advance_days=40)
    assert "Coalition-Sandbox" not in other.get(f"/members/{other.member}/balance").headers
    assert balance_of(other)["burns"] == [{"points": 50, "last_day": "2026-12-20"}]
    late = other.post(
        "/purchases", told | {"reference": "2", "occurred_at": "2026-12-25T10:30:00+12:00"}, key="2"
    )
    assert late.json["code"] == "in_the_future"  # type: ignore[index]
    asked: list[str] = []
    engine = db.configured()
    event.listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    with db.transaction(other.house.tenant) as session:
        assert clock.now() == NOW
        session.execute(text("select 1"))
        with db.transaction(sandbox.house.tenant):
            assert clock.now() == NOW + timedelta(days=40)
        assert clock.now() == NOW
    assert sum("sandbox" in one for one in asked) == 1


@pytest.mark.slow
def test_threads_of_two_tenants_each_have_their_own_time(live_database: Settings) -> None:
    real, ahead = furnished("bank", card="tok-other"), made_sandbox(furnished("shop"))
    real.sign_in(), ahead.sign_in()
    assert moved(ahead, "m", advance_days=40).status_code == 200
    begun, together, wrong = clock.now(), Barrier(4), []

    def call(till: Till, number: int, days: int) -> None:
        together.wait()
        for turn in range(15):
            at = clock.real_now() + timedelta(days=days)
            told = sale(
                f"{number}-{turn}", member={"id": str(till.member)}, occurred_at=at.isoformat(), amount=1000, lines=[]
            )  # fmt: skip
            sold = till.post("/purchases", told, key=f"{number}-{turn}")
            late = told | {"reference": "late", "occurred_at": (at + timedelta(hours=1)).isoformat()}
            refused = till.post("/purchases", late, key=f"late-{number}-{turn}")
            if (sold.status_code, refused.json["code"]) != (201, "in_the_future"):  # type: ignore[index]
                wrong.append((sold.json, refused.json))

    threads = [
        Thread(target=call, args=(till, n, days)) for n in (0, 1) for till, days in ((real, 0), (ahead, 40))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    for till, days in ((real, 0), (ahead, 40)):
        with db.transaction(till.house.tenant) as session:
            booked = session.execute(
                text("select count(*), min(booked_at), max(booked_at) from purchase")
            ).one()
            since = begun + timedelta(days=days)
            assert booked[0] == 30
            assert since <= booked[1] <= booked[2] <= since + timedelta(minutes=5)
    assert clock.now() - begun < timedelta(minutes=5)
