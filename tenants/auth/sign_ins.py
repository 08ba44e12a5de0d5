"""Sign-ins of browsers: a random secret in the cookie, its digest here, ended by sign-out, silence or age."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tenants.models import SignIn
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

SILENCE = {"member": timedelta(days=30), "staff": timedelta(hours=1)}
AGE = {"member": timedelta(days=90), "staff": timedelta(hours=12)}
_SEEN_EVERY = timedelta(minutes=5)
# in this order: each calls itself by the names of those below it, too
_BROWSERS = (
    ("YaBrowser", "Yandex Browser"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def sign_in(
    session: Session, *, kind: str, subject_id: UUID, address: str = "", browser: str = "", way: str = ""
) -> str:
    """Begin a sign-in of a "member" or of "staff"; returns the cookie's secret, which is kept nowhere.

    Of the staff it is kept from where and with what: `browser` is what the browser calls itself, `way` "provider" or
    "passkey" where it was not by password.
    """
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
            address=address[:64],
            device=device_of(browser) if browser else "",
            way=way,
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


def subject_of(session: Session, *, kind: str, secret: str) -> UUID | None:
    """Whose sign-in the secret is or was, also when it is over."""
    row = session.get(SignIn, (tenant_of(session), _digest(secret)))
    return row.subject_id if row is not None and row.kind == kind else None


def way_of(session: Session, secret: str) -> str:
    """How the sign-in of this secret began: "provider", "passkey", or empty for a password."""
    row = session.get(SignIn, (tenant_of(session), _digest(secret)))
    return row.way if row else ""


def sign_out(session: Session, *, secret: str) -> None:
    """End the sign-in of this secret."""
    row = session.get(SignIn, (tenant_of(session), _digest(secret)))
    if row is not None and row.ended_at is None:
        row.ended_at = clock.real_now()


def holding(session: Session, subject_id: UUID) -> Sequence[SignIn]:
    """The sign-ins of a person of the staff that hold now, the one seen last first."""
    now = clock.real_now()
    return session.scalars(
        select(SignIn)
        .where(
            SignIn.tenant_id == tenant_of(session),
            SignIn.subject_id == subject_id,
            SignIn.kind == "staff",
            SignIn.ended_at.is_(None),
            SignIn.seen_at >= now - SILENCE["staff"],
            SignIn.started_at >= now - AGE["staff"],
        )
        .order_by(SignIn.seen_at.desc(), SignIn.digest)
    ).all()


def end_sign_ins(
    session: Session, subject_id: UUID, *, but: str | None = None, only: bytes | None = None
) -> int:
    """End a person's sign-ins: all, all but that of the secret `but`, or `only` that one; returns how many ended."""
    statement = update(SignIn).where(
        SignIn.tenant_id == tenant_of(session), SignIn.subject_id == subject_id, SignIn.ended_at.is_(None)
    )
    if but is not None:
        statement = statement.where(SignIn.digest != _digest(but))
    if only is not None:
        statement = statement.where(SignIn.digest == only)
    return len(session.execute(statement.values(ended_at=clock.real_now()).returning(SignIn.digest)).all())


def is_of(row: SignIn, secret: str) -> bool:
    """Whether the sign-in is that of the secret."""
    return row.digest == _digest(secret)


def has_signed_in_from(session: Session, subject_id: UUID, address: str) -> bool:
    """Whether the person has signed in from the address before, as long as sign-ins are kept."""
    asked = select(SignIn.digest).where(
        SignIn.tenant_id == tenant_of(session), SignIn.subject_id == subject_id, SignIn.address == address
    )
    return bool(address) and session.scalars(asked.limit(1)).first() is not None


def device_of(browser: str) -> str:
    """What a browser calls itself, in the two words that people know it by: "Firefox, Windows"."""
    named = next((name for mark, name in _BROWSERS if mark in browser), "")
    system = next((name for mark, name in _SYSTEMS if mark in browser), "")
    return ", ".join(word for word in (named, system) if word)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
