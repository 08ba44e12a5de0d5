"""Work in the background at the desk: listed by key whatever its length; what failed is done again once, by right."""

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from admin.console import words
from tenants.actions import open_tenant, retry_job
from tenants.actor import Actor
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tenants.runtime import clock, db, jobs
from tenants.runtime.errors import Conflict
from tenants.runtime.ids import new_id
from tenants.runtime.models import OutboxJob
from tests.admin.world import Bank, furnished, get, plain, post, signed_in


def failed_job(bank: Bank) -> UUID:
    with db.transaction(bank.tenant) as session:
        row = OutboxJob(
            tenant_id=bank.tenant, id=new_id(), name="files.stage", arguments={"file_id": 1}, run_after=clock.now(),
            state="failed", attempts=8, finished_at=clock.now(), error="ValueError('+7 914 555 21 47')",
        )  # fmt: skip
        session.add(row)
        return row.id


def state(seen: Session, job_id: UUID) -> tuple[str, int]:
    seen.expire_all()
    row = seen.scalars(select(OutboxJob).where(OutboxJob.id == job_id)).one()
    return row.state, row.attempts


def test_what_failed_is_done_again_once_and_the_trail_says_by_whom(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    job_id = failed_job(bank)
    page = plain(get(client, "/desk/jobs/?show=failed"))
    assert "Posting of a bank file" in page
    assert "ValueError" in page
    assert "914 555" not in page
    answer = post(client, f"/desk/jobs/{job_id}/retry?show=failed")
    assert answer.headers["Location"] == "/desk/jobs/?show=failed"
    assert "The work is asked for again" in plain(get(client, "/desk/jobs/"))
    assert state(seen, job_id) == ("asked", 0)
    post(client, f"/desk/jobs/{job_id}/retry")
    assert "This work is not stopped any more. Nothing was changed" in plain(get(client, "/desk/jobs/"))
    entries = seen.scalars(select(AuditEntry).where(AuditEntry.verb == "job.retry")).all()
    assert [(one.subject, one.after, one.actor_name) for one in entries] == [
        (f"job {job_id}", {"job": "files.stage"}, "Dora Marsh")
    ]


def test_who_only_sees_cannot_do_it(desk: Flask, bank: Bank, seen: Session) -> None:
    job_id = failed_job(bank)
    client = signed_in(desk, bank.tenant, [Permission.DESK_JOB_READ])
    assert "Do again" not in plain(get(client, "/desk/jobs/"))
    assert post(client, f"/desk/jobs/{job_id}/retry").status_code == 403
    assert state(seen, job_id) == ("failed", 8)


def test_another_bank_s_work_is_not_there(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(None) as session:
        other = open_tenant(session, slug="elsewhere", hosts=[]).id
    theirs = furnished(other, "wexley")
    job_id = failed_job(theirs)
    assert post(client, f"/desk/jobs/{job_id}/retry").status_code == 404
    assert "files.stage" not in plain(get(client, "/desk/jobs/?show=failed")).split("</table>")[0]
    with db.transaction(other) as session:
        assert state(session, job_id) == ("failed", 8)


def test_the_second_of_two_is_refused(bank: Bank) -> None:
    job_id = failed_job(bank)
    actor = Actor("staff", None, frozenset({Permission.DESK_JOB_RETRY}))
    with db.transaction(bank.tenant) as session:
        retry_job(session, actor, job_id=job_id)
    with db.transaction(bank.tenant) as session, pytest.raises(Conflict):
        retry_job(session, actor, job_id=job_id)


@pytest.mark.parametrize(
    ("show", "index"), [("", "outbox_pkey"), ("and state = 'failed'", "outbox_failed_idx")]
)
def test_any_page_is_found_by_an_index(bank: Bank, show: str, index: str) -> None:
    with db.transaction(bank.tenant) as session:
        session.execute(
            text(
                "insert into outbox (tenant_id, id, name, arguments, run_after, state, attempts)"
                " select :tenant, gen_random_uuid(), 'files.stage', '{}', now(),"
                " case when n % 1000 = 0 then 'failed' else 'done' end, 0 from generate_series(1, 30000) n"
            ),
            {"tenant": bank.tenant},
        )
    with db.transaction(bank.tenant) as session:
        plan = "\n".join(
            session.scalars(
                text(
                    f"explain select * from outbox where tenant_id = :tenant and id < :key {show}"
                    " order by id desc limit 26"
                ),
                {"tenant": bank.tenant, "key": UUID("80000000-0000-7000-8000-000000000000")},
            )
        )
    assert f"Index Scan Backward using {index}" in plan
    assert "Sort" not in plan


def test_every_job_of_the_house_says_what_it_does() -> None:
    assert {name.partition(".")[0] for name in jobs._jobs} - set(words.WORK) <= {
        "test"
    }  # those of other tests


def test_routine_work_stands_behind_a_pill(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        jobs.ask(session, "privacy.tidy")
        jobs.ask(session, "privacy.copy", request_id="nobody")
    table = plain(get(client, "/desk/jobs/")).split("By the clock")[0]
    assert ("privacy.copy" in table, "privacy.tidy" in table) == (True, False)
    assert "privacy.tidy" in plain(get(client, "/desk/jobs/?show=all")).split("By the clock")[0]
    assert "every day" in plain(get(client, "/desk/jobs/"))
