"""A worker killed at random points of the making of a file: it is the file that an undisturbed one makes, and once."""

import random
import signal
import time
from uuid import UUID

import pytest
from sqlalchemy import select, text

from coalition.reports.exports import jobs
from coalition.reports.exports.actions import ask_export, export_bytes
from coalition.reports.exports.queries import own_export
from tenants.actions import open_tenant
from tenants.actor import Actor
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db, queues
from tenants.runtime.settings import Settings
from tests.cabinet.world import furnish
from tests.kill.conftest import Start
from tests.ledger.house import drain
from tests.people import hire
from tests.reports.test_exports import many_purchases

PATIENCE_SECONDS, ROWS, KILLS = 180.0, 8_000, 2

pytestmark = pytest.mark.slow


def opened() -> tuple[int, Actor]:
    """A tenant with many purchases, and somebody who may have files of them."""
    with db.transaction(None) as session:
        tenant = open_tenant(session, slug="avacha", hosts=["avacha.localhost"]).id
    with db.transaction(tenant) as session:
        furnish(session, "avacha", clock.now())
        many_purchases(session, ROWS)
        staff = hire(session, login="alla", name="A", password="a long password", permissions=EVERYTHING)
        return tenant, Actor("staff", staff.id, EVERYTHING)


def asked(tenant: int, actor: Actor) -> UUID:
    with db.transaction(tenant) as session:
        return ask_export(session, actor, list_code="purchases", conditions={}, form="xlsx", language="en").id


def had(tenant: int, actor: Actor, number: UUID) -> bytes:
    with db.transaction(tenant) as session:
        return b"".join(export_bytes(session, actor, export_id=number)[1])


def test_a_killed_export_is_the_file_of_an_undisturbed_one(
    live_database: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ROWS_PER_PART", 200)  # as tests.kill.worker has it
    queues.disconnect()  # nothing goes to the workers before they are there
    tenant, actor = opened()
    first = asked(tenant, actor)
    drain(tenant)
    expected = had(tenant, actor, first)
    queues.connect(live_database.redis_url)
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rnd, killed, begun = random.Random(seed), 0, time.monotonic()
    worker, number = start(), asked(tenant, actor)
    steps: set[int] = set()
    while True:
        assert time.monotonic() - begun < PATIENCE_SECONDS, (
            f"seed {seed}: the file was not made, {killed} {steps}"
        )
        with db.transaction(tenant) as session:
            row = own_export(session, actor.id, number)
            steps.add(row.rows)
            if row.state == "done":
                break
        if row.rows and killed < KILLS and len(steps) > killed + 1:
            time.sleep(rnd.uniform(0, 0.05))
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            killed, worker = killed + 1, start()
    assert killed == KILLS
    assert had(tenant, actor, number) == expected, f"seed {seed}"
    with db.transaction(tenant) as session:
        failed = text("select name, error from outbox where tenant_id = :tenant and state = 'failed'")
        assert session.execute(failed, {"tenant": tenant}).all() == []
        asks = select(AuditEntry.verb).where(AuditEntry.tenant_id == tenant, AuditEntry.verb == "export.ask")
        assert len(session.scalars(asks).all()) == 2
