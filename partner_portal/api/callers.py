"""Who calls: the client of a bearer token, in the tenant that the host names."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import g, request
from sqlalchemy.orm import Session

from coalition.partners.clients import holds
from tenants.actor import Actor
from tenants.auth import tokens
from tenants.permissions import Permission
from tenants.runtime.errors import Refusal

SCOPES = {
    "members:read": Permission.DESK_MEMBER_READ,
    "purchases:read": Permission.DESK_MEMBER_READ,
    "purchases:write": Permission.DESK_PURCHASE_RECORD,
}
"""What a token can be asked for, and what its bearer may then do."""


@dataclass(frozen=True)
class Caller:
    """A client, with what its token lets it do. Its reach ends at its participant, and at its outlet if it has one."""

    client_id: str
    programme_id: int
    participant_id: int
    outlet_id: int | None
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        """Who acts for the house's actions."""
        return Actor("client", permissions=frozenset(SCOPES[scope] for scope in self.scopes))

    def must(self, scope: str) -> None:
        """Raise Refusal("scope_missing") unless the token has the scope."""
        if scope not in self.scopes:
            raise Refusal("scope_missing", scope=scope)


def issuer() -> str:
    """Who issues this host's tokens (RFC 9068): the host itself."""
    return f"{request.scheme}://{request.host}/v1"


def bearer(session: Session) -> Caller:
    """The caller of this request; Refusal("token_missing") or "token_invalid"."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refusal("token_missing")
    claims = tokens.verified(session, token.strip(), issuer=issuer())
    if claims is None:
        raise Refusal("token_invalid")
    made_at = datetime.fromtimestamp(claims["iat"], UTC)
    client = holds(session, client_id=claims["client_id"], jti=claims["jti"], made_at=made_at)
    if client is None:
        raise Refusal("token_invalid")
    g.client_id = client.id
    return Caller(
        client.id,
        client.programme_id,
        client.participant_id,
        client.outlet_id,
        frozenset(claims["scope"].split()) & frozenset(client.scopes) & SCOPES.keys(),
    )
