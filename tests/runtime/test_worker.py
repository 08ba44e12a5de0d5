"""Workers as they really run: processes that are killed, a Redis that forgets, a database that falls over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import redis
from sqlalchemy import text

from tenants.runtime import db, jobs, queues
from tenants.runtime.embedded import Servers
from tenants.runtime.models import OutboxJob
from tenants.runtime.settings import Settings
from tests.runtime import working

PATIENCE_SECONDS = 150.0


def until(met: Callable[[], bool]) -> float:
    """Wait for something that must come; returns how many seconds it took."""
    begun = time.monotonic()
    while not met():
        assert time.monotonic() - begun < PATIENCE_SECONDS, "it did not come"
        time.sleep(0.01)
    return time.monotonic() - begun


@pytest.fixture
def start(live_database: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a worker that knows the jobs of these tests, as often as asked."""
    redis.Redis.from_url(live_database.redis_url).flushall()
    started: list[subprocess.Popen[bytes]] = []

    def start_one() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.runtime.working", "worker"]
        started.append(subprocess.Popen(command, env=live_database.environment()))
        return started[-1]

    yield start_one
    for one in started:
        one.kill()
        one.wait()


def ask(tenant: int, name: str, **arguments: object) -> UUID:
    with db.transaction(tenant) as session:
        return jobs.ask(session, name, **arguments)  # type: ignore[arg-type]


def done(tenant: int, *asked: UUID) -> bool:
    with db.transaction(tenant) as session:
        return all(session.get_one(OutboxJob, (tenant, one)).state == "done" for one in asked)


def begun(tenant: int) -> bool:
    """Whether a worker is in the middle of a job, which then has written to `numbering` and not committed."""
    held = (
        "select count(*) from pg_locks where relation = 'numbering'::regclass and mode = 'RowExclusiveLock'"
    )
    with db.transaction(tenant) as session:
        return bool(session.scalar(text(held)))


def test_who_is_slow_to_answer_a_call_keeps_no_other_job_waiting(
    start: Callable[[], subprocess.Popen[bytes]],
) -> None:
    """More slow calls than a worker has threads for them, of two tenants, and it stops when it is told to."""
    tenant, other = working.open_one(), working.open_one()
    worker = start()
    first = ask(tenant, "test.number", series="a")
    until(lambda: done(tenant, first))
    calls = [
        ask(tenant, "test.call", series=str(number), seconds=2.0) for number in range(queues.CALLERS + 2)
    ]
    until(lambda: begun(tenant))
    second = ask(other, "test.number", series="a")
    assert until(lambda: done(other, second)) < 1.0
    assert not any(done(tenant, one) for one in calls)
    until(lambda: done(tenant, *calls))
    assert working.numbers(tenant) == {"a": 1} | {str(number): 1 for number in range(len(calls))}
    ask(tenant, "test.call", series="last", seconds=60.0)
    until(lambda: begun(tenant))
    worker.terminate()
    assert worker.wait(20) == 0
    assert "last" not in working.numbers(tenant), "it was broken off, and waits for another worker"


def test_a_job_starts_at_once_and_a_worker_ends_when_asked(
    start: Callable[[], subprocess.Popen[bytes]],
) -> None:
    tenant = working.open_one()
    worker = start()
    first = ask(tenant, "test.number", series="a")
    until(lambda: done(tenant, first))
    second = ask(tenant, "test.number", series="a")
    assert until(lambda: done(tenant, second)) < 1.0
    worker.terminate()
    assert worker.wait(20) == 0


def test_a_killed_worker_has_done_nothing_and_its_successor_does_it_once(
    start: Callable[[], subprocess.Popen[bytes]],
) -> None:
    tenant = working.open_one()
    worker = start()
    slow = ask(tenant, "test.slow", series="a", seconds=3)
    until(lambda: begun(tenant))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert working.numbers(tenant) == {}
    start()
    until(lambda: done(tenant, slow))
    assert working.numbers(tenant) == {"a": 1}


def test_a_redis_that_forgets_everything_loses_nothing(
    start: Callable[[], subprocess.Popen[bytes]], live_database: Settings
) -> None:
    tenant = working.open_one()
    asked = [ask(tenant, "test.number", series="a") for _ in range(20)]
    redis.Redis.from_url(live_database.redis_url).flushall()
    start()
    until(lambda: done(tenant, *asked))
    assert working.numbers(tenant) == {"a": 20}


@pytest.mark.slow
def test_killed_servers_come_back_and_the_work_is_done_once(
    start: Callable[[], subprocess.Popen[bytes]], servers: Servers
) -> None:
    tenant = working.open_one()
    workers = [start(), start()]
    asked = [ask(tenant, "test.slow", series="a", seconds=0.2) for _ in range(20)]
    until(lambda: begun(tenant))
    for server in (servers.postgres, servers.redis):
        assert server is not None
        process = server.running()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        until(lambda process=process: not process.alive())  # type: ignore[misc]
        servers.start()
    for number, worker in enumerate(workers):
        if worker.poll() is not None:
            workers[number] = start()  # as the supervisor would
    until(lambda: done(tenant, *asked))
    assert working.numbers(tenant) == {"a": 20}
