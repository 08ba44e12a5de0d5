"""Calls to a tenant's provider of sign-ins: OpenID Connect, code flow with PKCE, by Authlib.

Only addresses at the issuer's own origin are called, over the network guard of the webhooks, and nobody is followed
elsewhere; so whoever sets an issuer makes this house ask that one server for its own pages, and nothing else. What the
provider says of itself, and its keys, are kept for ten minutes; a key that is not among them is asked for anew.
"""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import httpcore
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from coalition.webhooks.addresses import resolved
from coalition.webhooks.calling import guarded
from tenants.provider import Provider
from tenants.runtime import clock, settings
from tenants.runtime.errors import Outage, Refusal

KEPT_SECONDS = 600
ANEW_SECONDS = 30
"""How often, at most, keys are asked for because one is not among them."""
ANSWER_BYTES_MAX = 1 << 20
LEEWAY_SECONDS = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a key that only the provider has: none, and none by our secret."""
WELL_KNOWN = "/.well-known/openid-configuration"
_PORTS = {"http": 80, "https": 443}
_CALLED = ("token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint")


class Begun(NamedTuple):
    """A sign-in that was begun: where the browser goes, and what has to come back with it."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass
class _Known:
    """What a provider has said of itself."""

    at: float
    metadata: Mapping[str, Any]
    keys: KeySet
    keys_at: float


_known: dict[str, _Known] = {}


def begin(provider: Provider, back: str) -> Begun:
    """Begin a sign-in; raises Outage("provider_away") or Refusal("provider_answer")."""
    metadata = _about(provider.issuer).metadata
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    address, state = _client(provider, metadata, back).create_authorization_url(
        metadata["authorization_endpoint"],
        state=secrets.token_urlsafe(32),
        code_verifier=verifier,
        nonce=nonce,
    )
    return Begun(address, state, nonce, verifier)


def finish(provider: Provider, back: str, *, code: str, nonce: str, verifier: str) -> Mapping[str, Any]:
    """What the provider says of who has signed in: its ID token's claims, each checked, with those of its userinfo.

    Raises Refusal("provider_answer") for an answer that does not hold, Outage("provider_away") without one.
    """
    known = _about(provider.issuer)
    try:
        token = _client(provider, known.metadata, back).fetch_token(
            known.metadata["token_endpoint"], code=code, code_verifier=verifier, redirect_uri=back
        )
        claims = dict(_checked(provider, known, token, nonce))
        if provider.claim not in claims and "userinfo_endpoint" in known.metadata:
            told = _json("GET", known.metadata["userinfo_endpoint"], bearer=token["access_token"])
            if told.get("sub") != claims["sub"]:
                raise Refusal("provider_answer")
            claims = {**told, **claims}
    except (JoseError, AuthlibBaseError, KeyError, ValueError, TypeError) as wrong:
        raise Refusal("provider_answer", why=type(wrong).__name__) from None
    return claims


def look(issuer: str) -> None:
    """See whether there is a provider; raises as `begin` does, and Refusal("provider_issuer") for no such address."""
    _known.pop(issuer, None)
    _about(issuer)


