"""A worker killed somewhere in a mailing, and another one that goes on: it went to each member once."""

import random
import signal
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from coalition.mailings.models import Mailing, MailingMember
from coalition.messages.models import TextMessage
from tenants.actions import open_tenant
from tenants.runtime import clock, db, queues
from tenants.runtime.jobs import ask
from tenants.runtime.settings import Settings
from tests.kill.conftest import Start
from tests.mailings.town import EVENING, Town, gateway

PATIENCE_SECONDS, MEMBERS, KILLS = 120.0, 30, 1

pytestmark = pytest.mark.slow


def opened() -> tuple[Town, int]:
    """A town with a mailing that is due now."""
    with clock.stopped(EVENING):
        with db.transaction(None) as session:
            tenant = open_tenant(session, slug="avacha", hosts=["avacha.localhost"]).id
        with db.transaction(tenant) as session, gateway():
            town = Town(session)
            for number in range(MEMBERS):
                town.member(session, number)
            mailing_id = town.approved(session, channel="text")
    with db.transaction(tenant) as session:
        session.execute(text("delete from outbox where tenant_id = :tenant"), {"tenant": tenant})
        mailing = session.get_one(Mailing, (tenant, mailing_id))
        mailing.starts_at, mailing.until = clock.now(), clock.now() + timedelta(hours=1)
    return town, mailing_id


def test_a_killed_mailing_goes_to_each_member_once(live_database: Settings, start: Start) -> None:
    queues.disconnect()  # nothing goes to the workers before they are there
    town, mailing_id = opened()
    queues.connect(live_database.redis_url)
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rnd, killed, begun = random.Random(seed), 0, time.monotonic()
    worker = start()
    with db.transaction(town.tenant) as session:
        ask(session, "mailings.move", mailing_id=mailing_id)
    steps: set[int] = set()
    while True:
        assert time.monotonic() - begun < PATIENCE_SECONDS, f"seed {seed}: {killed} {steps}"
        with db.transaction(town.tenant) as session:
            mailing = session.get_one(Mailing, (town.tenant, mailing_id))
            steps.add(mailing.looked_at)
            if mailing.state == "sent":
                break
        if mailing.looked_at and killed < KILLS and len(steps) > killed + 1:
            time.sleep(rnd.uniform(0, 0.05))
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            killed, worker = killed + 1, start()
    assert killed == KILLS
    with db.transaction(town.tenant) as session:
        went = select(func.count()).where(MailingMember.tenant_id == town.tenant)
        texts = select(func.count()).where(TextMessage.tenant_id == town.tenant)
        assert (session.scalar(went), session.scalar(texts)) == (MEMBERS, MEMBERS), f"seed {seed}"
        assert session.get_one(Mailing, (town.tenant, mailing_id)).looked_at == MEMBERS
