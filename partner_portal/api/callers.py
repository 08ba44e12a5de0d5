"""Who calls: the client of a bearer token, in the tenant that the host names."""

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, NamedTuple
from wsgiref.types import WSGIEnvironment

from flask import request
from sqlalchemy.orm import Session

from coalition.partners.clients import client_with_row
from coalition.transactions.online import state as online
from partner_portal.api import certificates
from tenants.actor import Actor
from tenants.auth import tokens
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime import web as runtime_web
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.sandbox import is_sandbox
from tenants.translations import N_
from tenants.vault import Vault, vault_of


class Scope(NamedTuple):
    """What a token can be asked for: what its bearer may then do, and how that is described."""

    permission: Permission
    about: str


SCOPES = {
    "benefits:use": Scope(Permission.DESK_BENEFIT_USE, N_("Honour coupons, certificates and privileges")),
    "cards:write": Scope(
        Permission.DESK_CARD_EDIT, N_("Issue, link, activate, block and replace loyalty cards")
    ),
    "cards:unblock": Scope(Permission.DESK_CARD_UNBLOCK, N_("Let blocked loyalty cards be used again")),
    "events:write": Scope(Permission.DESK_EVENT_NOTE, N_("Tell events of members, which promotions pay for")),
    "members:read": Scope(Permission.DESK_MEMBER_READ, N_("Find members and read what they have")),
    "members:write": Scope(Permission.DESK_MEMBER_ENROL, N_("Enrol members")),
    "points:spend": Scope(Permission.DESK_POINTS_SPEND, N_("Let members pay with points")),
    "purchases:read": Scope(Permission.DESK_MEMBER_READ, N_("Read why purchases gave what they gave")),
    "purchases:write": Scope(Permission.DESK_PURCHASE_RECORD, N_("Quote and book sales and returns")),
    "sandbox:clock": Scope(Permission.DESK_SANDBOX_MOVE, N_("Move a sandbox's clock on")),
}
SANDBOX_SCOPE = "sandbox:clock"
TILL_SCOPES = tuple(
    scope for scope in SCOPES if scope not in ("cards:unblock", "events:write", SANDBOX_SCOPE)
)
"""What a client has where nobody says otherwise, in a sandbox its clock as well.

Who tells events says by itself what others pay for, and who unblocks cards undoes what a member has asked for.
"""


@dataclass(frozen=True)
class Caller:
    """A client, with what its token lets it do. Its reach ends at its participant, and at its outlet if it has one."""

    client_id: str
    programme_id: int
    participant_id: int
    outlet_id: int | None
    scopes: frozenset[str]
    requests_per_minute: int | None = None
    channel: ClassVar[str] = ""
    """What every sale and return of the caller's is marked with, whatever the till says of it."""
    guesses_most: ClassVar[tuple[int, int]] = (60, 1_200)
    """So many cards or phones that find nobody may come in an hour from one place, and from all of its places."""

    @property
    def actor(self) -> Actor:
        """Who acts for the house's actions."""
        permissions = frozenset(SCOPES[scope].permission for scope in self.scopes)
        return Actor("client", permissions=permissions, client_id=self.client_id)

    def place_of(self, address: str | None) -> tuple[str, str]:
        """From where it guesses: by what the one place and all of its places are counted."""
        return f"{self.client_id}|{address}", self.client_id

    def told_as(self) -> str | None:
        """As which client its sales and returns are told to webhooks."""
        return self.client_id

    def must(self, scope: str) -> None:
        """Raise Refusal("scope_missing") unless the token has the scope."""
        if scope not in self.scopes:
            raise Refusal("scope_missing", scope=scope)


def issuer() -> str:
    """Who issues this host's tokens (RFC 9068): the host itself."""
    return f"{request.scheme}://{request.host}/v1"


@dataclass(frozen=True)
class Known:
    """A caller whose token this process has verified. What may have changed since is for whoever uses it to look at."""

    host: str
    tenant_id: int
    caller: Caller
    token_id: str
    ends: int  # of the token, in seconds since 1970
    row: str  # what wrote the client's row
    certificate: str | None  # that the token is bound to
    vault: Vault
    sandbox: bool

    def as_asked(self) -> online.Caller:
        """The caller, as the short way lets it in."""
        caller = self.caller
        return online.Caller(
            self.host,
            caller.client_id,
            self.token_id,
            self.row,
            caller.programme_id,
            caller.outlet_id,
        )


_known: dict[tuple[str, str, bytes], Known] = {}
KNOWN_MOST = 10_000


def known_bearer(environ: WSGIEnvironment) -> Known | None:
    """The caller of this request, if this process has met its token, at this address, before."""
    found = _known.get(_place(environ, _token(environ)))
    if found is None or clock.real_now().timestamp() >= found.ends:
        return None
    return found if found.certificate is None or found.certificate == certificates.shown(environ) else None


def _token(environ: WSGIEnvironment) -> str:
    kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _place(environ: WSGIEnvironment, token: str) -> tuple[str, str, bytes]:
    """Under what a token is known: where it was sent, which says who must have issued it, and its digest."""
    return environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""), sha256(token.encode()).digest()


def bearer(session: Session) -> Caller:
    """The caller of this request; Refusal("token_missing"), "token_invalid" or "certificate_needed"."""
    token = _token(request.environ)
    if not token:
        raise Refusal("token_missing")
    claims = tokens.verified(session, token, issuer=issuer())
    if claims is None:
        raise Refusal("token_invalid")
    try:
        client, row = client_with_row(session, claims["client_id"])
    except NotFound:
        raise Refusal("token_invalid") from None
    certificate = tokens.certificate_of(claims)
    certificates.require(client, certificate)
    caller = Caller(
        client.id,
        client.programme_id,
        client.participant_id,
        client.outlet_id,
        frozenset(claims["scope"].split()) & frozenset(client.scopes) & SCOPES.keys(),
        client.requests_per_minute,
    )
    if len(_known) >= KNOWN_MOST:
        _known.clear()
    _known[_place(request.environ, token)] = Known(
        runtime_web.host_name(request.host),
        tenant_of(session),
        caller,
        claims["jti"],
        int(claims["exp"]),
        row,
        certificate,
        vault_of(session),
        is_sandbox(session),
    )
    return caller
