"""The short way of a plain sale books and answers what the way of all sales does, and leaves it the others."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from coalition.ledger.bulk import hold_off
from coalition.ledger.models import Purpose
from coalition.members.facts import note_fact
from coalition.members.models import FactKind
from coalition.members.queries import member_by_id
from coalition.members.referring import bring, code_of
from coalition.partners.actions import open_outlet
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.promotions.budgets import left
from coalition.promotions.models import Promotion
from coalition.transactions.online import selling
from coalition.transactions.online.booking import alone, book
from coalition.transactions.online.state import read
from coalition.transactions.online.terms import fresh_terms
from partner_portal.api import door
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.api.conftest import CARD, PHONE, Till
from tests.api.test_way import back, sale
from tests.ledger.house import new_member
from tests.transactions.bank import LONG_AGO, promotion

NOW = datetime(2031, 3, 10, 9, tzinfo=UTC)
NUMBERED: dict[str, set[str]] = {
    "transfer": {"id", "reverses"},
    "lot_use": {"transfer_id", "lot_id"},
    "revaluation": {"lots"},
    "lot": {"id"},
}
"""Columns derived from how often a balance has moved, which the two ways count differently."""
TABLES = (
    "purchase",
    "receipt",
    "transfer",
    "lot",
    "lot_use",
    "counter_sheet",
    "purchase_return",
    "revaluation",
)
NORTH = {"brands": ["north"]}
PROMOTIONS: list[dict[str, Any]] = [
    promotion(
        {"kind": "per_step", "points": "3", "step": "70"}, limits={"per_month": "40", "per_purchase": "25"}
    ),
    promotion(
        {"kind": "percent", "rate": "7"},
        funding=[{"participant": "bank", "share": 60}, {"participant": "shop", "share": 40}],
        where=[{"kind": "goods", "goods": NORTH}],
    ),
    promotion(
        {"kind": "fixed", "points": "11"}, trigger={"kind": "nth", "n": 3, "every": True}, valid={"days": 20}
    ),
    promotion(
        {"kind": "fixed", "points": "5"}, where=[{"kind": "attribute", "name": "city", "any_of": ["omsk"]}]
    ),
    promotion({"kind": "percent", "rate": "2"}, lane={"name": "best", "combine": "best", "priority": 1}),
    promotion(
        {"kind": "percent", "rate": "3"},
        lane={"name": "best", "combine": "best", "priority": 2},
        where=[{"kind": "outlet", "codes": ["north-1"]}],
    ),
    promotion(
        {"kind": "fixed", "points": "7"}, activation_delay_days=3, limits={"budget": "3000", "per_day": "14"}
    ),
    promotion({"kind": "fixed", "points": "9"}, limits={"first_members": 100, "times_per_week": 2}),
    promotion(
        {"kind": "percent", "rate": "4"}, where=[{"kind": "payment", "types": ["cash"], "share_from": "50"}]
    ),
]


@pytest.fixture
def shop(till: Till) -> Till:
    """The till's programme with promotions of most kinds, points that end, and an outlet."""
    with db.transaction(till.house.tenant) as session:
        programme = session.get_one(Programme, (till.house.tenant, till.house.programme))
        programme.expiry, programme.expiry_count, programme.activation_delay_days = "days", 90, 0
        open_outlet(
            session, SYSTEM, partner_id=2, code="north-1", name={"ru": "С", "en": "N"}, zone="Asia/Omsk",
            region="54", brand="north",
        )  # fmt: skip
        note_fact(session, till.member, FactKind.ATTRIBUTE, "city", value="omsk")
        for number, document in enumerate(PROMOTIONS):
            publish(
                session, SYSTEM, programme_id=till.house.programme, code=f"p{number}", document=document,
                starts_at=LONG_AGO,
            )  # fmt: skip
    return till


