"""Programs that call the API: who they are, what they may ask for, and the secrets they sign in with.

A secret is 32 random bytes, shown once and kept as its keyed digest: there is nothing to guess, so nothing slow is
needed (ASVS 5.0, 11.4.2 is about passwords).
"""

import base64
import json
import secrets
import warnings
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey, import_key
from sqlalchemy import String, literal_column, or_, select
from sqlalchemy.orm import Session

from coalition.partners.models import ApiClient, ApiSecret
from coalition.partners.queries import outlet_by_id, participant_here, partner_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.vault import vault_of

RSA_BITS = 2048
OVERLAP = timedelta(days=7)
"""How long a replaced secret still signs in, so that tills can be changed one after the other."""


def add_client(
    session: Session,
    actor: Actor,
    *,
    name: str,
    programme_id: int,
    participant_id: int,
    scopes: Collection[str],
    outlet_id: int | None = None,
) -> tuple[ApiClient, str]:
    """Let a program of the participant's call the API; with it comes its first secret, which is kept nowhere.

    Raises what `require_own_outlet` does.
    """
    actor.must(Permission.DESK_CLIENT_EDIT)
    require_own_outlet(session, participant_id, outlet_id)
    client = ApiClient(
        id=f"client_{secrets.token_hex(12)}",
        name=name,
        programme_id=programme_id,
        participant_id=participant_id,
        outlet_id=outlet_id,
        scopes=sorted(scopes),
    )
    let_in(session, actor, client)
    return client, new_secret(session, client)


def let_in(session: Session, by: Actor, client: ApiClient) -> None:
    """Let a new program in from now on, for an action that has checked who may and what it may do."""
    client.tenant_id, client.made_at = tenant_of(session), clock.real_now()
    session.add(client)
    session.flush()  # its secret refers to it
    told = {"name": client.name, "scopes": client.scopes}
    record(session, by, "client.add", f"client {client.id}", after=told)


def end_secrets(session: Session, client_id: str, overlap: timedelta = OVERLAP) -> datetime:
    """Let the secrets that a client has hold for the overlap and no longer; returns until when."""
    until = clock.real_now() + overlap
    for secret in valid_secrets(session, client_id):
        secret.until = min(secret.until or until, until)
    return until


def require_own_outlet(session: Session, participant_id: int, outlet_id: int | None) -> None:
    """Refusal("client_outlet_other") for a place of sale of another participant: no call would be answered there.

    Raises what `participant_here` does, too.
    """
    participant_here(session, participant_id)
    if outlet_id is None:
        return
    partner = partner_by_id(session, outlet_by_id(session, outlet_id).partner_id)
    if partner.participant_id != participant_id:
        raise Refusal("client_outlet_other")


def rotate_secret(session: Session, actor: Actor, *, client_id: str, overlap: timedelta = OVERLAP) -> str:
    """Give a client its next secret; those it has hold for the overlap. Returns it; it is kept nowhere."""
    actor.must(Permission.DESK_CLIENT_EDIT)
    client = client_by_id(session, client_id)
    until = end_secrets(session, client_id, overlap)
    made = new_secret(session, client)
    record(session, actor, "client.secret", f"client {client.id}", after={"others_until": until})
    return made


def set_keys(session: Session, actor: Actor, *, client_id: str, written: str) -> list[str]:
    """Let a client sign in by what it signs with the private halves of these keys: PEM, a JWK, or a JWK set.

    They replace those it had. Returns their thumbprints (RFC 7638). Raises Refusal("key_unclear"), "key_private" for a
    private key, which belongs to the client alone, or "key_weak" for RSA of less than 2048 bits or a shared secret.
    """
    actor.must(Permission.DESK_CLIENT_EDIT)
    client, keys = client_by_id(session, client_id), _read_keys(written)
    for key in keys:
        if key.is_private:
            raise Refusal("key_private")
        if key.key_type == "oct" or (key.key_type == "RSA" and key.raw_value.key_size < RSA_BITS):
            raise Refusal("key_weak")
        key.ensure_kid()
    client.keys = dict(KeySet(keys).as_dict(private=False))
    prints = [key.thumbprint() for key in keys]
    record(session, actor, "client.keys", f"client {client.id}", after={"thumbprints": prints})
    return prints


