"""Claims on several hard bounds at once: whoever needs which of them in what order, nobody waits in a circle."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from threading import Barrier, Event, get_ident
from typing import Any

import pytest
from flask import Flask, request
from psycopg.errors import DeadlockDetected
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from coalition.promotions.budgets import left, under
from coalition.transactions import returns
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.models import Host
from tenants.runtime import db, web
from tenants.runtime.circles import CIRCLES_MAX
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.promotions.test_budgets import fixed, members, sale, tell
from tests.transactions.bank import balances, open_bank, query

HOST = "till.example"
WAIT_SECONDS_MAX = 20
Rooms = dict[int, int]


@pytest.fixture
def nearly_empty(live_database: Settings) -> House:
    """Two promotions, the first with five points left and the second with three."""
    db.configure(live_database.database_url)
    return open_bank([fixed("5", "5"), fixed("3", "3")])


def purses(bank: House) -> tuple[int, int]:
    first, second = query(bank, "select id from promotion order by code")
    return first[0], second[0]


def lefts(bank: House) -> list[int]:
    with db.transaction(bank.tenant) as session:
        return [left(session, purse) for purse in purses(bank)]


def claim(bank: House, run: Callable[[Rooms], Rooms]) -> Rooms:
    with db.transaction(bank.tenant) as session:
        return under(session, purses(bank), run)


@contextmanager
def told_when(thread: int, purse: int, asked: Event) -> Iterator[None]:
    """Set `asked` as soon as the thread is about to lock something of the purse."""

    def look(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if get_ident() == thread and "promotion_budget" in statement:
            rows = parameters if isinstance(parameters, list) else [parameters]
            if any(purse in row.values() for row in rows):
                asked.set()

    engine = db.configured()
    event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)


def test_who_turns_to_another_bound_when_one_is_short_never_waits_in_a_circle(nearly_empty: House) -> None:
    """Vera holds the second and turns to the first, as Olga holds the first and asks for the second."""
    first, second = purses(nearly_empty)
    short, asking = Event(), Event()

    def vera(rooms: Rooms) -> Rooms:
        if rooms[second] >= 7:
            rooms[second] -= 7
            return {second: 7}
        short.set()
        assert asking.wait(WAIT_SECONDS_MAX)
        found = {first: min(5, rooms[first])}
        rooms[first] -= found[first]
        return found

    def olga(rooms: Rooms) -> Rooms:
        assert short.wait(WAIT_SECONDS_MAX)
        found = {purse: min(2, rooms[purse]) for purse in (first, second)}
        for purse, points in found.items():
            rooms[purse] -= points
        return found

    def second_comes() -> Rooms:
        with told_when(get_ident(), second, asking):
            return claim(nearly_empty, olga)

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(claim, nearly_empty, vera), pool.submit(second_comes)]
        got = [one.result(WAIT_SECONDS_MAX) for one in both]
    given = [sum(found.get(purse, 0) for found in got) for purse in (first, second)]
    assert (lefts(nearly_empty), given[0]) == ([5 - given[0], 3 - given[1]], 5)


def till(bank: House, told: Mapping[str, Sequence[Told]]) -> Flask:
    """An application whose one address tells these sales, all in the same shard of every purse."""
    app = Flask("till")
    web.install(app)
    with db.transaction(None) as session:
        session.add(Host(name=HOST, tenant_id=bank.tenant))

    @app.post("/<name>")
    def tell_all(name: str) -> str:
        web.session().info["budget_shard"] = 0
        done = record(web.session(), SYSTEM, programme_id=bank.programme, source="till", told=told[name])
        return str(done.points.sum())

    return app


def test_a_request_that_waits_in_a_circle_is_done_anew(
    live_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who buys has one budget and gives back the other, as somebody else does it the other way round."""
    db.configure(live_database.database_url)
    at = [{"conditions": {"mcc": [mcc]}} for mcc in ("5411", "5412")]
    bank = open_bank([fixed("5", "320") | at[0], fixed("7", "320") | at[1]])
    vera, olga = members(bank, 2)
    tell(bank, sale(vera, "v1", mcc=5411), sale(olga, "o1", mcc=5412))
    assert lefts(bank) == [315, 313]
    app = till(
        bank,
        {
            "vera": [sale(vera, "v2", mcc=5412), sale(vera, "v3", mcc=5411, refund=True, original="v1")],
            "olga": [sale(olga, "o2", mcc=5411), sale(olga, "o3", mcc=5412, refund=True, original="o1")],
        },
    )
    barrier, begun, settle = Barrier(2), list[int](), returns.settle_returns

    def meet(session: Session, *known: Any, **more: Any) -> None:
        begun.append(1)
        if len(begun) <= 2:
            barrier.wait(WAIT_SECONDS_MAX)
        settle(session, *known, **more)

    monkeypatch.setattr(returns, "settle_returns", meet)

    def ask(name: str) -> tuple[int, str]:
        answer = app.test_client().post(f"/{name}", base_url=f"http://{HOST}")
        return answer.status_code, answer.text

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, ("vera", "olga"))) == [(200, "7"), (200, "5")]
    assert (balances(bank)[vera][0], balances(bank)[olga][0], lefts(bank)) == (7, 5, [315, 313])
    assert len(begun) == 3


def test_a_request_is_not_done_anew_for_ever(live_database: Settings) -> None:
    db.configure(live_database.database_url)
    app, begun = Flask("circles"), list[int]()
    web.install(app)

    @app.get("/")
    def again() -> str:
        begun.append(1)
        raise OperationalError("select", {}, DeadlockDetected())

    assert (app.test_client().get("/").status_code, len(begun)) == (500, 1 + CIRCLES_MAX)


def test_a_refusal_of_what_is_done_anew_is_answered_as_any_other(live_database: Settings) -> None:
    db.configure(live_database.database_url)
    app, begun = Flask("refusals"), list[int]()
    web.install(app)
    app.register_error_handler(Refusal, lambda refused: (refused.code, refused.status))

    @app.get("/")
    def again() -> str:
        begun.append(1)
        raise Refusal("no") if len(begun) > 1 else OperationalError("select", {}, DeadlockDetected())

    answer = app.test_client().get("/")
    assert (answer.status_code, answer.text, len(begun)) == (422, "no", 2)


def test_a_file_is_sent_whole_to_what_is_done_anew(live_database: Settings) -> None:
    db.configure(live_database.database_url)
    app, read = Flask("files"), list[bytes]()
    web.install(app)

    @app.post("/")
    def again() -> str:
        read.append(request.files["file"].read())
        if len(read) < 2:
            raise OperationalError("insert", {}, DeadlockDetected())
        return "done"

    answer = app.test_client().post("/", data={"file": (BytesIO(b"lines"), "file.csv")})
    assert (answer.text, read) == ("done", [b"lines", b"lines"])
