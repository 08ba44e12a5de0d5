"""The tenant's own provider of sign-ins (OpenID Connect): what it is told to be, and whom it has told us of.

A person is who the provider's `iss` and `sub` say, for ever, and never who an e-mail or a login says: those change
hands. Roles follow the provider's groups at each sign-in. The calls to the provider are `admin.oidc`'s.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.actor import SYSTEM, Actor
from tenants.audit import record
from tenants.auth.sign_ins import end_sign_ins
from tenants.models import Staff, StaffProvider
from tenants.permissions import Permission
from tenants.roles import operates, roles, roles_of
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.staff import LOGIN, NAME_MAX, give_roles, invite_staff
from tenants.vault import vault_of

TEXT_MAX, CLAIM_MAX, GROUPS_MAX = 255, 100, 100
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
_PLACE = "staff_provider.secret"
_TWO_FACTORS = frozenset({"mfa", "mca"})
_BESIDE_A_PASSWORD = frozenset(
    {"otp", "sms", "tel", "hwk", "swk", "sc", "fpt", "face", "iris", "vbm", "retina"}
)


@dataclass(frozen=True)
class Provider:
    """A provider as calls to it need it: plain values, so that no transaction is open meanwhile."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str
    claim: str
    groups: Mapping[str, str]
    passwords: bool


def provider_of(session: Session) -> Provider | None:
    """The tenant's provider, if it has one; its secret opened."""
    row = session.get(StaffProvider, tenant_of(session))
    if row is None:
        return None
    secret = vault_of(session).open(row.client_secret, _PLACE)
    groups = {str(name): str(code) for name, code in row.groups.items()}
    return Provider(row.issuer, row.client_id, secret, row.scope, row.claim, groups, row.passwords)


def passwords_allowed(session: Session) -> bool:
    """Whether people of the staff sign in by password and passkey, too."""
    row = session.get(StaffProvider, tenant_of(session))
    return row is None or row.passwords


def set_provider(
    session: Session,
    actor: Actor,
    *,
    issuer: str,
    client_id: str,
    client_secret: str,
    groups: Mapping[str, str],
    scope: str = "openid profile",
    claim: str = "groups",
    passwords: bool = True,
) -> StaffProvider:
    """Let people sign in by this provider from now on; without a secret, the one that is kept stays, for its issuer.

    Raises Refusal("provider_field", field=...) for what is missing or too long, NotFound("role_unknown").
    """
    actor.must(Permission.DESK_ROLE_EDIT)
    row = session.get(StaffProvider, tenant_of(session), with_for_update=True)
    given = {"issuer": issuer, "client_id": client_id, "claim": claim, "scope": scope}
    for field, said in given.items():
        if not 0 < len(said) <= (CLAIM_MAX if field == "claim" else TEXT_MAX) or not said.isprintable():
            raise Refusal("provider_field", field=field)
    if not SCOPE.fullmatch(scope) or "openid" not in scope.split():
        raise Refusal("provider_field", field="scope")
    if not (client_secret or (row and row.issuer == issuer)) or len(client_secret) > TEXT_MAX:
        raise Refusal("provider_field", field="client_secret")
    if not 0 < len(groups) <= GROUPS_MAX or any(len(name) > TEXT_MAX for name in groups):
        raise Refusal("provider_field", field="groups")
    if unknown := set(groups.values()) - set(roles(session)):
        raise NotFound("role_unknown", roles=sorted(unknown))
    before = None if row is None else _told(row)
    row = row or StaffProvider(tenant_id=tenant_of(session))
    row.issuer, row.client_id, row.scope, row.claim = issuer, client_id, scope, claim
    row.groups, row.passwords = dict(groups), passwords
    if client_secret:
        row.client_secret = vault_of(session).seal(client_secret, _PLACE)
    session.add(row)
    record(session, actor, "provider.set", "provider", before=before, after=_told(row))
    return row


def remove_provider(session: Session, actor: Actor) -> None:
    """Let nobody sign in by it any more; whoever has a password signs in by that. NotFound("provider_none")."""
    actor.must(Permission.DESK_ROLE_EDIT)
    row = session.get(StaffProvider, tenant_of(session), with_for_update=True)
    if row is None:
        raise NotFound("provider_none")
    told = _told(row)
    session.delete(row)
    record(session, actor, "provider.remove", "provider", before=told)


