"""Postbacks: answered at once whatever they say, kept without anything of a person, believed when they are signed."""

import io
import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text

from coalition.offers.models import Network, Order, Postback
from coalition.offers.queries import _forged
from partner_portal.aggregator import jobs, postbacks
from partner_portal.aggregator.adapters.admitad import _shop
from partner_portal.aggregator.adapters.reading import page_of
from partner_portal.aggregator.jobs import read_postbacks
from partner_portal.aggregator.loopback.world import Shop as Told
from partner_portal.aggregator.loopback.world import shop_row
from tenants.runtime import clock, db
from tenants.runtime.models import OutboxJob
from tests.ledger.house import balance
from tests.offers.conftest import Mall


def send(
    query: str = "",
    body: bytes = b"",
    method: str = "POST",
    host: str = "test.localhost",
    code: str = "loopback",
    headers: Mapping[str, str] = {},
) -> int:
    """The status of the answer."""
    found: list[str] = []
    environ: Any = {
        "REQUEST_METHOD": method, "PATH_INFO": f"/{code}", "QUERY_STRING": query, "HTTP_HOST": host,
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }  # fmt: skip

    def start(line: str, _headers: object) -> Any:
        found.append(line)

    b"".join(postbacks.postbacks(environ, start))
    return int(found[0].split()[0])


def said(token: str, **more: str) -> dict[str, str]:
    usual = {
        "subid": token,
        "action_id": "77",
        "order_sum": "1250.00",
        "payment_sum": "187.50",
        "currency": "RUB",
    }
    return usual | more


def send_later(mall: Mall, token: str) -> None:
    """A signed one whose id is surely after those before."""
    with clock.stopped(clock.now() + timedelta(seconds=1)):
        send(urlencode(said(token, key=mall.word)))


def outcomes(mall: Mall) -> list[str | None]:
    with db.transaction(mall.house.tenant) as session:
        read_postbacks(session)
    with db.transaction(mall.house.tenant) as session:
        return list(session.scalars(select(Postback.outcome).order_by(Postback.id)))


def test_a_signed_one_makes_the_order_wait_by_get_and_by_post(mall: Mall, token: str) -> None:
    assert send(urlencode(said(token) | {"key": mall.word}), method="GET") == 200
    assert send(f"key={mall.word}", urlencode(said(token)).encode()) == 200
    assert sorted(map(str, outcomes(mall))) == ["known", "pending"]
    with db.transaction(mall.house.tenant) as session:
        assert balance(session, mall.member) == (0, 93, 0, 0)
        assert len(session.scalars(select(Order)).all()) == 1


def test_an_unsigned_one_is_answered_alike_and_only_has_the_network_asked(mall: Mall, token: str) -> None:
    assert send(urlencode(said(token) | {"key": "wrong"})) == 200
    with db.transaction(mall.house.tenant) as session:
        found = session.scalars(select(Postback)).one()
        found_network = mall.state()
        assert (found.signed, found.network_id) == (False, found_network.id)
    assert outcomes(mall) == ["unsigned"]
    with db.transaction(mall.house.tenant) as session:
        assert balance(session, mall.member) == (0, 0, 0, 0)
        assert session.scalars(select(Order)).all() == []


def test_nothing_of_a_person_is_kept(mall: Mall, token: str) -> None:
    send(urlencode(said(token, action_ip="10.1.2.3", user_agent="Browser/1", key=mall.word)))
    with db.transaction(mall.house.tenant) as session:
        assert session.scalars(select(Postback)).one().told == said(token)


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"code": "nobody"}, 404),
        ({"host": "other.localhost"}, 404),
        ({"method": "PUT"}, 405),
        ({"body": b"x" * 70_000}, 413),
        ({"code": "caf\u00e9"}, 404),
        ({"query": "&".join(f"a{n}=1" for n in range(500))}, 200),
        ({"query": "subid=%00%ff%00"}, 200),
        ({"body": b"AwinTransactionPush=" + b"[" * 60_000}, 200),
    ],
)  # fmt: skip
def test_whatever_comes_is_answered(mall: Mall, how: dict[str, Any], status: int) -> None:
    assert send(**how) == status


