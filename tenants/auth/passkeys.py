"""Passkeys of the staff (WebAuthn): an authenticator that asks for its owner signs a challenge of ours for this host.

One is a way to sign in of its own, for it is held and unlocked: two factors in one. After a password it is the second.
The library `webauthn` checks what an authenticator sends; here stands whose it is, and that its counter rises.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tenants.actor import Actor
from tenants.audit import record
from tenants.auth.second_factor import has_second_factor as has_app
from tenants.models import Passkey, Staff
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

NAME_MAX, MOST = 60, 10
_WRONG = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def has_second_factor(session: Session, staff: Staff) -> bool:
    """Whether a password alone lets this person in no more: she has an app for codes, or a passkey."""
    return has_app(staff) or bool(passkeys_of(session, staff))


def passkeys_of(session: Session, staff: Staff) -> Sequence[Passkey]:
    """The person's, the oldest first."""
    asked = select(Passkey).where(Passkey.tenant_id == tenant_of(session), Passkey.staff_id == staff.id)
    return session.scalars(asked.order_by(Passkey.made_at)).all()


def registration(session: Session, staff: Staff, *, host: str, title: str) -> tuple[str, bytes]:
    """What a browser is asked to make a passkey by (JSON), and its challenge; Refusal("passkeys_many", most=...)."""
    known = passkeys_of(session, staff)
    if len(known) >= MOST:
        raise Refusal("passkeys_many", most=MOST)
    options = generate_registration_options(
        rp_id=host,
        rp_name=title,
        user_id=staff.id.bytes,
        user_name=staff.login,
        user_display_name=staff.name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.id) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return options_to_json(options), options.challenge


def register(
    session: Session, staff: Staff, *, said: str, challenge: bytes, host: str, origin: str, name: str
) -> Passkey:
    """Keep a passkey that a browser has made; Refusal("passkey_wrong"), "passkey_name" or "passkeys_many"."""
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise Refusal("passkey_name", most=NAME_MAX)
    if len(passkeys_of(session, staff)) >= MOST:
        raise Refusal("passkeys_many", most=MOST)
    try:
        made = verify_registration_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            require_user_verification=True,
        )
    except _WRONG:
        raise Refusal("passkey_wrong") from None
    if session.get(Passkey, (tenant_of(session), made.credential_id)) is not None:
        raise Refusal("passkey_wrong")
    row = Passkey(
        tenant_id=tenant_of(session),
        id=made.credential_id,
        staff_id=staff.id,
        public_key=made.credential_public_key,
        counter=made.sign_count,
        name=name,
        made_at=clock.real_now(),
    )
    session.add(row)
    record(session, Actor("staff", id=staff.id), "passkey.add", f"staff {staff.id}", after={"name": name})
    return row


def question(session: Session, staff: Staff | None, *, host: str) -> tuple[str, bytes]:
    """What a browser is asked to sign in by (JSON), and its challenge: by one of hers, or by any that it has."""
    allowed = (
        [PublicKeyCredentialDescriptor(id=one.id) for one in passkeys_of(session, staff)] if staff else []
    )
    options = generate_authentication_options(
        rp_id=host, allow_credentials=allowed, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options), options.challenge


def person_by_passkey(
    session: Session, *, said: str, challenge: bytes, host: str, origin: str
) -> Staff | None:
    """Who has signed the challenge; None for anything that does not hold, which is told of in the trail: keep that."""
    row = session.get(
        Passkey, (tenant_of(session), _credential(said)), with_for_update=True, populate_existing=True
    )
    staff = session.get(Staff, (tenant_of(session), row.staff_id)) if row else None
    if row is None or staff is None or not staff.active:
        return None
    try:
        found = verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.counter,
            require_user_verification=True,
        )
        if _owner(said) not in (None, staff.id.bytes):
            raise ValueError("it names another person")
    except _WRONG:
        record(
            session,
            Actor("staff", id=staff.id),
            "passkey.refuse",
            f"staff {staff.id}",
            after={"name": row.name},
        )
        return None
    row.counter, row.used_at = found.new_sign_count, clock.real_now()
    return staff


def remove(session: Session, staff: Staff, credential: bytes) -> bool:
    """Take one of the person's own passkeys off; whether there was one."""
    row = session.get(Passkey, (tenant_of(session), credential))
    if row is None or row.staff_id != staff.id:
        return False
    session.delete(row)
    record(
        session, Actor("staff", id=staff.id), "passkey.remove", f"staff {staff.id}", before={"name": row.name}
    )
    return True


def take_off_passkeys(session: Session, staff: Staff) -> None:
    """Let none of a person's passkeys hold any more."""
    session.execute(
        delete(Passkey).where(Passkey.tenant_id == tenant_of(session), Passkey.staff_id == staff.id)
    )


def _credential(said: str) -> bytes:
    """The id of the passkey that a browser speaks of; no id where it says nothing that can be read."""
    try:
        told: Any = json.loads(said)
        return base64url_to_bytes(told["rawId"])
    except _WRONG:
        return b""


def _owner(said: str) -> bytes | None:
    """Whose the authenticator says that the passkey is; nothing where it does not say."""
    handle = json.loads(said)["response"].get("userHandle")
    return base64url_to_bytes(handle) if handle else None
