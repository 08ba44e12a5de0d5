"""Writes of people and roles: invite, give roles, deactivate, make and change roles. Each is in the audit trail.

How people get in, by links and passwords, is `own_password`.
Somebody who keeps the staff's rights is always left, and nobody changes her own.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.audit import record
from tenants.auth import second_factor
from tenants.auth.passkeys import passkeys_of, take_off_passkeys
from tenants.auth.passwords import hashed
from tenants.auth.sign_ins import end_sign_ins
from tenants.models import Role, Staff, StaffRole
from tenants.permissions import OF_PARTICIPANTS, OF_PORTAL, OF_ROLES, OF_STAFF, Permission
from tenants.roles import LANGUAGES, Known, holders, roles, roles_of, together
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import new_id

NAME_MAX = 100
LOGIN = re.compile(r"[a-z0-9][a-z0-9.@_-]{1,63}")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_KEEPING = frozenset({Permission.DESK_STAFF_EDIT, Permission.DESK_ROLE_EDIT})
"""What at least one person can always do."""


def invite_staff(
    session: Session,
    actor: Actor,
    *,
    login: str,
    name: str,
    roles: Collection[str],
    password: str | None = None,
    participant_id: int | None = None,
) -> Staff:
    """Let a person of the tenant's, or of a participant's, sign in; without a password she sets one by a link.

    Raises Refusal("login_invalid"), Refusal("staff_name"), Conflict("login_known"), NotFound("role_unknown"),
    Refusal("role_above") for a role that may do what the actor may not, unless she may edit roles.
    """
    actor.must(Permission.DESK_STAFF_EDIT, own=Permission.PORTAL_STAFF_EDIT)
    actor.must_belong(participant_id)
    login, name = login.strip().lower(), name.strip()
    if not LOGIN.fullmatch(login):
        raise Refusal("login_invalid")
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise Refusal("staff_name", most=NAME_MAX)
    _lock(session)
    known = select(Staff.id).where(Staff.tenant_id == tenant_of(session), Staff.login == login)
    if session.scalars(known).first() is not None:
        raise Conflict("login_known", login=login)
    staff = Staff(
        tenant_id=tenant_of(session),
        id=new_id(),
        login=login,
        name=name,
        password_hash=None if password is None else hashed(password, login=login),
        participant_id=participant_id,
    )
    session.add(staff)
    session.flush()  # her roles refer to her
    require_givable(session, actor.permissions, roles)
    _give(session, staff, roles)
    told = {"login": login, "roles": sorted(roles), "participant": participant_id}
    record(session, actor, "staff.invite", f"staff {staff.id}", after=told)
    return staff


def give_roles(
    session: Session,
    actor: Actor,
    *,
    staff_id: UUID,
    roles: Collection[str],
    participant_id: int | None = None,
) -> Staff:
    """Give a person these roles instead of those she had.

    Raises NotFound("staff_unknown"), NotFound("role_unknown"), Refusal("own_roles"), Refusal("last_administrator"), and
    Refusal("role_above") for a new one that may do what the actor may not, unless she may edit roles.
    """
    actor.must(Permission.DESK_STAFF_EDIT)
    _lock(session)
    keepers = _keepers(session)
    staff = staff_by_id(session, staff_id, lock=True)
    if actor.id == staff_id:
        raise Refusal("own_roles")
    had = sorted(role.code for role in roles_of(session, staff_id))
    before = {"roles": had, "participant": staff.participant_id}
    after = {"roles": sorted(set(roles)), "participant": participant_id}
    if before == after:
        return staff
    require_givable(session, actor.permissions, set(roles) - set(had))
    _give(session, staff, roles)
    staff.participant_id = participant_id
    _require_keeper(session, keepers)
    record(session, actor, "staff.roles", f"staff {staff_id}", before=before, after=after)
    return staff


def deactivate(session: Session, actor: Actor, *, staff_id: UUID) -> Staff:
    """Let a person sign in no more, and end the sign-ins she has; her name stays with what she did.

    Raises NotFound("staff_unknown"), Refusal("own_roles"), Refusal("last_administrator").
    """
    actor.must(Permission.DESK_STAFF_EDIT, own=Permission.PORTAL_STAFF_EDIT)
    _lock(session)
    keepers = _keepers(session)
    staff = staff_by_id(session, staff_id, lock=True)
    actor.must_belong(staff.participant_id)
    if actor.id == staff_id:
        raise Refusal("own_roles")
    if not staff.active:
        return staff
    staff.active, staff.link, staff.link_until = False, None, None
    _require_keeper(session, keepers)
    ended = end_sign_ins(session, staff_id)
    record(session, actor, "staff.deactivate", f"staff {staff_id}", after={"sign_ins_ended": ended})
    return staff


def activate(session: Session, actor: Actor, *, staff_id: UUID) -> Staff:
    """Let a person sign in again, with the password and the roles that she had. NotFound("staff_unknown")."""
    actor.must(Permission.DESK_STAFF_EDIT, own=Permission.PORTAL_STAFF_EDIT)
    _lock(session)
    staff = staff_by_id(session, staff_id, lock=True)
    actor.must_belong(staff.participant_id)
    if not staff.active:
        staff.active = True
        record(session, actor, "staff.activate", f"staff {staff_id}")
    return staff


def reset_second_factor(session: Session, actor: Actor, *, staff_id: UUID) -> Staff:
    """Take app and passkeys off somebody who has lost them, and end her sign-ins; her password stays.

    Raises NotFound("staff_unknown"), Refusal("own_roles").
    """
    actor.must(Permission.DESK_STAFF_EDIT)
    staff = staff_by_id(session, staff_id, lock=True)
    if actor.id == staff_id:
        raise Refusal("own_roles")
    if staff.totp is not None or passkeys_of(session, staff):
        second_factor.take_off(session, staff)
        take_off_passkeys(session, staff)
        end_sign_ins(session, staff_id)
        record(session, actor, "staff.second_factor_off", f"staff {staff_id}")
    return staff


def save_role(
    session: Session,
    actor: Actor,
    *,
    code: str,
    names: Mapping[str, str],
    permissions: Collection[str],
    second_factor: bool,
    new: bool = False,
) -> Known:
    """Make a role of the tenant's own, or change it; of a built-in one only whether it asks for a second factor.

    Raises Refusal("role_code"), Refusal("role_name"), Refusal("role_empty"), Conflict("role_known"),
    Refusal("role_mixed") where rights at the desk and at a partner's place would stand together,
    NotFound("role_unknown"), Refusal("own_roles") for one that the actor has, Refusal("last_administrator").
    """
    actor.must(Permission.DESK_ROLE_EDIT)
    _lock(session)
    keepers = _keepers(session)
    known = roles(session)
    before = known.get(code)
    if new and before is not None:
        raise Conflict("role_known")
    if not new and before is None:
        raise NotFound("role_unknown")
    if actor.id is not None and code in holders(session).get(actor.id, ()):
        raise Refusal("own_roles")
    row = session.get(Role, (tenant_of(session), code)) or Role(tenant_id=tenant_of(session), code=code)
    if before is None or not before.built_in:
        _require_fit(code, names, permissions)
        row.names = {lang: names[lang].strip() for lang in LANGUAGES}
        row.permissions = sorted(one for one in OF_ROLES if one in permissions)
    row.second_factor = second_factor
    session.add(row)
    session.flush()  # who asks for roles next reads it
    _require_keeper(session, keepers)
    after = roles(session)[code]
    if before != after:
        told = _told(before) if before else None
        record(session, actor, "role.save", f"role {code}", before=told, after=_told(after))
    return after


def require_second_factor(session: Session, actor: Actor, *, code: str) -> Known:
    """Let nobody who has the role work without a second factor; also who has it herself may, for it takes nothing.

    It is taken off again by `save_role`, by somebody else. Raises NotFound("role_unknown").
    """
    actor.must(Permission.DESK_ROLE_EDIT)
    _lock(session)
    before = roles(session).get(code)
    if before is None:
        raise NotFound("role_unknown")
    if before.second_factor:
        return before
    row = session.get(Role, (tenant_of(session), code)) or Role(tenant_id=tenant_of(session), code=code)
    row.second_factor = True
    session.add(row)
    session.flush()  # who asks for roles next reads it
    after = roles(session)[code]
    record(session, actor, "role.save", f"role {code}", before=_told(before), after=_told(after))
    return after


def staff_by_id(session: Session, staff_id: UUID, *, lock: bool = False) -> Staff:
    """A person of this tenant's staff, and no guest; NotFound("staff_unknown")."""
    staff = session.get(
        Staff, (tenant_of(session), staff_id), with_for_update=lock or None, populate_existing=lock
    )
    if staff is None or staff.guest:
        raise NotFound("staff_unknown")
    return staff


