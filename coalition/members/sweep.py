"""What time does to points, for everybody in a programme: activation and expiry.

The same `Book.settle` runs before anything is spent, so a member never waits for the sweep and never spends what has
burnt; the sweep makes balances true for those who do nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, distinct, func, or_, select
from sqlalchemy.orm import Session

from coalition.ledger.models import Lot
from coalition.ledger.post import open_books
from coalition.members.models import Member
from coalition.programmes.models import Programme
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, every, job

MEMBERS_PER_JOB = 500

Chosen = TypeVarTuple("Chosen")


@dataclass(frozen=True)
class Due:
    """What a programme's business day has reached: lots, members and points."""

    programme: str
    activating_lots: int
    activating_points: int
    expiring_lots: int
    expiring_points: int
    members: int


def due(session: Session, programme: Programme) -> Due:
    """What the next sweep would do, without doing it."""
    activating, expiring = _activating(programme), _expiring(programme)
    row = session.execute(
        _of_due_lots(
            select(
                func.count().filter(activating),
                func.coalesce(func.sum(Lot.remaining).filter(activating), 0),
                func.count().filter(expiring),
                func.coalesce(func.sum(Lot.remaining).filter(expiring), 0),
                func.count(distinct(Lot.member_id)),
            ),
            session,
            programme,
        )
    ).one()
    return Due(programme.code, *(int(value) for value in row))


@job("ledger.sweep", bulk=True)
def sweep(session: Session) -> None:
    """Ask for the settling of every member whom the business day has reached, some hundreds a job."""
    for programme in session.scalars(select(Programme).where(Programme.tenant_id == tenant_of(session))):
        members = sorted(session.scalars(_of_due_lots(select(Lot.member_id).distinct(), session, programme)))
        for start in range(0, len(members), MEMBERS_PER_JOB):
            chosen = [str(member) for member in members[start : start + MEMBERS_PER_JOB]]
            ask(session, "ledger.settle", zone=programme.zone, members=chosen)


@job("ledger.settle", bulk=True)
def settle(session: Session, zone: str, members: Sequence[str]) -> None:
    """Activate and expire what is due for these members; done twice, it finds nothing left to do."""
    open_books(session, members=[UUID(member) for member in members], zone=zone)


def _of_due_lots(query: Select[*Chosen], session: Session, programme: Programme) -> Select[*Chosen]:
    tenant_id = tenant_of(session)
    return (
        query.select_from(Lot)
        .join(Member, and_(Member.tenant_id == Lot.tenant_id, Member.id == Lot.member_id))
        .where(
            Lot.tenant_id == tenant_id,
            Member.tenant_id == tenant_id,
            Member.programme_id == programme.id,
            Lot.remaining > 0,
            or_(_activating(programme), _expiring(programme)),
        )
    )


def _activating(programme: Programme) -> ColumnElement[bool]:
    return and_(Lot.pending, Lot.active_on <= clock.business_day(programme.zone))


def _expiring(programme: Programme) -> ColumnElement[bool]:
    """Those that wait for a condition lapse after their last day; others that are pending activate before it."""
    return Lot.expires_on < clock.business_day(programme.zone)


every(3600, "ledger.sweep")
