"""A programme in Kamchatka with two funders and as many members as a test wants."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Balance, Lot
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.partners.actions import admit_participant
from coalition.programmes.actions import open_programme
from coalition.promotions import queries
from coalition.transactions import joining
from coalition.transactions.online import terms
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.runtime import db, jobs
from tenants.runtime.models import OutboxJob

ZONE = "Asia/Kamchatka"
JOBS = (joining,)  # imported for the jobs that who joins asks for


def forget_promotions() -> None:
    """Forget what this process has read of promotions: numbers of what was rolled back come again."""
    queries._compiled.clear()
    queries._documents.clear()
    terms.forget()


@dataclass(frozen=True)
class House:
    """Numbers of what was opened."""

    tenant: int
    programme: int
    funders: tuple[int, int]


def open_house(session: Session, **terms: Any) -> House:
    """A programme and its funders for the session's tenant."""
    asked = {"scale": 0, "currency": "RUB", "value_minor": 100, "value_points": 1, "zone": ZONE} | terms
    programme = open_programme(
        session, SYSTEM, code="p", name={"ru": "П", "en": "P"}, unit={"en": ["point", "points"]}, **asked
    )
    funders = [admit_participant(session, SYSTEM, code=c, name={"ru": c, "en": c}) for c in ("bank", "shop")]
    return House(programme.tenant_id, programme.id, (funders[0].id, funders[1].id))


def open_another(**terms: Any) -> House:
    """As `open_house`, for a tenant of its own."""
    with db.transaction(None) as session:
        open_tenant(session, slug=f"t{uuid4().hex[:12]}", hosts=[])
        return open_house(session, **terms)


def new_member(session: Session, house: House, **facts: Any) -> UUID:
    """A member without handles."""
    facts.setdefault("person", Person(name="Vera Test"))
    return enrol(session, SYSTEM, programme_id=house.programme, **facts).id


def balance(session: Session, member_id: UUID) -> tuple[int, int, int, int]:
    """Available, pending, held and debt, as the table has them."""
    columns = (Balance.available, Balance.pending, Balance.held, Balance.debt)
    return tuple(session.execute(select(*columns).where(Balance.member_id == member_id)).one())  # type: ignore[return-value]


def lots(session: Session, member_id: UUID) -> dict[UUID, tuple[int, bool]]:
    """What is left of each lot, and whether that is pending."""
    rows = session.execute(select(Lot.id, Lot.remaining, Lot.pending).where(Lot.member_id == member_id))
    return {lot: (remaining, pending and remaining > 0) for lot, remaining, pending in rows}


def drain(tenant: int) -> int:
    """Do every job that is asked for, one after another; returns how many. A job that fails fails the test."""
    done = 0
    while True:
        with db.transaction(tenant) as session:
            waiting = session.scalars(
                select(OutboxJob.id).where(OutboxJob.tenant_id == tenant, OutboxJob.state == "asked")
                .order_by(OutboxJob.id)
            ).all()  # fmt: skip
        if not waiting:
            return done
        for asked in waiting:
            jobs.perform(tenant, str(asked))
            done += 1
            with db.transaction(tenant) as session:
                row = session.get_one(OutboxJob, (tenant, asked))
                assert row.state == "done", (row.name, row.arguments, row.error)