def _told(role: Known) -> dict[str, object]:
    return {
        "titles": dict(role.names),
        "permissions": sorted(role.permissions),
        "second_factor": role.second_factor,
    }


def _require_fit(code: str, names: Mapping[str, str], permissions: Collection[str]) -> None:
    if not _CODE.fullmatch(code):
        raise Refusal("role_code")
    for lang in LANGUAGES:
        name = names.get(lang, "").strip()
        if not 0 < len(name) <= NAME_MAX or not name.isprintable():
            raise Refusal("role_name", lang=lang)
    if not any(one in permissions for one in OF_ROLES):
        raise Refusal("role_empty")
    own, desk = set(OF_PORTAL) & set(permissions), set(OF_STAFF) - OF_PARTICIPANTS
    if own and desk & set(permissions):
        raise Refusal("role_mixed")


def people_of(session: Session, participant_id: int) -> Sequence[Staff]:
    """Who works for a participant, those who are active first, by name."""
    return session.scalars(
        select(Staff)
        .where(Staff.tenant_id == tenant_of(session), Staff.participant_id == participant_id)
        .order_by(Staff.active.desc(), Staff.name, Staff.login)
    ).all()


def require_givable(session: Session, own: Collection[Permission], codes: Collection[str]) -> None:
    """Refusal("role_above") where a role may do what who gives it may not: a second pair of eyes is not made so."""
    if Permission.DESK_ROLE_EDIT in own:
        return
    known = roles(session)
    for code in sorted(codes):
        if code in known and not known[code].permissions <= frozenset(own):
            raise Refusal("role_above", role=code)