def set_certificates(session: Session, actor: Actor, *, client_id: str, written: str) -> list[str]:
    """Bind a client to these certificates (PEM, one or more), in place of those it had: it calls with one from now on.

    Returns their thumbprints (RFC 8705, 3.1). Raises Refusal("certificate_unclear").
    """
    actor.must(Permission.DESK_CLIENT_EDIT)
    client = client_by_id(session, client_id)
    try:
        found = x509.load_pem_x509_certificates(written.encode())
    except (ValueError, x509.InvalidVersion):
        raise Refusal("certificate_unclear") from None
    prints = [base64.urlsafe_b64encode(one.fingerprint(SHA256())).rstrip(b"=").decode() for one in found]
    before, client.certificates = client.certificates, prints
    record(
        session, actor, "client.certificates", f"client {client.id}",
        before={"thumbprints": before or []}, after={"thumbprints": prints},
    )  # fmt: skip
    return prints


def _read_keys(written: str) -> list[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # what is weak is refused, not warned of
            return _keys_of(written)
    except (ValueError, TypeError, KeyError, JoseError):
        raise Refusal("key_unclear") from None


def _keys_of(written: str) -> list[Any]:
    if not written.lstrip().startswith("{"):
        return [_of_pem(written)]
    told = json.loads(written)
    return list(KeySet.import_key_set(told).keys) if "keys" in told else [import_key(told)]


def _of_pem(written: str) -> Any:
    for kind in (OKPKey, ECKey, RSAKey):
        with suppress(ValueError, TypeError, JoseError):
            return kind.import_key(written)
    raise ValueError(written[:20])


def end_client(session: Session, actor: Actor, *, client_id: str) -> None:
    """Let the program in no more: its secrets and all its tokens end now."""
    actor.must(Permission.DESK_CLIENT_EDIT)
    client = client_by_id(session, client_id)
    client.ended_at = clock.real_now()
    record(session, actor, "client.end", f"client {client_id}", before={"name": client.name})


def client_by_id(session: Session, client_id: str) -> ApiClient:
    """A client that has not ended; NotFound("client_unknown")."""
    client = session.get(ApiClient, (tenant_of(session), client_id))
    if client is None or client.ended_at is not None:
        raise NotFound("client_unknown")
    return client


def client_with_row(session: Session, client_id: str) -> tuple[ApiClient, str]:
    """The same with the transaction that wrote its row (PostgreSQL's xmin): another one, another client."""
    found = session.execute(
        select(ApiClient, literal_column("api_client.xmin::text", String))
        .where(ApiClient.tenant_id == tenant_of(session), ApiClient.id == client_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or found[0].ended_at is not None:
        raise NotFound("client_unknown")
    return found[0], found[1]


def all_clients(session: Session) -> Sequence[ApiClient]:
    """The tenant's clients, the oldest first, those that have ended among them."""
    return session.scalars(
        select(ApiClient)
        .where(ApiClient.tenant_id == tenant_of(session))
        .order_by(ApiClient.made_at, ApiClient.id)
    ).all()


def has_secret(session: Session, client_id: str, secret: str) -> bool:
    """Whether the secret is one that the client signs in with now."""
    found = _digest(session, client_id, secret)
    return any(one.digest == found for one in valid_secrets(session, client_id))


def new_secret(session: Session, client: ApiClient, approval_id: UUID | None = None) -> str:
    """One more secret of a client's, for an action that has checked who may; a signature gives one (`approval_id`)."""
    secret = secrets.token_urlsafe(32)
    session.add(
        ApiSecret(
            tenant_id=client.tenant_id,
            client_id=client.id,
            digest=_digest(session, client.id, secret),
            made_at=clock.real_now(),
            approval_id=approval_id,
        )
    )
    session.flush()
    return secret


def valid_secrets(session: Session, client_id: str) -> Sequence[ApiSecret]:
    """The secrets that a client signs in with now."""
    return session.scalars(
        select(ApiSecret).where(
            ApiSecret.tenant_id == tenant_of(session),
            ApiSecret.client_id == client_id,
            or_(ApiSecret.until.is_(None), ApiSecret.until > clock.real_now()),
        )
    ).all()


def _digest(session: Session, client_id: str, secret: str) -> UUID:
    return vault_of(session).digest("api-secret", f"{client_id}|{secret}")
