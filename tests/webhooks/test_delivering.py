"""Deliveries: again after failures, never two at a time, and nobody waits for who is slow or dead."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from coalition.webhooks import calling, delivering
from coalition.webhooks.actions import end_endpoint, replay, rotate_endpoint
from coalition.webhooks.delivering import look, tidy
from coalition.webhooks.models import Attempt, Endpoint
from coalition.webhooks.schedule import DELAYS, LIFE
from tenants.actor import SYSTEM, Actor
from tenants.runtime import clock, db, jobs, queues
from tenants.runtime.errors import Conflict, Forbidden, NotFound
from tenants.runtime.settings import Settings
from tests.api.conftest import Till, furnished
from tests.api.test_way import sale
from tests.webhooks.conftest import NOON, attempts, deliver, due, listen, messages, next_at
from tests.webhooks.receiver import Receiver, receiving, verified


@pytest.fixture(autouse=True)
def no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays are exactly the standard's."""
    monkeypatch.setattr(delivering.random, "random", lambda: 0.0)


@contextmanager
def dead() -> Iterator[str]:
    """An address where connections are refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"


def sell(till: Till, reference: str = "1") -> Any:
    """A sale of now, and a token that is of now, too."""
    till.sign_in()
    sold = till.post("/purchases", sale(reference), key=f"sale {reference}")
    assert sold.status_code == 201, sold.json
    return sold.json


def test_after_a_500_it_is_tried_again_by_the_schedule_and_under_the_same_id(
    till: Till, receiver: Receiver
) -> None:
    tenant, now = till.house.tenant, NOON
    receiver.status, receiver.answer = 500, "х".encode() * 300 + b"\0"
    with clock.stopped(now):
        listen(till, receiver.url, "purchase.booked")
        sell(till)
        assert deliver(tenant) == 1
    for delay in (*DELAYS, None):
        [message] = messages(tenant)
        if delay is None:
            break
        assert (message.state, message.due_at, next_at(tenant)) == ("waiting", now + delay, now + delay)
        with clock.stopped(now + delay - timedelta(seconds=1)):
            assert deliver(tenant) == 0
        now += delay
        with clock.stopped(now):
            assert deliver(tenant) == 1
    assert (message.state, message.attempts, next_at(tenant)) == ("failed", 10, None)
    assert (len(receiver.got), len(set(receiver.ids))) == (10, 1)
    tried = attempts(tenant)
    assert {(one.status, one.answer) for one in tried} == {(500, "х" * 200)}
    assert tried[-1].at - tried[0].at == sum(DELAYS, timedelta())
    assert all(0 <= one.milliseconds < 10_000 for one in tried)


def test_one_success_ends_it(till: Till, receiver: Receiver) -> None:
    receiver.status = 503
    with clock.stopped(NOON):
        listen(till, receiver.url, "purchase.booked")
        sell(till)
        deliver(till.house.tenant)
    receiver.status = 200
    with clock.stopped(NOON + timedelta(seconds=5)):
        deliver(till.house.tenant)
    assert [one.state for one in messages(till.house.tenant)] == ["delivered"]
    assert [one.status for one in attempts(till.house.tenant)] == [503, 200]
    assert int(receiver.got[1][0]["webhook-timestamp"]) - int(receiver.got[0][0]["webhook-timestamp"]) == 5
    assert next_at(till.house.tenant) is None


def test_who_is_gone_is_told_nothing_more(till: Till, receiver: Receiver) -> None:
    receiver.status = 410
    endpoint_id, _ = listen(till, receiver.url)
    sell(till, "1")
    sell(till, "2")
    deliver(till.house.tenant)
    assert len(receiver.got) == 1
    assert [one.state for one in messages(till.house.tenant)] == ["failed", "failed"]
    sell(till, "3")
    assert len(messages(till.house.tenant)) == 2
    with db.transaction(till.house.tenant) as session:
        assert session.get_one(Endpoint, (till.house.tenant, endpoint_id)).ended_by == "receiver"
        with pytest.raises(Conflict, match="endpoint_ended"):
            replay(session, SYSTEM, endpoint_id=endpoint_id)


def test_redirects_are_not_followed(till: Till, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.status, receiver.location = 307, elsewhere.url
        listen(till, receiver.url)
        sell(till)
        deliver(till.house.tenant)
        assert (len(receiver.got), elsewhere.got) == (1, [])
    assert [one.status for one in attempts(till.house.tenant)] == [307]


def test_a_dead_receiver_does_not_hold_up_another_and_is_left_to_rest(till: Till, receiver: Receiver) -> None:
    tenant = till.house.tenant
    with dead() as nowhere, clock.stopped(NOON):
        listen(till, nowhere, "purchase.booked")
        listen(till, receiver.url, "purchase.booked")
        for number in range(8):
            sell(till, str(number))
        deliver(tenant)
        assert len(receiver.got) == 8
        failed = [one for one in attempts(tenant) if one.status is None]
        assert len(failed) == 5, "after five failures in a row it rests"
        assert failed[0].answer.startswith("ConnectError")
        assert next_at(tenant) == NOON + timedelta(seconds=30)
        sell(till, "while it rests")
        deliver(tenant)
        assert len([one for one in attempts(tenant) if one.status is None]) == 5
    with dead() as nowhere, clock.stopped(NOON + timedelta(seconds=30)):
        deliver(tenant)  # one is enough to see that it is still dead
    assert len([one for one in attempts(tenant) if one.status is None]) == 6
    assert next_at(tenant) == NOON + timedelta(seconds=90)


def test_once_it_answers_everything_that_waited_comes(till: Till, receiver: Receiver) -> None:
    tenant = till.house.tenant
    receiver.status = 500
    with clock.stopped(NOON):
        listen(till, receiver.url, "purchase.booked")
        for number in range(8):
            sell(till, str(number))
        deliver(tenant)
    receiver.status = 204
    with clock.stopped(NOON + timedelta(seconds=30)):
        deliver(tenant)
    assert {one.state for one in messages(tenant)} == {"delivered"}
    assert len(set(receiver.ids)) == 8


def test_what_waited_through_rests_too_long_is_given_up(till: Till, receiver: Receiver) -> None:
    tenant = till.house.tenant
    with clock.stopped(NOON):
        listen(till, receiver.url, "purchase.booked")
        sell(till)
    with clock.stopped(NOON + LIFE), db.transaction(tenant) as session:
        look(session)
    assert [one.state for one in messages(tenant)] == ["failed"]


def test_a_delivery_that_was_lost_between_two_is_found(till: Till, receiver: Receiver) -> None:
    tenant = till.house.tenant
    with clock.stopped(NOON):
        listen(till, receiver.url, "purchase.booked")
        sell(till)
        [asked] = due(tenant)
        with db.transaction(tenant) as session:
            session.delete(session.get_one(jobs.OutboxJob, (tenant, asked)))
    with clock.stopped(NOON + timedelta(minutes=2)):
        with db.transaction(tenant) as session:
            look(session)
        deliver(tenant)
    assert len(receiver.got) == 1


def test_rotation_signs_with_both_for_a_day(till: Till, receiver: Receiver) -> None:
    tenant = till.house.tenant
    with clock.stopped(NOON):
        endpoint_id, old = listen(till, receiver.url, "purchase.booked")
        with db.transaction(tenant) as session:
            new = rotate_endpoint(session, SYSTEM, endpoint_id=endpoint_id)
        sell(till, "1")
        deliver(tenant)
    later = NOON + timedelta(hours=24)
    with clock.stopped(later):
        sell(till, "2")
        deliver(tenant)
    first, second = receiver.got
    assert [verified(one, *first, now=NOON.timestamp()) for one in (old, new)] == [True, True]
    assert [verified(one, *second, now=later.timestamp()) for one in (old, new)] == [False, True]


def test_what_failed_is_replayed_under_its_id(till: Till, receiver: Receiver) -> None:
    tenant, now = till.house.tenant, NOON
    receiver.status = 500
    with clock.stopped(now):
        endpoint_id, _ = listen(till, receiver.url, "purchase.booked")
        sell(till)
        deliver(tenant)
    for delay in DELAYS:
        now += delay
        with clock.stopped(now):
            deliver(tenant)
    receiver.status = 204
    with clock.stopped(now + timedelta(days=1)):
        with db.transaction(tenant) as session:
            assert replay(session, SYSTEM, endpoint_id=endpoint_id) == 1
        deliver(tenant)
        [message] = messages(tenant)
        assert (message.state, len(receiver.got), len(set(receiver.ids))) == ("delivered", 11, 1)
        with db.transaction(tenant) as session:  # what was delivered, too, where it is named
            assert replay(session, SYSTEM, endpoint_id=endpoint_id) == 0
            assert replay(session, SYSTEM, endpoint_id=endpoint_id, messages=[message.id]) == 1
        deliver(tenant)
        with db.transaction(tenant) as session, pytest.raises(NotFound, match="message_unknown"):
            replay(session, SYSTEM, endpoint_id=endpoint_id, messages=[endpoint_id])
    assert (len(receiver.got), len(set(receiver.ids))) == (12, 1)


def test_what_is_done_with_is_forgotten_after_a_month(till: Till, receiver: Receiver) -> None:
    tenant = till.house.tenant
    with clock.stopped(NOON):
        listen(till, receiver.url)
        sell(till)
        deliver(tenant)
    with clock.stopped(NOON + timedelta(days=29)), db.transaction(tenant) as session:
        tidy(session)
    assert len(messages(tenant)) == 1
    with clock.stopped(NOON + timedelta(days=31)):
        with db.transaction(tenant) as session:
            tidy(session)
        sell(till)  # the same sale, long after its message was forgotten
    assert (messages(tenant), attempts(tenant)) == ([], [])


def test_nobody_adds_rotates_ends_or_replays_without_the_right(till: Till, receiver: Receiver) -> None:
    endpoint_id, _ = listen(till, receiver.url)
    nobody = Actor("staff", permissions=frozenset())
    with db.transaction(till.house.tenant) as session:
        for act in (rotate_endpoint, end_endpoint, replay):
            with pytest.raises(Forbidden):
                act(session, nobody, endpoint_id=endpoint_id)


def test_an_answer_a_byte_at_a_time_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "SECONDS_MAX", 0.5)

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):  # until nobody listens any more
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                time.sleep(0.05)
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        begun = time.monotonic()
        answer = calling.post(f"http://127.0.0.1:{server.getsockname()[1]}/", {}, b"{}", loopback=True)
        assert (answer.status, answer.text.split(":")[0]) == (None, "ReadTimeout")
        assert time.monotonic() - begun < 2
        thread.join()


def test_an_endpoint_has_one_call_at_a_time_and_sales_do_not_wait_for_it(live_database: Settings) -> None:
    """With real commits: while the receiver is slow, another worker leaves, and a sale is booked at once."""
    queues.disconnect()
    till = furnished("slow")
    with receiving(seconds=1.5) as slow:
        listen(till, slow.url, "purchase.booked")
        sell(till, "1")
        tenant = till.house.tenant
        [asked] = due(tenant)
        worker = threading.Thread(target=jobs.perform, args=(tenant, str(asked)))
        worker.start()
        while not slow.got:
            time.sleep(0.01)
        begun = time.monotonic()
        sell(till, "2")
        for one in due(tenant):
            jobs.perform(tenant, str(one))
        assert time.monotonic() - begun < 1.0
        assert len(slow.got) == 1
        worker.join()
        slow.seconds = 0
        deliver(tenant)
        assert sorted(one["data"]["reference"] for one in slow.told) == ["1", "2"]
    with db.transaction(tenant) as session:
        assert len(session.scalars(select(Attempt).where(Attempt.tenant_id == tenant)).all()) == 2
