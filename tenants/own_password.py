"""How people of the staff get in: a link sets the password, the password proves who changes what is her own.

Each is in the audit trail.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.audit import record
from tenants.auth.limits import allowed
from tenants.auth.passwords import hashed, is_password_of
from tenants.auth.second_factor import DAY_SECONDS, TRIES, TRIES_A_DAY, WINDOW_SECONDS
from tenants.auth.sign_ins import end_sign_ins
from tenants.models import AuditEntry, Staff
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.staff import staff_by_id

LINK_LIVES = timedelta(hours=72)


def make_link(session: Session, actor: Actor, *, staff_id: UUID) -> str:
    """A secret by which the person sets her password, once, within 72 hours; an earlier one holds no more.

    For somebody who has a password already it asks for DESK_ROLE_EDIT: whoever has the link can sign in as her.

    It is returned and kept nowhere. Raises NotFound("staff_unknown"), Conflict("staff_inactive").
    """
    actor.must(Permission.DESK_STAFF_EDIT, own=Permission.PORTAL_STAFF_EDIT)
    staff = staff_by_id(session, staff_id, lock=True)
    actor.must_belong(staff.participant_id)
    if staff.password_hash is not None:
        actor.must(Permission.DESK_ROLE_EDIT)
    if not staff.active:
        raise Conflict("staff_inactive")
    secret = secrets.token_urlsafe(32)
    staff.link, staff.link_until = _digest(secret), clock.real_now() + LINK_LIVES
    record(session, actor, "staff.link", f"staff {staff_id}", after={"until": staff.link_until})
    return secret


def person_of_link(session: Session, secret: str) -> Staff | None:
    """Who sets her password by the link, while it holds."""
    staff = session.scalars(
        select(Staff).where(
            Staff.tenant_id == tenant_of(session), Staff.link == _digest(secret), Staff.active
        )
    ).one_or_none()
    if staff is None or staff.link_until is None or staff.link_until <= clock.real_now():
        return None
    return staff


def set_password_by_link(session: Session, *, secret: str, password: str) -> Staff:
    """Set the password of whose link it is; the link is used up, and whoever was signed in as her is out.

    Raises Refusal("link_over") and what `hashed` raises.
    """
    staff = person_of_link(session, secret)
    if staff is None:
        raise Refusal("link_over")
    session.refresh(staff, with_for_update=True)
    if staff.link != _digest(secret):
        raise Refusal("link_over")
    staff.password_hash = hashed(password, login=staff.login)
    staff.link = staff.link_until = None
    end_sign_ins(session, staff.id)
    told = {"by": "link", **_whose_link(session, staff)}
    record(session, Actor("staff", id=staff.id), "staff.password", f"staff {staff.id}", after=told)
    return staff


def prove_password(session: Session, staff: Staff, password: str) -> None:
    """Ask whoever is signed in for the own password, ten times in a quarter of an hour and thirty in a day (of UTC).

    Raises Refusal("password_wrong"), which stands in the trail, or Refusal("password_tries"): nothing but the tries has
    changed then, so keep the transaction.
    """
    tries = allowed(session, "own-password", str(staff.id), most=TRIES, seconds=WINDOW_SECONDS)
    if not tries or not allowed(
        session, "own-password-day", str(staff.id), most=TRIES_A_DAY, seconds=DAY_SECONDS
    ):
        raise Refusal("password_tries")
    if not is_password_of(staff, password):
        record(session, Actor("staff", id=staff.id), "staff.password_wrong", f"staff {staff.id}")
        raise Refusal("password_wrong")


def change_password(session: Session, staff: Staff, *, old: str, new: str, secret: str) -> None:
    """Change one's own password; every other sign-in than that of `secret` ends, and a link holds no more.

    Raises what `prove_password` and `hashed` raise.
    """
    prove_password(session, staff, old)
    staff.password_hash = hashed(new, login=staff.login)
    staff.link = staff.link_until = None
    ended = end_sign_ins(session, staff.id, but=secret)
    told = {"by": "herself", "sign_ins_ended": ended}
    record(session, Actor("staff", id=staff.id), "staff.password", f"staff {staff.id}", after=told)


def end_own_sign_ins(
    session: Session, staff_id: UUID, *, but: str | None = None, only: bytes | None = None
) -> int:
    """End one's own sign-ins, all but that of the secret `but` or `only` one; returns how many ended."""
    ended = end_sign_ins(session, staff_id, but=but, only=only)
    if ended:
        told = {"sign_ins_ended": ended}
        record(session, Actor("staff", id=staff_id), "staff.sign_ins_end", f"staff {staff_id}", after=told)
    return ended


def link_holds_until(staff: Staff) -> datetime | None:
    """Until when a link of the person's holds, if one does."""
    return staff.link_until if staff.link_until and staff.link_until > clock.real_now() else None


def _whose_link(session: Session, staff: Staff) -> dict[str, object]:
    """Who made the person's last link, and the number of the entry that tells of it."""
    made = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.tenant_id == staff.tenant_id,
            AuditEntry.subject == f"staff {staff.id}",
            AuditEntry.verb == "staff.link",
        )
        .order_by(AuditEntry.number.desc())
        .limit(1)
    ).one()
    return {"link_by": made.actor_name or made.actor_kind, "entry": made.number}


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
