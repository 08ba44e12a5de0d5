"""Tokens for programs by OAuth 2.0 client credentials (RFC 6749, 4.4), and their revocation (RFC 7009), by Authlib."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.errors import InvalidClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant as Grant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from flask import Flask, Response, request
from joserfc.jwk import KeySet

from coalition.partners import clients
from coalition.partners.models import ApiClient
from partner_portal.api import certificates
from partner_portal.api.callers import SCOPES, issuer
from partner_portal.api.limits import HOUR, Limit, tell
from tenants.auth import tokens
from tenants.auth.limits import allowed, tried
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import session

TOKEN_PROBLEMS = (
    "https_needed",
    "nul_in_request",
    "host_unknown",
    "too_many_tries",
    "database_away",
)
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth")
STATEMENT_SECONDS = 600
SECRETS_PER_HOUR = 30
"""So many wrong secrets of one client from one address are answered."""


class Client(ClientMixin):
    """A client as Authlib asks for it."""

    def __init__(self, row: ApiClient | None, name: str) -> None:
        self.row, self.name = row, name

    def get_client_id(self) -> str:
        """Its name for us."""
        return self.name

    @property
    def scopes(self) -> list[str]:
        """What it may ask for."""
        return list(self.row.scopes) if self.row else []

    def get_allowed_scope(self, scope: str | None) -> str:
        """Of what is asked, what the client has; all of that where nothing is asked."""
        asked = scope.split() if scope else self.scopes
        return " ".join(one for one in asked if one in self.scopes)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is one of its own. After too many wrong ones from an address none is looked at."""
        place = f"{self.name}|{request.remote_addr}"
        left = max(0, SECRETS_PER_HOUR - tried(session(), "api-secret", place, seconds=HOUR))
        tell(Limit("client_secret", SECRETS_PER_HOUR, HOUR, left))
        if not left:
            raise Refusal("too_many_tries")
        if self.row is not None and clients.has_secret(session(), self.name, client_secret):
            return True
        allowed(session(), "api-secret", place, most=SECRETS_PER_HOUR, seconds=HOUR)
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A secret in the header or the form, what it signs, or its certificate, for whichever endpoint.

        A client that has given certificates shows one of them whatever else it signs in by.
        """
        return method in METHODS and (self.row is None or certificates.fits(self.row))

    def check_grant_type(self, grant_type: str) -> bool:
        """Programs sign in for themselves alone."""
        return grant_type == Grant.GRANT_TYPE


class Server(AuthorizationServer):
    """As Authlib has it; whether the way is safe was asked at the door (`web`), by the same rule for all of the API."""

    def create_oauth2_request(self, request: Any) -> FlaskOAuth2Request:
        """The request, its address told as a safe one."""
        return FlaskOAuth2Request(SafelySent(flask.request))


class SafelySent:
    """A request that came by a way the door lets through."""

    def __init__(self, sent: flask.Request) -> None:
        self._sent = sent
        self.url = sent.url.replace("http://", "https://", 1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sent, name)


class ClientCredentialsGrant(Grant):
    """As Authlib has it, by either way of sending a secret."""

    TOKEN_ENDPOINT_AUTH_METHODS = list(METHODS)


class SignedStatement(JWTBearerClientAssertion):
    """A client signs in by a statement signed with its own key (private_key_jwt, RFC 7523): each of them once."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def get_audiences(self) -> list[str]:
        """Whom the statement names: the token endpoint, or the API."""
        return [f"{issuer()}/oauth/token", issuer()]

    def resolve_client_public_key(self, client: Client) -> KeySet:
        """The keys that the client has given."""
        if client.row is None or not client.row.keys:
            raise InvalidClientError(description="The client has no key.")
        return KeySet.import_key_set(client.row.keys)

    def validate_jti(self, claims: dict[str, Any], jti: str) -> bool:
        """New, and not good for so long that it could be taken from somewhere and kept."""
        now, ends = clock.real_now().timestamp(), int(claims["exp"])
        if ends - now > STATEMENT_SECONDS:
            raise InvalidClientError(description="The statement must end within ten minutes.")
        until = datetime.fromtimestamp(ends, UTC) + timedelta(seconds=self.leeway)
        return tokens.first_time(session(), "statement", claims["sub"], str(jti), until=until)


def by_certificate(find: Callable[[str], Client], asked: Any) -> Client | None:
    """A client signs in by its certificate alone (tls_client_auth, RFC 8705, 2): it says only who it is."""
    client_id = asked.form.get("client_id")
    if (
        not client_id
        or not certificates.shown(request.environ)
        or {"client_secret", "client_assertion"} & asked.form.keys()
    ):
        return None
    client = find(client_id)
    return client if client.row is not None and client.row.certificates else None


class Revocation(RevocationEndpoint):
    """A client gives up a token of its own."""

    CLIENT_AUTH_METHODS = list(METHODS)

    def query_token(self, token_string: str, token_type_hint: str | None) -> dict[str, Any] | None:
        """The token's claims, if it still holds."""
        return tokens.verified(session(), token_string, issuer=issuer())

    def authenticate_token(self, request: Any, client: Client) -> dict[str, Any] | None:
        """The token that is to be revoked; another's is as good as none."""
        self.check_params(request, client)
        claims = self.query_token(request.form["token"], None)
        return claims if claims and claims["client_id"] == client.name else None

    def revoke_token(self, token: dict[str, Any], request: Any) -> None:
        """End it."""
        tokens.revoke(session(), token)


def install(app: Flask) -> None:
    """Serve the two endpoints."""
    server = Server(app, _client, lambda token, request: None)
    server.scopes_supported = list(SCOPES)
    server.register_token_generator(
        "default", BearerTokenGenerator(_issued, expires_generator=lambda *_: tokens.LIVES_SECONDS)
    )
    server.register_client_auth_method(SignedStatement.CLIENT_AUTH_METHOD, SignedStatement())
    server.register_client_auth_method("tls_client_auth", by_certificate)
    server.register_grant(ClientCredentialsGrant)
    server.register_endpoint(Revocation)

    @app.post("/oauth/token")
    def token() -> Response:
        found: Response = server.create_token_response()
        return found

    @app.post("/oauth/revoke")
    def revoke() -> Response:
        found: Response = server.create_endpoint_response(Revocation.ENDPOINT_NAME)
        return found


def _client(client_id: str) -> Client:
    """The client of that name. Of one that is not there nothing is told apart from one with a wrong secret."""
    opened = session()
    try:
        return Client(clients.client_by_id(opened, client_id), client_id)
    except NotFound:
        return Client(None, client_id)


def _issued(client: Client, grant_type: str, user: None, scope: str | None) -> str:
    return tokens.issued(
        session(),
        client_id=client.name,
        scope=client.get_allowed_scope(scope),
        issuer=issuer(),
        certificate=certificates.shown(request.environ) if client.row and client.row.certificates else None,
    )