def test_many_forged_ones_move_nothing(mall: Mall, token: str) -> None:
    for number in range(30):
        send(urlencode(said(token, subid=f"{number:026d}", key=mall.word)))
        send(urlencode(said(token, currency="USD", key=mall.word)))
        send(urlencode(said(token, payment_sum="12500.00", key=mall.word)))
    assert set(outcomes(mall)) == {"unknown_click", "unclear", "too_much"}
    with db.transaction(mall.house.tenant) as session:
        assert balance(session, mall.member) == (0, 0, 0, 0)
        assert json.dumps([one.told for one in session.scalars(select(Postback))]).count("RUB") == 60
        assert session.scalars(select(OutboxJob).where(OutboxJob.name == "aggregator.reconcile")).all() == []


@pytest.mark.parametrize(
    "sum_", ["1e9999999", "1e999999999999999999", "NaN", "sNaN", "Infinity", "-1", "1" * 190]
)
def test_a_sum_that_is_none_keeps_no_other_waiting(mall: Mall, token: str, sum_: str) -> None:
    assert send(urlencode(said(token, payment_sum=sum_, order_sum=sum_))) == 200
    send_later(mall, token)
    assert outcomes(mall) == ["unsigned", "pending"]
    with db.transaction(mall.house.tenant) as session:
        assert balance(session, mall.member) == (0, 93, 0, 0)


def test_a_postback_that_breaks_is_unclear_and_the_next_one_is_read(
    mall: Mall, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = jobs.take_hint

    def breaks(session: Any, network: Any, hint: Any, *, signed: bool) -> str:
        if hint.external_id == "78":
            session.execute(text("select 1 / 0"))
        return usual(session, network, hint, signed=signed)

    monkeypatch.setattr(jobs, "take_hint", breaks)
    send(urlencode(said(token, action_id="78", key=mall.word)))
    send_later(mall, token)
    assert outcomes(mall) == ["unclear", "pending"]


@pytest.mark.parametrize("size", ["1e9999999%", "NaN%", "1e9999999RUB"])
def test_an_answer_with_such_a_sum_is_a_row_that_cannot_be_read(size: str) -> None:
    row = shop_row(Told(1, "A", "B", "a.example", 100, 7), "https://network.example")
    row["actions"][0]["payment_size"] = size
    assert page_of([row], _shop, None).unread == ["1"]


def test_strangers_fill_no_table_and_the_network_is_still_heard(
    mall: Mall, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postbacks, "STRANGERS_MOST", 5)
    now = clock.now()
    for hour in range(2):
        with clock.stopped(now + timedelta(hours=hour, minutes=hour)):
            assert {send(urlencode(said(token, key=f"wrong{n}"))) for n in range(12)} == {200}
    assert send(urlencode(said(token, key=mall.word))) == 200
    assert send(urlencode(said(token)), code="nobody") == 404
    with db.transaction(mall.house.tenant) as session:
        assert Counter(session.scalars(select(Postback.signed))) == {False: 10, True: 1}


def test_what_nobody_signed_is_forgotten_after_a_day(mall: Mall, token: str) -> None:
    send(urlencode(said(token, key="wrong")))
    send(urlencode(said(token, subid="a" * 26, key=mall.word)))
    assert Counter(outcomes(mall)) == {"unsigned": 1, "unknown_click": 1}
    now = clock.now()
    for days, left, forged in ((0, 2, 2), (1, 1, 0), (89, 1, 0), (90, 0, 0)):
        with (
            clock.stopped(now + timedelta(days=days, seconds=1)),
            db.transaction(mall.house.tenant) as session,
        ):
            network = session.get_one(Network, (mall.house.tenant, mall.network))
            jobs.tidy(session)
            assert (len(session.scalars(select(Postback.id)).all()), _forged(session, network)) == (
                left,
                forged,
            )
