"""A till that may call the API, a receiver, and what the days do to messages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from coalition.webhooks import delivering
from coalition.webhooks.actions import add_endpoint
from coalition.webhooks.kinds import KINDS
from coalition.webhooks.models import Attempt, Message
from tenants.actor import SYSTEM
from tenants.runtime import db, jobs
from tenants.runtime.models import OutboxJob
from tests.api.conftest import Till, furnished
from tests.webhooks.receiver import Receiver, receiving

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
assert delivering  # declares the jobs


@pytest.fixture
def till(house: None) -> Till:
    """A retailer's till, signed in."""
    found = furnished()
    assert found.sign_in().status_code == 200
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    with receiving() as found:
        yield found


def listen(till: Till, url: str, *kinds: str, client: bool = False, funder: int = 1) -> tuple[UUID, str]:
    """Add an endpoint of the till's participant (or of the other one); returns its id and secret."""
    with db.transaction(till.house.tenant) as session:
        endpoint, secret = add_endpoint(
            session, SYSTEM, url=url, kinds=kinds or tuple(KINDS), programme_id=till.house.programme,
            participant_id=till.house.funders[funder], client_id=till.client_id if client else None,
        )  # fmt: skip
        return endpoint.id, secret


def deliver(tenant: int) -> int:
    """Do what is due of the deliveries, as workers would; returns how many jobs that were."""
    done = 0
    while waiting := due(tenant):
        for asked in waiting:
            jobs.perform(tenant, str(asked))
        done += len(waiting)
    return done


def due(tenant: int) -> list[UUID]:
    """The deliveries that are asked for and due."""
    with db.transaction(tenant) as session:
        names = {
            row.id: row.name
            for row in session.scalars(select(OutboxJob).where(OutboxJob.tenant_id == tenant))
        }
        return [one for one in jobs.waiting_ids(session) if names[one] == "webhooks.deliver"]


def next_at(tenant: int) -> datetime | None:
    """When the next delivery is asked for."""
    with db.transaction(tenant) as session:
        return session.scalars(
            select(OutboxJob.run_after)
            .where(
                OutboxJob.tenant_id == tenant,
                OutboxJob.name == "webhooks.deliver",
                OutboxJob.state == "asked",
            )
            .order_by(OutboxJob.run_after)
            .limit(1)
        ).one_or_none()


def messages(tenant: int) -> list[Message]:
    """All messages of a tenant."""
    with db.transaction(tenant) as session:
        return list(session.scalars(select(Message).where(Message.tenant_id == tenant).order_by(Message.id)))


def attempts(tenant: int) -> list[Attempt]:
    """All attempts of a tenant, the oldest first."""
    with db.transaction(tenant) as session:
        query = select(Attempt).where(Attempt.tenant_id == tenant).order_by(Attempt.at, Attempt.id)
        return list(session.scalars(query))