def _give(session: Session, staff: Staff, codes: Collection[str]) -> None:
    """Exactly these roles; a built-in one gets its row with its first holder."""
    known = roles(session)
    unknown = set(codes) - set(known)
    if unknown:
        raise NotFound("role_unknown", role=", ".join(sorted(unknown)))
    for code in sorted(one for one in set(codes) if known[one].built_in):
        first = {"tenant_id": staff.tenant_id, "code": code, "second_factor": False}
        session.execute(insert(Role).values(first).on_conflict_do_nothing())
    session.execute(
        delete(StaffRole).where(StaffRole.tenant_id == staff.tenant_id, StaffRole.staff_id == staff.id)
    )
    for code in sorted(set(codes)):
        session.execute(insert(StaffRole).values(tenant_id=staff.tenant_id, staff_id=staff.id, role=code))


def _lock(session: Session) -> None:
    """People and roles change one after the other, so that two do not take away the last but one at once."""
    session.flush()
    session.execute(
        select(Staff.id).where(Staff.tenant_id == tenant_of(session)).order_by(Staff.id).with_for_update()
    )


def _keepers(session: Session) -> set[UUID]:
    """Who of the active people keeps people and roles."""
    session.flush()  # what has changed is asked about
    known, having = roles(session), holders(session)
    own = select(Staff.id).where(
        Staff.tenant_id == tenant_of(session), Staff.active, Staff.participant_id.is_(None)
    )
    return {
        one
        for one in session.scalars(own)
        if together(known[code] for code in having.get(one, ())) >= _KEEPING
    }


def _require_keeper(session: Session, before: Collection[UUID]) -> None:
    """Refusal("last_administrator") where a change leaves nobody of those who kept people and roles, or of others."""
    if before and not _keepers(session):
        raise Refusal("last_administrator")
