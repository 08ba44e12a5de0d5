"""Making what members have of benefits equal to what their causes give."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition import money
from coalition.benefits.codes import SHOWN, code_of, digest_of
from coalition.benefits.models import Benefit, BenefitKind, Grant
from coalition.benefits.terms import Terms
from coalition.programmes.models import Programme
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import derived_id
from tenants.vault import vault_of


class Due(NamedTuple):
    """So many pieces of a benefit that a cause gives a member by one promotion version; none takes them back."""

    member_id: UUID
    cause_id: UUID
    occurred_at: datetime
    version_id: int
    benefit_id: int
    pieces: int


def keep_grants(session: Session, programme: Programme, dues: Iterable[Due]) -> None:
    """Grant what is due, and take back what is no longer: what was used of that is owed.

    The members' balances are locked by the caller. Told again, it changes nothing.
    """
    wanted = list(dues)
    if not wanted:
        return
    tenant_id, vault = tenant_of(session), vault_of(session)
    benefits = _benefits(session, {due.benefit_id for due in wanted})
    exponent = money.exponent(programme.currency)
    for due in wanted:
        number, benefit = _number(due), benefits[due.benefit_id]
        kind, terms = BenefitKind(benefit.kind), Terms.model_validate(benefit.terms)
        quantity = due.pieces * terms.piece(kind, exponent)
        if not quantity:
            session.execute(
                update(Grant)
                .where(Grant.tenant_id == tenant_id, Grant.member_id == due.member_id, Grant.id == number)
                .values(quantity=0)
                .execution_options(synchronize_session=False)
            )
            continue
        row = insert(Grant).values(
            tenant_id=tenant_id,
            member_id=due.member_id,
            id=number,
            benefit_id=due.benefit_id,
            version_id=due.version_id,
            cause_id=due.cause_id,
            quantity=quantity,
            used=0,
            granted_at=due.occurred_at,
            last_day=terms.last_day(clock.business_day(programme.zone, due.occurred_at)),
            code_digest=digest_of(vault, code_of(vault, number)) if kind in SHOWN else None,
        )
        session.execute(
            row.on_conflict_do_update(
                index_elements=("tenant_id", "member_id", "id"),
                set_={"quantity": row.excluded.quantity},
            )
        )


def _number(due: Due) -> UUID:
    """The same for the same cause and version."""
    return derived_id(due.occurred_at, due.cause_id, "benefit", due.version_id)


def _benefits(session: Session, ids: set[int]) -> dict[int, Benefit]:
    rows = session.scalars(
        select(Benefit).where(Benefit.tenant_id == tenant_of(session), Benefit.id.in_(ids))
    )
    return {row.id: row for row in rows}
