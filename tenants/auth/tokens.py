"""Access tokens of programs (RFC 9068): signed by the tenant's own key, so another tenant's mean nothing here."""

import secrets
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.models import RevokedToken
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import digest
from tenants.vault import vault_of

ALGORITHM = "Ed25519"  # RFC 9864
AUDIENCE = "coalition-api"
LIVES_SECONDS = 900


def signing_key(session: Session) -> OKPKey:
    """The tenant's key for tokens, derived from what the vault holds and kept nowhere."""
    private = Ed25519PrivateKey.from_private_bytes(vault_of(session).derive("api tokens"))
    return OKPKey.import_key(private, {"use": "sig", "alg": ALGORITHM})


def issued(
    session: Session, *, client_id: str, scope: str, issuer: str, certificate: str | None = None
) -> str:
    """A token for the client (RFC 9068, 2.2), good for fifteen minutes, with that certificate alone (RFC 8705)."""
    now = int(clock.real_now().timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": client_id,
        "client_id": client_id,
        "scope": scope,
        "iat": now,
        "exp": now + LIVES_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    if certificate:
        claims["cnf"] = {"x5t#S256": certificate}
    header = {"alg": ALGORITHM, "typ": "at+jwt"}
    return jwt.encode(header, claims, signing_key(session), algorithms=[ALGORITHM])


def verified(session: Session, token: str, *, issuer: str) -> dict[str, Any] | None:
    """The token's claims, if it is one of the tenant's that still holds; nothing for one that is over or given up."""
    try:
        read = jwt.decode(token, signing_key(session), algorithms=[ALGORITHM])
        jwt.JWTClaimsRegistry(
            now=int(clock.real_now().timestamp()),
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            client_id={"essential": True},
        ).validate(read.claims)
    except (JoseError, ValueError):
        return None
    if read.header.get("typ") != "at+jwt" or not all(
        isinstance(read.claims.get(n), str) for n in ("jti", "scope")
    ):
        return None
    if session.get(RevokedToken, (tenant_of(session), read.claims["jti"])) is not None:
        return None
    return dict(read.claims)


def certificate_of(claims: dict[str, Any]) -> str | None:
    """The thumbprint of the certificate that a token is bound to."""
    bound: str | None = claims.get("cnf", {}).get("x5t#S256")
    return bound


def signed(session: Session, kind: str, claims: dict[str, Any]) -> str:
    """Claims of another kind signed with the same key: `kind` is the header's `typ`, so none passes for another."""
    return jwt.encode({"alg": ALGORITHM, "typ": kind}, claims, signing_key(session), algorithms=[ALGORITHM])


def read_signed(session: Session, kind: str, text: str) -> dict[str, Any] | None:
    """The claims, if they are of the kind and signed by the tenant; nothing otherwise. Whoever asks looks at times."""
    try:
        read = jwt.decode(text, signing_key(session), algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return None
    return dict(read.claims) if read.header.get("typ") == kind else None


def first_time(session: Session, *parts: str, until: datetime) -> bool:
    """Whether this is seen for the first time; it is remembered `until` nobody would take it any more."""
    row = {"tenant_id": tenant_of(session), "jti": digest(*parts).hex(), "until": until}
    seen = insert(RevokedToken).values(row).on_conflict_do_nothing().returning(RevokedToken.jti)
    return session.scalar(seen) is not None


def revoke(session: Session, claims: dict[str, Any]) -> None:
    """End a token, by its claims, before its time."""
    row = {
        "tenant_id": tenant_of(session),
        "jti": claims["jti"],
        "until": datetime.fromtimestamp(claims["exp"], UTC),
    }
    session.execute(insert(RevokedToken).values(row).on_conflict_do_nothing())
