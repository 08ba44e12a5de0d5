"""Reads of benefits and of what members have of them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.benefits.codes import digest_of
from coalition.benefits.held import Had, had
from coalition.benefits.models import Benefit, Grant
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.vault import vault_of


def benefits(session: Session) -> Sequence[Benefit]:
    """All of the tenant's, by code, those that are retired last."""
    return session.scalars(
        select(Benefit)
        .where(Benefit.tenant_id == tenant_of(session))
        .order_by(Benefit.retired_at.is_not(None), Benefit.code)
    ).all()


def benefits_by_code(session: Session) -> dict[str, int]:
    """Their numbers."""
    return {benefit.code: benefit.id for benefit in benefits(session)}


def retired_benefits(session: Session) -> frozenset[str]:
    """Codes of those that nothing grants any more."""
    return frozenset(benefit.code for benefit in benefits(session) if benefit.retired_at is not None)


def benefit_by_code(session: Session, code: str) -> Benefit:
    """One of them; NotFound("benefit_unknown")."""
    found = session.scalars(
        select(Benefit).where(Benefit.tenant_id == tenant_of(session), Benefit.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound("benefit_unknown")
    return found


def benefit_by_id(session: Session, benefit_id: int) -> Benefit:
    """One of them; NotFound("benefit_unknown")."""
    found = session.get(Benefit, (tenant_of(session), benefit_id))
    if found is None:
        raise NotFound("benefit_unknown")
    return found


def grants_of(session: Session, member_id: UUID) -> list[Had]:
    """What a member was granted and still stands, newest first."""
    rows = session.execute(
        select(Grant, Benefit)
        .join(Benefit, (Benefit.tenant_id == Grant.tenant_id) & (Benefit.id == Grant.benefit_id))
        .where(Grant.tenant_id == tenant_of(session), Grant.member_id == member_id, Grant.quantity > 0)
        .order_by(Grant.id.desc())
    )
    free = _free(session, member_id)
    return [had(vault_of(session), grant, benefit, free[grant.benefit_id]) for grant, benefit in rows]


def granted_by(session: Session, member_id: UUID, cause_id: UUID) -> list[tuple[Grant, Benefit]]:
    """What a purchase or occasion of hers gave, by code, that which was taken back since among it."""
    rows = session.execute(
        select(Grant, Benefit)
        .join(Benefit, (Benefit.tenant_id == Grant.tenant_id) & (Benefit.id == Grant.benefit_id))
        .where(
            Grant.tenant_id == tenant_of(session), Grant.member_id == member_id, Grant.cause_id == cause_id
        )
        .order_by(Benefit.code, Grant.id)
        .execution_options(populate_existing=True)
    )
    return [(grant, benefit) for grant, benefit in rows]


def grant_by_code(session: Session, code: str, *, programme_id: int | None = None) -> Had:
    """The grant that a code (of a programme, where one is named) is for.

    NotFound("grant_unknown") also where nothing of it stands.
    """
    row = session.execute(
        select(Grant, Benefit)
        .join(Benefit, (Benefit.tenant_id == Grant.tenant_id) & (Benefit.id == Grant.benefit_id))
        .where(
            Grant.tenant_id == tenant_of(session),
            Grant.code_digest == digest_of(vault_of(session), code),
            Grant.quantity > 0,
        )
    ).one_or_none()
    if row is None or programme_id not in (None, row[1].programme_id):
        raise NotFound("grant_unknown")
    grant, benefit = row
    return had(vault_of(session), grant, benefit, free_of(session, grant.member_id, benefit.id))


def free_of(session: Session, member_id: UUID, benefit_id: int) -> int:
    """Pieces of a benefit that a member has and owes none of: what stands less what was used, of all her grants."""
    return _free(session, member_id).get(benefit_id, 0)


def _free(session: Session, member_id: UUID) -> dict[int, int]:
    rows = session.execute(
        select(Grant.benefit_id, func.sum(Grant.quantity - Grant.used))
        .where(Grant.tenant_id == tenant_of(session), Grant.member_id == member_id)
        .group_by(Grant.benefit_id)
    )
    return {benefit_id: max(int(free), 0) for benefit_id, free in rows}
