"""Reads of benefits and of what members have of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.codes import SHOWN, code_of, digest_of
from coalition.benefits.models import Benefit, BenefitKind, Grant
from coalition.benefits.terms import Terms, is_endless
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.vault import vault_of


@dataclass(frozen=True)
class Had:
    """A grant with its benefit; `left` is nothing for one that can be used without end."""

    grant: Grant
    benefit: Benefit
    code: str | None
    left: int | None

    def usable(self, today: date) -> bool:
        """Whether something can be used today."""
        return self.left != 0 and self.grant.quantity > 0 and self.grant.last_day >= today


def benefits(session: Session) -> Sequence[Benefit]:
    """All of the tenant's, by code."""
    return session.scalars(
        select(Benefit).where(Benefit.tenant_id == tenant_of(session)).order_by(Benefit.code)
    ).all()


def benefits_by_code(session: Session) -> dict[str, int]:
    """Their numbers."""
    return {benefit.code: benefit.id for benefit in benefits(session)}


def benefit_by_code(session: Session, code: str) -> Benefit:
    """One of them; NotFound("benefit_unknown")."""
    found = session.scalars(
        select(Benefit).where(Benefit.tenant_id == tenant_of(session), Benefit.code == code)
    ).one_or_none()
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
    return [had(session, grant, benefit) for grant, benefit in rows]


def grant_by_code(session: Session, code: str) -> Had:
    """The grant that a code is for; NotFound("grant_unknown") also where nothing of it stands."""
    row = session.execute(
        select(Grant, Benefit)
        .join(Benefit, (Benefit.tenant_id == Grant.tenant_id) & (Benefit.id == Grant.benefit_id))
        .where(
            Grant.tenant_id == tenant_of(session),
            Grant.code_digest == digest_of(vault_of(session), code),
            Grant.quantity > 0,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("grant_unknown")
    return had(session, *row)


def had(session: Session, grant: Grant, benefit: Benefit) -> Had:
    """A grant as people see it."""
    kind = BenefitKind(benefit.kind)
    endless = is_endless(kind, Terms.model_validate(benefit.terms))
    return Had(
        grant,
        benefit,
        code_of(vault_of(session), grant.id) if kind in SHOWN else None,
        None if endless else grant.quantity - grant.used,
    )