def a_sale(draw: random.Random, number: int) -> dict[str, Any]:
    at = NOW - timedelta(days=draw.randrange(40), minutes=draw.randrange(600))
    lines: list[dict[str, Any]] = []
    for i in range(draw.randrange(3)):
        goods = {"sku": f"s{i}", "quantity": draw.randint(1, 3), "brand": draw.choice(("", "north"))}
        lines.append(goods | {"amount": draw.randint(1, 90_000)})
    amount = sum(line["amount"] for line in lines) or draw.randint(1, 150_000)
    told: dict[str, Any] = {
        "member": {"handle": draw.choice((CARD, PHONE))}, "reference": f"s{number}", "occurred_at": at.isoformat(),
        "amount": amount, "lines": lines,
    }  # fmt: skip
    if draw.random() < 0.4:
        told["outlet"] = "north-1"
    if draw.random() < 0.3:
        told["payments"] = [{"type": draw.choice(("cash", "card")), "amount": amount}]
    return told


def a_day(till: Till, seed: int) -> list[tuple[int, bytes]]:
    """Sales, quotes, returns and look-ups as a till makes them: what each was answered."""
    draw, answers = random.Random(seed), []
    sales: list[dict[str, Any]] = []
    for number in range(40):
        kind = draw.choice(("sale", "sale", "sale", "quote", "back", "again", "balance"))
        if kind == "quote":
            found = till.post("/purchases/quote", a_sale(draw, number))
        elif kind == "balance":
            found = till.get(f"/members/{till.member}/balance")
        elif kind == "back" and sales:
            sale = draw.choice(sales)
            back = {
                "reference": f"r{number}", "original": sale["reference"], "occurred_at": NOW.isoformat(),
                "amount": draw.randint(1, sale["amount"]),
            }  # fmt: skip
            found = till.post("/returns", back, key=f"r{number}")
        elif kind == "again" and sales:
            found = till.post(
                "/purchases", sales[-1], key=draw.choice((f"again{number}", sales[-1]["reference"]))
            )
        else:
            sales.append(a_sale(draw, number))
            found = till.post("/purchases", sales[-1], key=sales[-1]["reference"])
        answers.append((found.status_code, found.data))
    return answers


def hidden(table: str, row: Any) -> set[str]:
    """What is not compared: of awards all is, because what comes again must meet their ids."""
    if table == "transfer" and row.purpose == Purpose.AWARD:
        return set()
    return NUMBERED.get(table, set())


def stored(till: Till) -> dict[str, list[str]]:
    """Everything that a day can leave in the database, balances but for their versions among it."""
    with db.transaction(till.house.tenant) as session:
        found = {
            table: sorted(
                str({name: value for name, value in row._mapping.items() if name not in hidden(table, row)})
                for row in session.execute(text(f"select * from {table}"))
            )
            for table in TABLES
        }
        rows = session.execute(text("select available, pending, held, debt from balance order by member_id"))
        kept = session.execute(text("select owner, key, status, fingerprint from kept_answer order by key"))
        return found | {"balance": [str(row) for row in rows], "kept_answer": [str(row) for row in kept]}


