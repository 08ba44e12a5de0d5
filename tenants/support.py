"""Entering a tenant by its consent: its administrator grants it for hours, an operator comes in as a guest.

A guest is a row of the tenant's own staff, without password and role, called by both names: the operator's and that of
who let her in. So whatever she does stands under both in the trail. She has the rights of the grant's role, or reads
only, and never those to sign, to publish, or over people, roles and grants. It ends with its time or at a press.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tenants.actor import SYSTEM, Actor
from tenants.audit import record
from tenants.auth.sign_ins import end_sign_ins, subject_of
from tenants.models import Staff, SupportGrant, SupportVisit
from tenants.permissions import OF_STAFF, READING, Permission
from tenants.roles import roles
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.staff import require_givable, staff_by_id

HOURS_MAX = 24
REASON_MAX = 300
TICKET_LIVES = timedelta(minutes=5)
NEVER = frozenset(one for one in OF_STAFF if one.endswith((":approve", ":publish", ":settle"))) | {
    Permission.DESK_CLIENT_EDIT,
    Permission.DESK_LIST_EXPORT,
    Permission.DESK_PRIVACY_EDIT,
    Permission.DESK_ROLE_EDIT,
    Permission.DESK_STAFF_EDIT,
    Permission.DESK_SUPPORT_GRANT,
}
"""What no guest may do, whatever the role.

