"""Work for later: the outbox row decides; pointers may be lost or doubled."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tenants.runtime import clock, db, jobs, queues, relay
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.models import OutboxJob
from tenants.runtime.settings import Settings
from tests.runtime import working  # declares the jobs of these tests

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def row(tenant: int, asked_id: UUID) -> OutboxJob:
    with db.transaction(tenant) as session:
        return session.get_one(OutboxJob, (tenant, asked_id))


def ask(tenant: int, name: str, **arguments: object) -> UUID:
    with db.transaction(tenant) as session:
        return jobs.ask(session, name, **arguments)  # type: ignore[arg-type]


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[UUID]]:
    """What went to a queue, with a Redis that forgets it at once."""
    seen: list[UUID] = []
    monkeypatch.setattr(queues, "connected", lambda: True)
    monkeypatch.setattr(queues, "push", lambda _queue, _tenant, asked_id, _seconds: seen.append(asked_id))
    monkeypatch.setattr(queues, "waiting", lambda _queue: set())
    return seen


def test_the_work_and_its_mark_are_one_transaction(tenant: int) -> None:
    asked = ask(tenant, "test.number", series="a")
    jobs.perform(tenant, str(asked))
    assert working.numbers(tenant) == {"a": 1}
    done = row(tenant, asked)
    assert (done.state, done.error, done.finished_at is not None) == ("done", None, True)


def test_a_pointer_followed_twice_works_once(tenant: int) -> None:
    asked = ask(tenant, "test.number", series="a")
    for _ in range(2):
        jobs.perform(tenant, str(asked))
    assert working.numbers(tenant) == {"a": 1}


def test_a_pointer_to_nothing_does_nothing(tenant: int) -> None:
    jobs.perform(tenant, str(new_id()))
    assert working.numbers(tenant) == {}


def test_another_tenant_cannot_do_it(tenant: int) -> None:
    asked = ask(tenant, "test.number", series="a")
    jobs.perform(tenant + 1, str(asked))
    assert row(tenant, asked).state == "asked"


def test_a_refusal_is_final_and_undoes_the_work(tenant: int) -> None:
    asked = ask(tenant, "test.refuses", series="a")
    jobs.perform(tenant, str(asked))
    failed = row(tenant, asked)
    assert (failed.state, failed.error, failed.attempts) == ("failed", "not_today (day=Sunday)", 0)
    assert working.numbers(tenant) == {}


def test_an_outage_is_waited_out_twice_as_long_each_time(tenant: int) -> None:
    with clock.stopped(NOON):
        asked = ask(tenant, "test.outage")
        jobs.perform(tenant, str(asked))
        assert row(tenant, asked).run_after == NOON + timedelta(seconds=1)
        jobs.perform(tenant, str(asked))
        assert row(tenant, asked).attempts == 1, "it was not due"
    with clock.stopped(NOON + timedelta(seconds=1)):
        jobs.perform(tenant, str(asked))
    waiting = row(tenant, asked)
    assert (waiting.state, waiting.attempts, waiting.error) == ("asked", 2, "bank_away")
    assert waiting.run_after == NOON + timedelta(seconds=3)


def test_the_wait_grows_to_five_minutes_and_no_further() -> None:
    assert [jobs.delay(n).seconds for n in (1, 2, 3, 8, 9, 10, 100)] == [1, 2, 4, 128, 256, 300, 300]


def test_a_mistake_is_tried_eight_times(tenant: int, caplog: pytest.LogCaptureFixture) -> None:
    with clock.stopped(NOON):
        asked = ask(tenant, "test.mistake")
    for attempt in range(8):
        assert row(tenant, asked).state == "asked", attempt
        with clock.stopped(NOON + timedelta(hours=attempt)):
            jobs.perform(tenant, str(asked))
    failed = row(tenant, asked)
    assert (failed.state, failed.attempts, failed.error) == (
        "failed",
        8,
        "ZeroDivisionError('division by zero')",
    )


def test_a_full_disk_is_waited_out_however_long_it_stays_full(tenant: int) -> None:
    with clock.stopped(NOON):
        asked = ask(tenant, "test.disk")
    for attempt in range(20):
        with clock.stopped(NOON + timedelta(hours=attempt)):
            jobs.perform(tenant, str(asked))
    waiting = row(tenant, asked)
    assert (waiting.state, waiting.attempts) == ("asked", 20)
    assert waiting.error == "[Errno 28] No space left on device"


def test_a_job_that_failed_is_asked_for_anew(tenant: int, pushed: list[UUID]) -> None:
    asked = ask(tenant, "test.refuses", series="a")
    jobs.perform(tenant, str(asked))
    with clock.stopped(NOON), db.transaction(tenant) as session:
        assert [(job.name, job.error) for job in jobs.failed(session)] == [
            ("test.refuses", "not_today (day=Sunday)")
        ]
        assert [job.id for job in jobs.retry(session)] == [asked]
        assert jobs.failed(session) == []
    again = row(tenant, asked)
    assert (again.state, again.attempts, again.run_after, again.finished_at) == ("asked", 0, NOON, None)
    with clock.stopped(NOON):
        assert (relay.relay(tenant), pushed) == (1, [asked, asked])


def test_what_is_rolled_back_was_never_asked(tenant: int, pushed: list[UUID]) -> None:
    with pytest.raises(Refusal), db.transaction(tenant) as session:
        jobs.ask(session, "test.number", series="a")
        raise Refusal("changed_my_mind")
    assert pushed == []
    with db.transaction(tenant) as session:
        assert session.scalars(select(OutboxJob)).all() == []


def test_the_pointer_leaves_after_the_commit(tenant: int, pushed: list[UUID]) -> None:
    with db.transaction(tenant) as session:
        asked = jobs.ask(session, "test.number", series="a")
        assert pushed == []
    assert pushed == [asked]


def test_a_savepoint_pushes_nothing_before_the_whole_is_committed(tenant: int, pushed: list[UUID]) -> None:
    with db.transaction(tenant) as session:
        with session.begin_nested():
            kept = jobs.ask(session, "test.number", series="a")
        with pytest.raises(Refusal), session.begin_nested():
            jobs.ask(session, "test.number", series="b")
            raise Refusal("changed_my_mind")
        assert pushed == []
    assert pushed == [kept]


def test_a_transaction_asks_once_even_if_a_savepoint_took_its_wish_back(
    tenant: int, pushed: list[UUID]
) -> None:
    with db.transaction(tenant) as session:
        with pytest.raises(Refusal), session.begin_nested():
            jobs.ask_once(session, "test.number")
            raise Refusal("changed_my_mind")
        with session.begin_nested():
            first = jobs.ask_once(session, "test.number")
        assert [jobs.ask_once(session, "test.number") for _ in range(2)] == [first, first]
    assert pushed == [first]
    with db.transaction(tenant) as session:
        assert session.scalars(select(OutboxJob.id).where(OutboxJob.name == "test.number")).all() == [first]


def test_a_trial_asks_for_nothing(tenant: int, pushed: list[UUID]) -> None:
    before, tried = UUID(int=1), UUID(int=2)
    with db.transaction(tenant) as session:
        jobs.ask_each(session, "test.number", before)
        kept = jobs.ask_once(session, "test.refuses")
        with db.tried(session):
            jobs.ask_each(session, "test.number", tried)
            jobs.ask_once(session, "test.refuses")
            jobs.ask(session, "test.number", series="a")
        with pytest.raises(Refusal), db.tried(session):
            jobs.ask_each(session, "test.number", tried)
            raise Refusal("changed_my_mind")
        assert jobs.ask_once(session, "test.refuses") == kept
    with db.transaction(tenant) as session:
        asked = {one.name: one.arguments for one in session.scalars(select(OutboxJob))}
    assert asked == {"test.number": {"items": [str(before)]}, "test.refuses": {}}
    assert len(pushed) == 2


def test_work_for_later_waits_for_the_relay(tenant: int, pushed: list[UUID]) -> None:
    with clock.stopped(NOON):
        asked = ask(tenant, "test.number", series="a", run_after=NOON + timedelta(minutes=1))
        assert (relay.relay(tenant), pushed) == (0, [])
    with clock.stopped(NOON + timedelta(minutes=1)):
        assert (relay.relay(tenant), pushed) == (1, [asked])
        assert relay.relay(tenant) == 0


def test_a_lost_pointer_is_sent_again_after_a_while(tenant: int, pushed: list[UUID]) -> None:
    with clock.stopped(NOON):
        asked = ask(tenant, "test.number", series="a")
    with clock.stopped(NOON + timedelta(seconds=5)):
        assert relay.relay(tenant) == 0
    with clock.stopped(NOON + timedelta(seconds=6)):
        assert relay.relay(tenant) == 1
    assert pushed == [asked, asked]


def test_a_pointer_still_in_its_queue_is_not_sent_again(
    tenant: int, pushed: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.stopped(NOON):
        asked = ask(tenant, "test.number", series="a")
    monkeypatch.setattr(queues, "waiting", lambda _queue: {f"{tenant}-{asked}"})
    with clock.stopped(NOON + timedelta(hours=1)):
        assert relay.relay(tenant) == 0


def test_a_schedule_asks_once_per_period_whoever_asks(tenant: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_schedules", [jobs.Schedule("test.number", 60)])
    for seconds in (0, 1, 59, 60, 119):
        with clock.stopped(NOON + timedelta(seconds=seconds)), db.transaction(tenant) as session:
            relay._begun.clear()  # as another process would
            relay.schedule(session)
            session.execute(text("update outbox set state = 'done', finished_at = now()"))
    with db.transaction(tenant) as session:
        asked = session.scalars(select(OutboxJob.run_after).order_by(OutboxJob.run_after)).all()
    assert asked == [NOON, NOON + timedelta(minutes=1)]


def test_a_schedule_does_not_pile_up_behind_a_job_that_waits(
    tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_schedules", [jobs.Schedule("test.number", 60)])
    for minutes in range(3):
        with clock.stopped(NOON + timedelta(minutes=minutes)), db.transaction(tenant) as session:
            relay.schedule(session)
    with db.transaction(tenant) as session:
        assert session.scalars(select(OutboxJob.run_after)).all() == [NOON]


def test_what_was_done_is_forgotten_after_a_week_and_what_failed_is_not(
    session: Session, tenant: int
) -> None:
    for state in ("done", "failed"):
        for days in (6, 8):
            session.add(
                OutboxJob(
                    tenant_id=tenant,
                    id=new_id(),
                    name="test.number",
                    arguments={},
                    run_after=NOON,
                    state=state,
                    finished_at=NOON - timedelta(days=days),
                )
            )
    session.flush()  # tidy deletes by statement
    with clock.stopped(NOON):
        relay.tidy(session)
    left = session.execute(select(OutboxJob.state, OutboxJob.finished_at).order_by(OutboxJob.state)).all()
    assert [state for state, _ in left] == ["done", "failed", "failed"]


def test_the_pointer_leaves_also_when_what_was_asked_is_expired(
    live_database: Settings, pushed: list[UUID]
) -> None:
    """After a real commit nothing can be read any more: a look at an expired row would break what is done already."""
    with db.transaction(working.open_one()) as session:
        asked = jobs.ask(session, "test.number", series="a")
        session.flush()
        session.expire_all()
    assert pushed == [asked]


def test_a_row_being_worked_on_is_left_alone(live_database: Settings) -> None:
    tenant = working.open_one()
    asked = ask(tenant, "test.number", series="a")
    with db.transaction(tenant) as session:
        session.scalars(select(OutboxJob).where(OutboxJob.tenant_id == tenant).with_for_update()).one()
        jobs.perform(tenant, str(asked))
        with clock.stopped(clock.now() + timedelta(hours=1)):
            assert relay.relay(tenant) == 0
    assert working.numbers(tenant) == {}
    jobs.perform(tenant, str(asked))
    assert working.numbers(tenant) == {"a": 1}


def test_two_jobs_cannot_have_one_name() -> None:
    with pytest.raises(AssertionError, match=r"test\.number"):
        jobs.job("test.number")(working.number)
