"""One POST to a receiver: to an address that was checked, in ten seconds altogether, following nobody elsewhere.

httpcore, which httpx stands on, takes the network as a parameter: the name is resolved and checked here and the
connection made to that very address, while TLS and the Host header keep the name. Its time limits hold for single
reads; the deadline here holds for all of them together, or a receiver could answer a byte at a time for ever.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from ssl import SSLContext
from typing import Any, NamedTuple

import httpcore
import httpx

from coalition.webhooks.addresses import resolved
from coalition.webhooks.models import ANSWER_MAX
from tenants.runtime.errors import Refusal

SECONDS_MAX = 10.0
ADDRESSES_MAX = 3
_BYTES_READ = ANSWER_MAX * 4  # as many as so many characters can have
_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)
Left = Callable[[], float]


class Answer(NamedTuple):
    """What came back: a status and the text's beginning, or no status and why."""

    status: int | None
    milliseconds: int
    text: str


def post(url: str, headers: Mapping[str, str], body: bytes, *, loopback: bool) -> Answer:
    """Send it once. Whatever goes wrong on the way is an answer without a status."""
    begun = time.monotonic()
    status, text = None, ""
    try:
        with (
            guarded(loopback=loopback, begun=begun) as pool,
            pool.stream("POST", url, headers=_sent(headers), content=body) as response,
        ):
            status = response.status
            with suppress(*_ERRORS):  # the status says all that matters
                text = _beginning(response.iter_stream())
    except Refusal as refused:
        text = str(refused)
    except _ERRORS as error:
        text = f"{type(error).__name__}: {error}".removesuffix(": ")
    return Answer(status, int((time.monotonic() - begun) * 1000), _plain(text))


def guarded(
    *, loopback: bool, inside: Collection[IPv4Network | IPv6Network] = (), begun: float | None = None
) -> httpcore.ConnectionPool:
    """What calls only addresses that were checked, for ten seconds altogether, and follows nobody elsewhere."""
    left = _deadline(time.monotonic() if begun is None else begun)
    return httpcore.ConnectionPool(
        ssl_context=_tls(), network_backend=_Network(left, loopback, tuple(inside))
    )


@cache
def _tls() -> SSLContext:
    """Whose certificates are believed: certifi's, and no others that the environment names."""
    return httpx.create_ssl_context(trust_env=False)


def _sent(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("Content-Type", "application/json"), ("User-Agent", "Coalition-Webhooks"), *headers.items()]


def _deadline(begun: float) -> Left:
    """How many seconds are left; raises httpcore.ReadTimeout when none are."""

    def left() -> float:
        seconds = begun + SECONDS_MAX - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("no whole answer in time")
        return seconds

    return left


def _beginning(chunks: Iterable[bytes]) -> str:
    read = b""
    for chunk in chunks:
        read += chunk
        if len(read) >= _BYTES_READ:
            break
    return read[:_BYTES_READ].decode("utf-8", "replace")


def _plain(text: str) -> str:
    """So much of it as the log keeps; no text of PostgreSQL holds a NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:ANSWER_MAX]


class _Network(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and to no others."""

    def __init__(
        self, left: Left, loopback: bool, inside: Collection[IPv4Network | IPv6Network] = ()
    ) -> None:
        self._left, self._loopback, self._inside = left, loopback, inside
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """As httpcore asks for it; the host's addresses are tried one after the other."""
        found = resolved(host, port, loopback=self._loopback, inside=self._inside)
        addresses = found[:ADDRESSES_MAX]
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                part = self._left() / len(addresses)
                return _Timed(self._network.connect_tcp(str(address), port, part), self._left)
        return _Timed(self._network.connect_tcp(str(addresses[-1]), port, self._left()), self._left)


class _Timed(httpcore.NetworkStream):
    """A stream whose every step has only what is left of the whole time."""

    def __init__(self, stream: httpcore.NetworkStream, left: Left) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As httpcore has it."""
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As httpcore has it."""
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        """As httpcore has it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """As httpcore has it: the certificate has to be the name's."""
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._left()), self._left)

    def get_extra_info(self, info: str) -> Any:
        """As httpcore has it."""
        return self._stream.get_extra_info(info)
