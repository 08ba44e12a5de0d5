"""Postbacks that a network signs with a secret of its own: HMAC-SHA-256 over the query string as it was sent."""

import hmac
import json
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.offers.actions import PLACE, SIGNATURE
from coalition.offers.models import Network
from coalition.offers.queries import network_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.vault import vault_of

logger = logging.getLogger(__name__)

WORD = "key"
_WHERE = re.compile(r"(?:parameter|header):[A-Za-z][A-Za-z0-9_-]{0,63}")
_SECRET = re.compile(r"[\x21-\x7e]{16,200}")


@dataclass(frozen=True)
class Signature:
    """Where a network's signature stands, as "parameter:sign" or "header:X-Signature", and what it is made with."""

    where: str
    secret: bytes = field(repr=False)

    @property
    def header(self) -> str:
        """The header's name; empty where it is a parameter."""
        kind, _, name = self.where.partition(":")
        return name if kind == "header" else ""

    def found(self, query: bytes, header: str) -> bool | None:
        """Whether the signature is right, in hex of either case; None where none was given.

        A parameter is left out of what it signs, with its ampersand.
        """
        if self.header:
            given = header.encode("utf-8", "replace")
        else:
            name = self.where.partition(":")[2].encode() + b"="
            parts = query.split(b"&")
            given = next((part[len(name) :] for part in parts if part.startswith(name)), b"")
            query = b"&".join(part for part in parts if not part.startswith(name))
        if not given:
            return None
        return hmac.compare_digest(given.lower(), hmac.new(self.secret, query, "sha256").hexdigest().encode())


def sign_postbacks(session: Session, actor: Actor, *, network_id: int, where: str, secret: str) -> None:
    """Have a network's postbacks believed by its signature, as by its word; with neither, no more.

    Processes that answer postbacks know of it within a minute. Raises Refusal("network_signature") for a place that
    there cannot be, "network_signature_word" for our word's own parameter, and "network_signature_secret" for a secret
    that is not 16 to 200 characters without spaces.
    """
    actor.must(Permission.DESK_NETWORK_EDIT)
    network, vault = network_by_id(session, network_id), vault_of(session)
    if where or secret:
        _require_fit(where, secret)
    kept = json.loads(vault.open(network.sealed, PLACE, network.id))
    network.sealed = vault.seal(json.dumps(_with(kept, secret)), PLACE, network.id)
    before = network.options.get(SIGNATURE)
    network.options = _with(network.options, where)
    told = {"signature": where or None}
    record(
        session,
        actor,
        "network.signature",
        f"network {network.code}",
        before={"signature": before},
        after=told,
    )


def _require_fit(where: str, secret: str) -> None:
    if not _WHERE.fullmatch(where):
        raise Refusal("network_signature")
    if where == f"parameter:{WORD}":
        raise Refusal("network_signature_word")
    if not _SECRET.fullmatch(secret):
        raise Refusal("network_signature_secret")


def _with(said: Mapping[str, object], value: str) -> dict[str, object]:
    rest = {name: one for name, one in said.items() if name != SIGNATURE}
    return rest | ({SIGNATURE: value} if value else {})


def signatures(session: Session) -> Mapping[str, Signature]:
    """The signatures of the tenant's networks that have one, by the network's code.

    One whose secret cannot be opened is logged and believes nobody; the other networks go on.
    """
    rows = session.scalars(
        select(Network).where(Network.tenant_id == tenant_of(session), Network.options.has_key(SIGNATURE))
    ).all()
    if not rows:
        return {}
    found, vault = {}, vault_of(session)
    for row in rows:
        try:
            secret = json.loads(vault.open(row.sealed, PLACE, row.id))[SIGNATURE]
        except (Refusal, KeyError):
            logger.exception("The secret by which %s signs cannot be opened", row.code)
            secret = secrets.token_urlsafe()
        found[row.code] = Signature(row.options[SIGNATURE], secret.encode())
    return found