def _checked(provider: Provider, known: _Known, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
    """The ID token's claims: signature, issuer, audience, times and nonce hold (OpenID Connect Core, 3.1.3.7)."""
    try:
        read = jwt.decode(token["id_token"], known.keys, algorithms=ALGORITHMS)
    except JoseError:
        if time.monotonic() - known.keys_at < ANEW_SECONDS:
            raise
        _read_keys(known)  # they may have been changed since
        read = jwt.decode(token["id_token"], known.keys, algorithms=ALGORITHMS)
    claims = CodeIDToken(
        read.claims,
        read.header,
        options={
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
            "nonce": {"essential": True, "value": nonce},
        },
        params={
            "nonce": nonce,
            "client_id": provider.client_id,
            "access_token": token.get("access_token"),
        },
    )
    claims.validate(now=int(clock.real_now().timestamp()), leeway=LEEWAY_SECONDS)
    return claims


def _client(provider: Provider, metadata: Mapping[str, Any], back: str) -> OAuth2Client:
    ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
    secret = provider.client_secret
    if way == "client_secret_basic":
        secret = quote_plus(secret)  # RFC 6749, 2.3.1: which Authlib leaves to whoever calls it
    return OAuth2Client(
        session=_Caller(),
        client_id=provider.client_id,
        client_secret=secret,
        token_endpoint_auth_method=way,
        scope=provider.scope,
        redirect_uri=back,
        code_challenge_method="S256",
    )


def _about(issuer: str) -> _Known:
    """What the provider says of itself, of ten minutes ago at most."""
    found, now = _known.get(issuer), time.monotonic()
    if found is not None and now - found.at < KEPT_SECONDS:
        return found
    _require_address(issuer)
    metadata = _json("GET", issuer.rstrip("/") + WELL_KNOWN)
    if metadata.get("issuer") != issuer:
        raise Refusal("provider_answer", why="issuer")
    for name in _CALLED:
        if name not in metadata and name == "userinfo_endpoint":
            continue
        if _origin(str(metadata.get(name, ""))) != _origin(issuer):
            raise Refusal("provider_answer", why=name)
    known = _Known(now, metadata, KeySet([]), 0)
    _read_keys(known)
    _known[issuer] = known
    return known


def _read_keys(known: _Known) -> None:
    try:
        known.keys = KeySet.import_key_set(_json("GET", known.metadata["jwks_uri"]))  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError, TypeError):
        raise Refusal("provider_answer", why="jwks_uri") from None
    known.keys_at = time.monotonic()


def _require_address(issuer: str) -> None:
    """https, or http within the networks that the deployment names; no query, no fragment, no name and password."""
    read, (scheme, host, port) = urlsplit(issuer), _origin(issuer)
    if scheme not in _PORTS or not host or read.query or read.fragment or "@" in read.netloc:
        raise Refusal("provider_issuer")
    if scheme == "http":
        inside = settings.current().provider_networks
        try:
            found = resolved(host, port, loopback=False, inside=inside)
        except Refusal:
            raise Refusal("provider_issuer") from None
        if not all(any(address in network for network in inside) for address in found):
            raise Refusal("provider_issuer")


def _origin(url: str) -> tuple[str, str, int]:
    try:
        read = urlsplit(url)
        return read.scheme, (read.hostname or "").lower(), read.port or _PORTS.get(read.scheme, 0)
    except ValueError:
        return "", "", 0


def _json(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", bearer: str = ""
) -> dict[str, Any]:
    status, answer = _call(method, url, headers or {}, body, bearer)
    try:
        found = json.loads(answer)
    except ValueError:
        found = None
    if status != 200 or not isinstance(found, dict):
        raise Refusal("provider_answer", why=f"status {status}")
    return found


def _call(
    method: str, url: str, headers: Mapping[str, str], body: bytes = b"", bearer: str = ""
) -> tuple[int, bytes]:
    """One request, and the whole answer, which is not long."""
    sent = [("Accept", "application/json"), ("User-Agent", "Coalition-Sign-In"), *headers.items()]
    if bearer:
        sent.append(("Authorization", f"Bearer {bearer}"))
    try:
        with (
            guarded(loopback=False, inside=settings.current().provider_networks) as pool,
            pool.stream(method, url, headers=sent, content=body) as response,
        ):
            read = b""
            for chunk in response.iter_stream():
                read += chunk
                if len(read) > ANSWER_BYTES_MAX:
                    raise Refusal("provider_answer", why="long")
            return response.status, read
    except Refusal as no:
        if no.code.startswith("provider_"):
            raise
        raise Refusal("provider_issuer") from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        raise Outage("provider_away") from None
    except httpcore.UnsupportedProtocol:
        raise Refusal("provider_issuer") from None


class _Caller:
    """What Authlib's client posts by."""

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any, **_more: Any
    ) -> "_Answer":
        """A form, with what proves who we are."""
        kind = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        url, kind, body = auth.prepare("POST", url, kind, urlencode(data))
        kind.pop("Content-Length", None)
        return _Answer(*_call("POST", url, kind, body.encode()))


class _Answer(NamedTuple):
    """As Authlib reads one."""

    status_code: int
    content: bytes

    def json(self) -> Any:
        """What it says."""
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        """Authlib asks this of an answer that is no refusal of OAuth's."""
        if self.status_code >= 400:
            raise Refusal("provider_answer", why=f"status {self.status_code}")
