"""One request to a network: to an address that was checked, in ten seconds, for so many bytes, following nobody.

An answer that cannot be had now is an Outage, which is asked for again later; one that says no is a Refusal.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpcore

from coalition.webhooks.calling import guarded
from tenants.runtime import settings
from tenants.runtime.errors import Outage, Refusal

BYTES_MAX, ROW_BYTES_MAX = 8 << 20, 32 << 20
"""Of an answer, and of one that holds a single row."""
_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class TooLarge(Outage):
    """The answer is longer than is read: less is to be asked for at once."""


class Answer(NamedTuple):
    """A status and the whole body."""

    status: int
    body: bytes
    retry_after: str


def ask(
    method: str,
    url: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    most: int = BYTES_MAX,
) -> Answer:
    """Send it once. Raises Outage("network_away", why=...), TooLarge, Refusal("network_refused", status=...)."""
    address = f"{url}?{urlencode(query)}" if query else url
    body = urlencode(form).encode() if form is not None else None
    sent = [("Accept", "application/json"), ("User-Agent", "Coalition-Aggregator"), *(headers or {}).items()]
    if body is not None:
        sent.append(("Content-Type", "application/x-www-form-urlencoded"))
    try:
        with (
            guarded(loopback=settings.current().demo) as pool,
            pool.stream(method, address, headers=sent, content=body) as response,
        ):
            found = Answer(response.status, _whole(response, most), _header(response, b"retry-after"))
    except Refusal as refused:
        raise Outage("network_away", why=str(refused)) from refused
    except _ERRORS as error:
        raise Outage("network_away", why=f"{type(error).__name__} {error}".strip()) from error
    return _answered(found)


def ask_whole(url: str, **asked: Any) -> Answer:
    """`ask` a network that has no pages, so nothing less can be asked for: a longer answer is a plain Outage."""
    try:
        return ask("GET", url, most=ROW_BYTES_MAX, **asked)
    except TooLarge as large:
        raise Outage("network_away", why=f"its answer is longer than {ROW_BYTES_MAX} bytes") from large


def _answered(found: Answer) -> Answer:
    if found.status == 429 or found.status >= 500:
        why = f"it answered {found.status}"
        raise Outage("network_away", why=why, seconds=_seconds(found.retry_after))
    if not 200 <= found.status < 300:
        raise Refusal("network_refused", status=found.status)
    return found


def _seconds(retry_after: str) -> int:
    return min(int(retry_after), 3600) if retry_after.isascii() and retry_after.isdigit() else 0


def _whole(response: httpcore.Response, most: int) -> bytes:
    read = bytearray()
    for chunk in response.iter_stream():
        read += chunk
        if len(read) > most:
            raise TooLarge("network_too_large", most=most)
    return bytes(read)


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


def read_json(answer: Answer) -> Any:
    """The body as JSON, numbers exact; Outage("network_away") for what is none: cut in half, or a page for people."""
    try:
        return json.loads(answer.body, parse_float=Decimal)
    except (ValueError, RecursionError) as broken:
        raise Outage("network_away", why="its answer cannot be read") from broken
