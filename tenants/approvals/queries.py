"""What waits for a signature, and what became of what was asked for."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.approvals.kinds import signed_by
from tenants.approvals.models import Approval, ApprovalDecision
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

SHOWN_MAX = 50


def approvals_to_sign(session: Session, who: Actor) -> Sequence[Approval]:
    """What others asked for and somebody can sign, what ends first first."""
    asked = select(Approval).where(*_to_sign(session, who)).order_by(Approval.expires_at).limit(SHOWN_MAX)
    return session.scalars(asked).all()


def approvals_to_sign_count(session: Session, who: Actor) -> int:
    """How many."""
    if not signed_by(who):
        return 0
    return int(session.scalar(select(func.count()).where(*_to_sign(session, who))) or 0)


def own_approvals(session: Session, author_id: UUID) -> Sequence[tuple[Approval, ApprovalDecision | None]]:
    """What a person has asked for last, each with what became of it."""
    asked = (
        select(Approval, ApprovalDecision)
        .outerjoin(
            ApprovalDecision,
            (ApprovalDecision.tenant_id == Approval.tenant_id)
            & (ApprovalDecision.approval_id == Approval.id),
        )
        .where(Approval.tenant_id == tenant_of(session), Approval.author_id == author_id)
        .order_by(Approval.id.desc())
        .limit(SHOWN_MAX)
    )
    return [(approval, decision) for approval, decision in session.execute(asked)]


def waiting_of(session: Session, kind: str, subject: str) -> Approval | None:
    """What waits for a signature about this subject."""
    decided = select(ApprovalDecision.approval_id).where(
        ApprovalDecision.tenant_id == tenant_of(session), ApprovalDecision.approval_id == Approval.id
    )
    return session.scalars(
        select(Approval).where(
            Approval.tenant_id == tenant_of(session),
            Approval.kind == kind,
            Approval.subject == subject,
            Approval.expires_at > clock.real_now(),
            ~decided.exists(),
        )
    ).first()


def decision_of(session: Session, approval_id: UUID) -> ApprovalDecision | None:
    """What became of it; nothing yet."""
    return session.get(ApprovalDecision, (tenant_of(session), approval_id), populate_existing=True)


def _to_sign(session: Session, who: Actor) -> Sequence[ColumnElement[bool]]:
    tenant_id = tenant_of(session)
    decided = select(ApprovalDecision.approval_id).where(
        ApprovalDecision.tenant_id == tenant_id, ApprovalDecision.approval_id == Approval.id
    )
    return (
        Approval.tenant_id == tenant_id,
        Approval.expires_at > clock.real_now(),
        Approval.author_id != who.id,
        Approval.kind.in_(signed_by(who)),
        ~decided.exists(),
    )
