"""Asking for a change, signing, refusing and withdrawing it; each is in the audit trail.

A signature does not open a door that somebody goes through later: it is given by the action that makes the change, in
the same transaction, for the digest of exactly what that action is about to write and of what it found there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.approvals.kinds import KINDS, right_to, signed_by
from tenants.approvals.models import Approval, ApprovalDecision
from tenants.audit import attested, record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id, next_numbers

REASON_MAX = 300
REPLACED = "replaced"
"""The reason of a change that its author has asked for anew."""


@dataclass(frozen=True)
class Change:
    """What is to be done to what: before and after, as plain JSON without personal data."""

    kind: str
    subject: str
    before: Any
    after: Any

    @property
    def payload(self) -> bytes:
        """Canonical JSON, the same bytes for the same change."""
        told = {"kind": self.kind, "subject": self.subject, "before": self.before, "after": self.after}
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def digest(self) -> bytes:
        """What a signature is bound to."""
        return sha256(self.payload).digest()


def ask(session: Session, actor: Actor, change: Change) -> Approval:
    """Ask for a change, which somebody else signs within 72 hours; what one asked of the same before is void.

    Raises Conflict("approval_waits", id=...) while somebody else's for the same subject waits.
    """
    actor.must(KINDS[change.kind].asks)
    author_id = _person(actor)
    next_numbers(session, "approval")  # from here on nobody else asks
    for other in _open(session, change.kind, change.subject):
        if other.author_id != author_id:
            raise Conflict("approval_waits", id=other.id)
        if other.digest == change.digest:
            return other
        _decide(session, actor, other, "withdrawn", REPLACED)
    approval = Approval(
        tenant_id=tenant_of(session),
        id=new_id(clock.real_now()),
        kind=change.kind,
        subject=change.subject,
        payload=change.payload,
        digest=change.digest,
        author_id=author_id,
    )
    session.add(approval)
    session.flush()  # the database says when it was asked
    told = {"approval": str(approval.id), "until": approval.expires_at, "sha256": approval.digest.hex()}
    record(session, actor, "approval.ask", change.subject, after=told)
    return approval


def signed(session: Session, actor: Actor, change: Change, approval_id: UUID | None) -> None:
    """Let the calling action make the change: the house itself may, anybody else signs what another person asked for.

    Raises Refusal("signature_missing") without an approval, Conflict("approval_differs") where this is not what
    was asked for: because it was edited, or what it would replace is not what it was; and what `_decide` raises.
    """
    actor.must(right_to(change.kind, approval_id))
    if actor.kind == "system":
        return
    if approval_id is None:
        raise Refusal("signature_missing")
    approval = approval_by_id(session, approval_id)
    if change.kind not in signed_by(actor):
        raise Forbidden("not_permitted", permission=KINDS[change.kind].signs)
    if approval.author_id == actor.id:
        raise Refusal("second_pair_of_eyes")
    if (approval.kind, approval.subject, approval.digest) != (change.kind, change.subject, change.digest):
        raise Conflict("approval_differs")
    _decide(session, actor, approval, "signed", "")


def refuse(session: Session, actor: Actor, *, approval_id: UUID, reason: str) -> None:
    """Refuse what another person asked for; Refusal("approval_reason") without a reason, and what `_decide` raises."""
    actor.must(Permission.DESK_CHANGE_APPROVE)
    approval = approval_by_id(session, approval_id)
    if approval.kind not in signed_by(actor):
        raise Forbidden("not_permitted", permission=KINDS[approval.kind].signs)
    if approval.author_id == actor.id:
        raise Refusal("second_pair_of_eyes")
    _decide(session, actor, approval, "refused", _reason(reason))


def withdraw(session: Session, actor: Actor, *, approval_id: UUID, reason: str) -> None:
    """Take back what one has asked for; anybody else's is not found. Raises as `refuse` does."""
    actor.must(KINDS[approval_by_id(session, approval_id).kind].asks)
    approval = approval_by_id(session, approval_id)
    if approval.author_id != _person(actor):
        raise NotFound("approval_unknown")
    _decide(session, actor, approval, "withdrawn", _reason(reason))


def approval_by_id(session: Session, approval_id: UUID) -> Approval:
    """What was asked for; NotFound("approval_unknown")."""
    found = session.get(Approval, (tenant_of(session), approval_id))
    if found is None:
        raise NotFound("approval_unknown")
    return found


def proven(session: Session, approval: Approval, decision: ApprovalDecision) -> bool:
    """Whether the audit trail holds that this was asked for and signed by those two: rows alone prove neither."""
    told = {"approval": str(approval.id), "sha256": approval.digest.hex()}
    return all(
        attested(session, verb, approval.subject, person_id, told)
        for verb, person_id in (("approval.ask", approval.author_id), ("approval.sign", decision.decided_by))
    )


def facts_of(approval: Approval) -> Mapping[str, Any]:
    """What was asked for, as it was written: `before` and `after` among it."""
    found: Mapping[str, Any] = json.loads(approval.payload)
    return found


def _decide(session: Session, actor: Actor, approval: Approval, outcome: str, reason: str) -> None:
    """Write down what became of it; of two at once the second waits here, and is refused.

    Raises Conflict("approval_decided", outcome=...) or Refusal("approval_expired").
    """
    if clock.real_now() >= approval.expires_at:
        raise Refusal("approval_expired")
    row = insert(ApprovalDecision).values(
        tenant_id=approval.tenant_id,
        approval_id=approval.id,
        author_id=approval.author_id,
        digest=approval.digest,
        expires_at=approval.expires_at,
        outcome=outcome,
        decided_by=_person(actor),
        reason=reason,
    )
    made = session.scalar(row.on_conflict_do_nothing().returning(ApprovalDecision.approval_id))
    if made is None:
        raise Conflict("approval_decided")
    _told(session, actor, approval, outcome, reason)


def _told(session: Session, actor: Actor, approval: Approval, outcome: str, reason: str) -> None:
    told = {"approval": str(approval.id), "sha256": approval.digest.hex()}
    match outcome:
        case "signed":
            record(session, actor, "approval.sign", approval.subject, after=told)
        case "refused":
            record(session, actor, "approval.refuse", approval.subject, after=told, reason=reason)
        case _:
            record(session, actor, "approval.withdraw", approval.subject, after=told, reason=reason)


def _open(session: Session, kind: str, subject: str) -> list[Approval]:
    """What waits for the same subject and can still be signed."""
    return list(
        session.scalars(
            select(Approval)
            .outerjoin(
                ApprovalDecision,
                (ApprovalDecision.tenant_id == Approval.tenant_id)
                & (ApprovalDecision.approval_id == Approval.id),
            )
            .where(
                Approval.tenant_id == tenant_of(session),
                Approval.kind == kind,
                Approval.subject == subject,
                Approval.expires_at > clock.real_now(),
                ApprovalDecision.approval_id.is_(None),
            )
        )
    )


def _person(actor: Actor) -> UUID:
    """Who of the staff it is: a program or the house asks for nothing here, and signs nothing."""
    if actor.kind != "staff" or actor.id is None or actor.participant_id is not None:
        raise Forbidden("not_permitted", permission="staff")
    return actor.id


def _reason(text: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= REASON_MAX:
        raise Refusal("approval_reason", most=REASON_MAX)
    return text