To sign or make good what others wrote, to let herself or others in, and to carry off data of members as files.
"""


@dataclass(frozen=True)
class Guest:
    """An operator who is in: until when, why, and as what (a role's code, or None for reading only)."""

    until: datetime
    reason: str
    role: str | None


def wrong(hours: int, reason: str) -> list[Refusal]:
    """Everything for which a grant of these is refused: Refusal("support_hours", most=...), ("support_reason", ...)."""
    found = []
    if not 1 <= hours <= HOURS_MAX:
        found.append(Refusal("support_hours", most=HOURS_MAX))
    if not 0 < len(reason.strip()) <= REASON_MAX or not reason.strip().isprintable():
        found.append(Refusal("support_reason", most=REASON_MAX))
    return found


def grant(session: Session, actor: Actor, *, hours: int, reason: str, role: str | None) -> SupportGrant:
    """Let operators in for so many hours; as a role, or to read only.

    Raises Refusal("support_hours", most=...), Refusal("support_reason", most=...), NotFound("role_unknown"),
    Refusal("role_above"), Conflict("support_granted") while another grant holds.
    """
    actor.must(Permission.DESK_SUPPORT_GRANT)
    assert actor.id is not None, "a person grants it"
    reason = reason.strip()
    if found := wrong(hours, reason):
        raise found[0]
    if role is not None and role not in roles(session):
        raise NotFound("role_unknown", role=role)
    require_givable(session, actor.permissions, [role] if role else [])
    staff_by_id(session, actor.id, lock=True)
    if holding(session) is not None:
        raise Conflict("support_granted")
    now = clock.real_now()
    row = SupportGrant(
        tenant_id=tenant_of(session),
        id=new_id(),
        granted_by=actor.id,
        granted_at=now,
        until=now + timedelta(hours=hours),
        reason=reason,
        role=role,
    )
    session.add(row)
    told = {"until": row.until, "roles": [role] if role else []}
    record(session, actor, "support.grant", f"support {row.id}", after=told, reason=reason)
    return row


def end(session: Session, actor: Actor) -> None:
    """End the grant that holds, if one does: whoever is in by it is out at once."""
    actor.must(Permission.DESK_SUPPORT_GRANT)
    row = holding(session, lock=True)
    if row is None:
        return
    row.ended_at = clock.real_now()
    ended = sum(end_sign_ins(session, one.staff_id) for one in _visits(session, row.id))
    record(session, actor, "support.end", f"support {row.id}", after={"sign_ins_ended": ended})


def holding(session: Session, *, lock: bool = False) -> SupportGrant | None:
    """The grant that holds now."""
    query = select(SupportGrant).where(
        SupportGrant.tenant_id == tenant_of(session),
        SupportGrant.ended_at.is_(None),
        SupportGrant.until > clock.real_now(),
    )
    return session.scalars((query.with_for_update() if lock else query).order_by(SupportGrant.id)).first()


def let_in(session: Session, *, operator_id: UUID, name: str) -> str:
    """A ticket by which the operator of that name comes in within five minutes, once; she is a guest from here on.

    Raises NotFound("support_not_granted").
    """
    row = holding(session, lock=True)
    if row is None:
        raise NotFound("support_not_granted")
    granter = session.get_one(Staff, (tenant_of(session), row.granted_by))
    known = select(SupportVisit).where(
        SupportVisit.tenant_id == tenant_of(session),
        SupportVisit.grant_id == row.id,
        SupportVisit.operator_id == operator_id,
    )
    visit = session.scalars(known).one_or_none()
    if visit is None:
        guest = Staff(
            tenant_id=tenant_of(session),
            id=new_id(),
            login=f"guest-{new_id().hex}",
            name=f"{name} ({granter.name})",
            guest=True,
        )
        session.add(guest)
        session.flush()  # the visit refers to her
        visit = SupportVisit(
            tenant_id=tenant_of(session), staff_id=guest.id, grant_id=row.id, operator_id=operator_id
        )
        session.add(visit)
    secret = secrets.token_urlsafe(32)
    visit.ticket, visit.ticket_until = _digest(secret), clock.real_now() + TICKET_LIVES
    told = {
        "operator": name,
        "granted_by": granter.name,
        "until": row.until,
        "roles": [row.role] if row.role else [],
    }
    record(session, SYSTEM, "support.let_in", f"support {row.id}", after=told, reason=row.reason)
    return secret


def guest_of_ticket(session: Session, secret: str) -> Staff | None:
    """Whose ticket it is, while it holds."""
    visit = session.scalars(
        select(SupportVisit).where(
            SupportVisit.tenant_id == tenant_of(session), SupportVisit.ticket == _digest(secret)
        )
    ).one_or_none()
    if visit is None or visit.ticket_until is None or visit.ticket_until <= clock.real_now():
        return None
    found = session.get_one(Staff, (visit.tenant_id, visit.staff_id))
    return found if guest_terms(session, found) is not None else None


def use_ticket(session: Session, secret: str) -> Staff:
    """Use it up; Refusal("link_over") where somebody did or it is too late."""
    guest = guest_of_ticket(session, secret)
    if guest is None:
        raise Refusal("link_over")
    used = session.execute(
        update(SupportVisit)
        .where(SupportVisit.tenant_id == tenant_of(session), SupportVisit.ticket == _digest(secret))
        .values(ticket=None, ticket_until=None)
        .returning(SupportVisit.staff_id)
    ).first()
    if used is None:
        raise Refusal("link_over")
    record(session, Actor("staff", id=guest.id), "support.enter", f"staff {guest.id}")
    return guest


def guest_terms(session: Session, staff: Staff) -> Guest | None:
    """By what a guest is in; nothing when it is over."""
    row = session.execute(
        select(SupportGrant)
        .join(
            SupportVisit,
            (SupportVisit.tenant_id == SupportGrant.tenant_id) & (SupportVisit.grant_id == SupportGrant.id),
        )
        .where(SupportGrant.tenant_id == tenant_of(session), SupportVisit.tenant_id == tenant_of(session))
        .where(SupportVisit.staff_id == staff.id)
    ).scalar_one_or_none()
    if row is None or row.ended_at is not None or row.until <= clock.real_now():
        return None
    return Guest(row.until, row.reason, row.role)


def was_guest(session: Session, secret: str) -> bool:
    """Whether this sign-in was an operator's whose access is over: the time has passed, or somebody has ended it."""
    staff_id = subject_of(session, kind="staff", secret=secret)
    staff = session.get(Staff, (tenant_of(session), staff_id)) if staff_id else None
    return staff is not None and staff.guest and guest_terms(session, staff) is None


def rights_of(session: Session, guest: Guest) -> frozenset[Permission]:
    """What a guest may do."""
    if guest.role is None:
        return READING - NEVER
    role = roles(session).get(guest.role)
    return role.permissions - NEVER if role else frozenset()


def leave(session: Session, staff: Staff) -> None:
    """End one's own visit."""
    end_sign_ins(session, staff.id)
    record(session, Actor("staff", id=staff.id), "support.leave", f"staff {staff.id}")


def past(session: Session, *, most: int = 20) -> Sequence[SupportGrant]:
    """The last grants, the newest first."""
    query = select(SupportGrant).where(SupportGrant.tenant_id == tenant_of(session))
    return session.scalars(query.order_by(SupportGrant.id.desc()).limit(most)).all()


def _visits(session: Session, grant_id: UUID) -> Sequence[SupportVisit]:
    return session.scalars(
        select(SupportVisit).where(
            SupportVisit.tenant_id == tenant_of(session), SupportVisit.grant_id == grant_id
        )
    ).all()


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
