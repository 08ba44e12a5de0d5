"""Where messages may go: only to hosts of the public network, so that nobody makes us call what stands behind our door.

A name is resolved here and nowhere else, and what was checked is what is connected to (`calling`): a name that leads
elsewhere a moment later changes nothing (DNS rebinding; OWASP, Server-Side Request Forgery Prevention).
"""

import re
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from coalition.webhooks.models import URL_MAX
from tenants.runtime.errors import Refusal

NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
HOST = re.compile(rb"[a-z0-9._-]+|[0-9a-f:.]+")
PORT_MAX = 65_535
PORTS = {"http": 80, "https": 443}
Address = IPv4Address | IPv6Address


def checked_url(url: str, *, loopback: bool) -> str:
    """The address as it is kept: https, and where `loopback` is allowed also http to this very machine.

    Raises Refusal("webhook_url", why=...) and what `resolved` raises.
    """
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        raise Refusal("webhook_url", why="it cannot be read") from None
    if why := _flaw(read):
        raise Refusal("webhook_url", why=why)
    found = resolved(read.raw_host.decode(), read.port or PORTS[read.scheme], loopback=loopback)
    if read.scheme == "http" and not all(one.is_loopback for one in found):
        raise Refusal("webhook_url", why="it has to be https")
    return str(read)


def _flaw(read: httpx.URL) -> str | None:
    if read.scheme not in PORTS or not HOST.fullmatch(read.raw_host) or not 0 < (read.port or 1) <= PORT_MAX:
        return "it has to be https://host/path"
    if read.userinfo or read.fragment:
        return "it holds a name and password, or a fragment"
    if len(str(read)) > URL_MAX:
        return f"it is longer than {URL_MAX} characters"
    return None


def resolved(
    host: str, port: int, *, loopback: bool, inside: Collection[IPv4Network | IPv6Network] = ()
) -> list[Address]:
    """The host's addresses, if we may call every one of them: public ones, and those `inside` the given networks.

    Raises Refusal("webhook_host_unknown", host=...) or "webhook_address" (host=..., address=...).
    """
    try:
        found = [_read(text) for text in dict.fromkeys(look_up(host, port))]
    except (OSError, UnicodeError):
        raise Refusal("webhook_host_unknown", host=host) from None
    for address in found:
        ours = address is not None and any(address in network for network in inside)
        if address is None or not (ours or is_public(address) or (loopback and address.is_loopback)):
            raise Refusal("webhook_address", host=host, address=address)
    return [address for address in found if address is not None]


def look_up(host: str, port: int) -> list[str]:
    """What the system's resolver answers, its preference first; OSError or UnicodeError when it knows nothing."""
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _read(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:  # a zone that Python cannot read
        return None


def is_public(address: Address) -> bool:
    """Whether it is a single host's address in the public network.

    Addresses that carry an IPv4 address inside (mapped, 6to4, Teredo, NAT64) are not: they lead to whatever that is.
    """
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return True
    carried = address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local
    return not (carried or any(address in network for network in NAT64))