def bind(session: Session, staff: Staff, provider: Provider, claims: Mapping[str, Any]) -> None:
    """Let somebody who is signed in be who the provider has just told us of, from now on.

    Raises Conflict("provider_bound") where either is somebody else already.
    """
    issuer, subject = provider.issuer, _subject(claims)
    known = _known(session, issuer, subject)
    if known is not None and known.id == staff.id:
        return
    if known is not None or staff.issuer is not None:
        raise Conflict("provider_bound")
    staff.issuer, staff.subject = issuer, subject
    record(session, Actor("staff", id=staff.id), "provider.bind", f"staff {staff.id}")


def let_in(session: Session, provider: Provider, claims: Mapping[str, Any]) -> Staff:
    """Who signs in by what the provider has told, checked already: known by issuer and subject, or new.

    Her roles are those of her groups from now on. Raises Refusal("provider_no_group"), whereupon what sign-ins she has
    end: keep the transaction; Refusal("staff_inactive"), Refusal("last_administrator"), Refusal("provider_one_factor").
    """
    subject = _subject(claims)
    staff = _known(session, provider.issuer, subject)
    if staff is not None and not staff.active:
        raise Refusal("staff_inactive")
    wanted = sorted(
        {provider.groups[name] for name in _groups(claims, provider.claim) if name in provider.groups}
        & set(roles(session))
    )
    if not wanted:
        if staff is not None and end_sign_ins(session, staff.id):
            record(session, Actor("staff", id=staff.id), "provider.no_group", f"staff {staff.id}")
        raise Refusal("provider_no_group")
    _require_factor(session, claims, wanted)
    if staff is None:
        name = str(claims.get("name") or claims.get("preferred_username") or subject)
        name = "".join(letter for letter in name if letter.isprintable()).strip()[:NAME_MAX] or "?"
        login = _login(session, provider.issuer, subject, claims)
        staff = invite_staff(session, SYSTEM, login=login, name=name, roles=wanted)
        staff.issuer, staff.subject = provider.issuer, subject
        session.flush()  # of two at once the second learns it here
    elif sorted(role.code for role in roles_of(session, staff.id)) != wanted:
        give_roles(session, SYSTEM, staff_id=staff.id, roles=wanted, participant_id=staff.participant_id)
    return staff


def _known(session: Session, issuer: str, subject: str) -> Staff | None:
    return session.scalars(
        select(Staff).where(
            Staff.tenant_id == tenant_of(session), Staff.issuer == issuer, Staff.subject == subject
        )
    ).one_or_none()


def _subject(claims: Mapping[str, Any]) -> str:
    """Who it is to the provider; Refusal("provider_answer") for what no provider may say (OpenID Connect Core, 2)."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= TEXT_MAX:
        raise Refusal("provider_answer")
    return subject


def _groups(claims: Mapping[str, Any], claim: str) -> Collection[str]:
    found = claims.get(claim)
    if isinstance(found, str):
        return [found]
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _require_factor(session: Session, claims: Mapping[str, Any], wanted: Collection[str]) -> None:
    """A role that asks for a second factor lets nobody in of whom the provider says that it asked for one alone.

    It says so by `amr` (RFC 8176): "mfa", or a password with something else. One that says
    nothing is trusted, but not with the operators' place.
    """
    known, amr = roles(session), claims.get("amr")
    if not any(known[code].second_factor for code in wanted):
        return
    if amr is None:
        told = not operates(session)
    else:
        named = {amr} if isinstance(amr, str) else set(amr) if isinstance(amr, list) else set()
        told = bool(named & _TWO_FACTORS) or ("pwd" in named and bool(named & _BESIDE_A_PASSWORD))
    if not told:
        raise Refusal("provider_one_factor")


def _login(session: Session, issuer: str, subject: str, claims: Mapping[str, Any]) -> str:
    """The login that the provider knows, where it can be one and nobody has it; else one that says nothing."""
    said = str(claims.get("preferred_username", "")).strip().lower()
    taken = select(Staff.id).where(Staff.tenant_id == tenant_of(session), Staff.login == said)
    if LOGIN.fullmatch(said) and session.scalars(taken).first() is None:
        return said
    return f"sso-{sha256(f'{issuer} {subject}'.encode()).hexdigest()[:16]}"


def _told(row: StaffProvider) -> dict[str, Any]:
    groups = [{"group": name, "role": code} for name, code in sorted(row.groups.items())]
    return {
        "issuer": row.issuer,
        "client": row.client_id,
        "scope": row.scope,
        "claim": row.claim,
        "groups": groups,
        "by_login": row.passwords,
    }