def tried(do: Callable[[], Any]) -> Any:
    """Do it, and then undo it."""
    connection = db.joined_connection()
    assert connection is not None
    connection.execute("savepoint tried")
    try:
        return do()
    finally:
        connection.execute("rollback to savepoint tried")


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_answer_and_book_the_same(shop: Till, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    booked: list[bool | None] = []

    def counted(*told: Any) -> bool | None:
        booked.append(book(*told))
        return booked[-1]

    monkeypatch.setattr(selling, "book", counted)
    with clock.stopped(NOW):
        assert shop.sign_in().status_code == 200
        assert (
            shop.get(f"/members/{shop.member}/balance").status_code == 200
        )  # from now on its token is known
        short = tried(lambda: (a_day(shop, seed), stored(shop)))
        monkeypatch.setattr(door, "shortly", lambda *_: None)
        long = tried(lambda: (a_day(shop, seed), stored(shop)))
    assert short[0] == long[0]
    for table, rows in long[1].items():
        assert short[1][table] == rows, table
    assert True in booked


def test_what_is_special_takes_the_way_of_all_sales(shop: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    booked: list[bool | None] = []
    monkeypatch.setattr(selling, "book", lambda *told: booked.append(book(*told)) or booked[-1])
    shop.post("/purchases", sale("known"), key="known")  # from now on the token is known

    def shortly(reference: str, **more: Any) -> tuple[int, list[bool | None]]:
        booked.clear()
        return shop.post("/purchases", sale(reference, **more), key=reference).status_code, list(booked)

    assert shortly("plain") == (201, [True])
    assert shortly("free", amount=0, lines=[{"sku": "gift", "amount": 0}]) == (201, [])
    assert shortly("twice") == (201, [True])
    assert shop.post("/purchases", sale("twice"), key="another").status_code == 201
    assert booked == [True, None]  # its own key told that it is there
    assert shortly("sum", amount=1) == (422, [])
    assert shortly("tomorrow", occurred_at="2099-01-01T00:00:00Z") == (422, [])
    assert shortly("elsewhere", partner="bakery") == (404, [])
    assert shortly("nobody", member={"handle": "tok-9999999"}) == (404, [])
    unnamed = shop.post("/returns", back("unnamed", original=None, member={"handle": CARD}), key="unnamed")
    assert unnamed.status_code == 201, unnamed.json
    assert shortly("after an unnamed return") == (201, [])


def test_both_ways_say_the_same_beside_the_answer(shop: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.post("/purchases", sale("known"), key="known")
    address = f"/members/{shop.member}/balance"
    short = shop.get(address), shop.post("/purchases/quote", sale("quote"))
    monkeypatch.setattr(door, "shortly", lambda *_: None)
    long = shop.get(address), shop.post("/purchases/quote", sale("quote"))
    for one, other in zip(short, long, strict=True):
        assert one.status == other.status
        assert sorted(one.headers.keys()) == sorted(other.headers.keys())
        same = ("Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options")
        assert [one.headers[name] for name in same] == [other.headers[name] for name in same]
    left = [int(told.headers["RateLimit"].split("r=")[1].split(";")[0]) for told in (*short, *long)]
    assert left == [left[0] - asked for asked in range(4)]  # each is counted once


def test_what_breaks_on_the_short_way_is_done_on_the_other(
    shop: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop.post("/purchases", sale("known"), key="known")

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(selling, "book", broken)
    assert shop.post("/purchases", sale("broken"), key="broken").status_code == 201
    assert "the short way to POST /purchases failed" in caplog.text


def test_a_budget_gives_what_it_has_and_no_more(shop: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    booked: list[bool | None] = []
    monkeypatch.setattr(selling, "book", lambda *told: booked.append(book(*told)) or booked[-1])
    shop.post("/purchases", sale("known"), key="known")
    document = promotion({"kind": "fixed", "points": "10"}, limits={"budget": "170"})
    with db.transaction(shop.house.tenant) as session:
        publish(
            session,
            SYSTEM,
            programme_id=shop.house.programme,
            code="hard",
            document=document,
            starts_at=LONG_AGO,
        )
    given = []
    for number in range(20):
        found = shop.post("/purchases", sale(f"b{number}"), key=f"b{number}").json
        given += [one["given"]["value"] for one in found["gives"] if one["promotion"] == "hard"]  # type: ignore[index]
    assert sum(given) == 170
    with db.transaction(shop.house.tenant) as session:
        promotion_id = session.scalars(select(Promotion.id).where(Promotion.code == "hard")).one()
        assert left(session, promotion_id) == 0
    assert True in booked  # as long as the shard that is drawn by lot has enough


def test_a_client_that_has_ended_a_token_given_up_and_a_host_that_moved_let_nobody_in(shop: Till) -> None:
    shop.post("/purchases", sale("known"), key="known")
    tenant = shop.house.tenant
    for undo in (
        "update api_client set ended_at = now()",
        "update api_client set scopes = '[]'",
        "insert into revoked_token (tenant_id, jti, until) select tenant_id, '{jti}', now() from api_client",
    ):
        jti = json.loads(base64.urlsafe_b64decode(shop.token.split(".")[1] + "=="))["jti"]

        def shut(undo: str = undo, jti: str = jti) -> int:
            with db.transaction(tenant) as session:
                session.execute(text(undo.format(jti=jti)))
            assert shop.get(f"/members/{shop.member}/balance").status_code in (401, 403)
            return shop.post("/purchases", sale("after"), key="after").status_code

        assert tried(shut) in (401, 403)
    assert shop.post("/purchases", sale("after"), key="after").status_code == 201


def moves_a_counter(shop: Till) -> None:
    """A sale of one kopeck gives nothing, and is the second of three."""
    assert shop.post("/purchases", sale("between", amount=1, lines=[]), key="between").status_code == 201


def waits(shop: Till) -> None:
    """A return of a sale that is not told yet."""
    early = back("early", original="after", member={"handle": CARD})
    assert shop.post("/returns", early, key="early").status_code == 201


def leaves_a_segment(shop: Till) -> None:
    with db.transaction(shop.house.tenant) as session:
        hold_off(session, [shop.member])
        session.execute(text("update member set segments = 0 where id = :id"), {"id": shop.member})


def becomes_known(shop: Till) -> None:
    with db.transaction(shop.house.tenant) as session:
        note_fact(session, shop.member, FactKind.ATTRIBUTE, "city", value="tomsk")


def brings_her(shop: Till) -> None:
    with db.transaction(shop.house.tenant) as session:
        friend = new_member(session, shop.house)
        session.execute(text("update member set enrolled_at = '2020-01-01' where id = :id"), {"id": friend})
        session.expire_all()
        bring(session, member_by_id(session, shop.member), code_of(session, friend))


def is_published(shop: Till) -> None:
    with db.transaction(shop.house.tenant) as session:
        publish(
            session, SYSTEM, programme_id=shop.house.programme, code="new", starts_at=LONG_AGO,
            document=promotion({"kind": "fixed", "points": "1000"}),
        )  # fmt: skip


@pytest.mark.parametrize(
    "between", [moves_a_counter, waits, leaves_a_segment, becomes_known, brings_her, is_published]
)
def test_what_comes_between_reading_and_booking_is_read_before_it_is_booked(
    shop: Till, between: Callable[[Till], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.post("/purchases", sale("known"), key="known")
    booked: list[bool | None] = []
    reads = [lambda: between(shop)]

    def slow(*told: Any, **more: Any) -> Any:
        found = read(*told, **more)
        while reads:
            reads.pop()()
            booked.clear()
        return found

    monkeypatch.setattr(selling, "book", lambda *told: booked.append(book(*told)) or booked[-1])
    monkeypatch.setattr(selling, "read", slow)
    after = tried(lambda: shop.post("/purchases", sale("after"), key="after").json)
    assert booked[0] is False
    monkeypatch.setattr(door, "shortly", lambda *_: None)
    between(shop)
    assert after == shop.post("/purchases", sale("after"), key="after").json


def test_terms_that_are_over_are_read_anew_outside_the_turn(
    shop: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.post("/purchases", sale("known"), key="known")
    booked: list[bool | None] = []
    turns: list[str] = []
    between = [lambda: is_published(shop)]

    @contextmanager
    def turn(tenant_id: int, member_id: UUID) -> Iterator[None]:
        with alone(tenant_id, member_id):
            turns.append("begins")
            try:
                yield
            finally:
                turns.append("ends")

    def slow(*told: Any, **more: Any) -> Any:
        found = read(*told, **more)
        if between:
            between.pop()()
        return found

    monkeypatch.setattr(selling, "CROWDED_SECONDS", 600.0)
    monkeypatch.setattr(selling, "alone", turn)
    monkeypatch.setattr(selling, "read", slow)
    monkeypatch.setattr(selling, "fresh_terms", lambda *told: turns.append("reads") or fresh_terms(*told))
    monkeypatch.setattr(selling, "book", lambda *told: booked.append(book(*told)) or booked[-1])
    assert shop.post("/purchases", sale("after"), key="after").status_code == 201
    assert turns == ["begins", "ends", "reads", "begins", "ends"]
    assert booked == [False, True]
