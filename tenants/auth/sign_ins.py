"""Sign-ins of browsers: a random secret in the cookie, its digest here, ended by sign-out, silence or age."""

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.models import SignIn
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

SILENCE = {"member": timedelta(days=30), "staff": timedelta(hours=1)}
AGE = {"member": timedelta(days=90), "staff": timedelta(hours=12)}
_SEEN_EVERY = timedelta(minutes=5)


def sign_in(session: Session, *, kind: str, subject_id: UUID) -> str:
    """Begin a sign-in of a "member" or of "staff"; returns the cookie's secret, which is kept nowhere."""
    secret = secrets.token_urlsafe(32)
    now = clock.real_now()
    session.add(
        SignIn(
            tenant_id=tenant_of(session),
            digest=_digest(secret),
            kind=kind,
            subject_id=subject_id,
            started_at=now,
            seen_at=now,
        )
    )
    return secret


def signed_in(session: Session, *, kind: str, secret: str) -> UUID | None:
    """Whose sign-in the secret is, if it still holds."""
    row = session.get(SignIn, (tenant_of(session), _digest(secret)))
    now = clock.real_now()
    if row is None or row.kind != kind or row.ended_at:
        return None
    if now - row.seen_at > SILENCE[kind] or now - row.started_at > AGE[kind]:
        return None
    if now - row.seen_at > _SEEN_EVERY:  # not every page view is worth a write
        row.seen_at = now
    return row.subject_id


def sign_out(session: Session, *, secret: str) -> None:
    """End the sign-in of this secret."""
    row = session.get(SignIn, (tenant_of(session), _digest(secret)))
    if row is not None and row.ended_at is None:
        row.ended_at = clock.real_now()


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
