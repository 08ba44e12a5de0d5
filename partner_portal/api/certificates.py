"""The certificate that a client shows in TLS (RFC 8705): the proxy that ends TLS hands it on (RFC 9440).

It is believed of the proxies that CLIENT_CERT_PROXIES names, and of nobody else: such a proxy takes away whatever a
client itself sends under the name of CLIENT_CERT_HEADER, with a _ for a - as well. The two are one name once a server
has handed them on (WSGI), so that nothing here can tell which was sent. That the client has the key is what TLS has
proven; who signed the certificate means nothing here, since a client is bound to the very ones that it has given.
"""

import base64
from hashlib import sha256
from ipaddress import ip_address
from wsgiref.types import WSGIEnvironment

from cryptography import x509
from flask import request

from coalition.partners.models import ApiClient
from tenants.runtime import clock, settings
from tenants.runtime.errors import Refusal


def shown(environ: WSGIEnvironment) -> str | None:
    """The thumbprint (x5t#S256: SHA-256, base64url) of the certificate of this request, if there is one to believe."""
    der = _der(environ)
    return thumbprint(der) if der is not None else None


def thumbprint(der: bytes) -> str:
    """As RFC 8705, 3.1 has it."""
    return base64.urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode()


def fits(client: ApiClient) -> bool:
    """Whether the client calls as it has to: with one of the certificates that it has given, in its time."""
    if not client.certificates:
        return True
    der = _der(request.environ)
    if der is None or thumbprint(der) not in client.certificates:
        return False
    found = x509.load_der_x509_certificate(der)
    return found.not_valid_before_utc <= clock.real_now() <= found.not_valid_after_utc


def require(client: ApiClient, bound: str | None) -> None:
    """Refusal("certificate_needed") unless the token's certificate is shown, and one of the client's still."""
    if not (bound or client.certificates):
        return
    if bound is None or bound != shown(request.environ) or bound not in (client.certificates or [bound]):
        raise Refusal("certificate_needed")


def _der(environ: WSGIEnvironment) -> bytes | None:
    name = settings.current().certificate_header.upper().replace("-", "_")
    told = environ.get(f"HTTP_{name}", "").strip()
    if not (len(told) > 2 and told.startswith(":") and told.endswith(":") and _trusted(environ)):
        return None
    try:
        return base64.b64decode(told[1:-1], validate=True)
    except ValueError:  # binascii.Error is one, and of other letters than ASCII's nothing else is raised
        return None


def _trusted(environ: WSGIEnvironment) -> bool:
    """Whether who speaks to us, and not whom it speaks for, is a proxy that is believed."""
    before = environ.get("werkzeug.proxy_fix.orig", {})
    peer = before.get("REMOTE_ADDR") or environ.get("REMOTE_ADDR") or ""
    try:
        return any(ip_address(peer) in network for network in settings.current().certificate_proxies)
    except ValueError:  # a socket of this machine has no address
        return False
