"""The short ways' own door, before Flask: plain sales, quotes and balances of callers whose tokens are known.

At these a queue waits, and Flask's own work is a third of theirs. What the door does not know at once, or would have
to refuse, it hands on as it came: Flask and the operation itself find out, and say what is wrong.
"""

import logging
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from ipaddress import ip_address
from typing import Any
from uuid import UUID
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from partner_portal.api import limits
from partner_portal.api.callers import Known, known_bearer
from partner_portal.api.operations import BODY_MAX, OPERATIONS, Body, Operation, Short, asked_by
from partner_portal.api.problems import language_of
from tenants.runtime import metrics
from tenants.runtime.errors import Refusal
from tenants.runtime.trips import Away, Refused

_UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"  # as Werkzeug's converter has it
NUMBER = "partner_portal.api.number"
"""Where in a request's surroundings (WSGI) its number stands, if it was told in the log already."""
_LENGTH = re.compile(f"[0-9]{{1,{len(str(BODY_MAX))}}}")
log = logging.getLogger(__name__)


class Door:
    """Answers what a short way can, and has `behind` answer all else."""

    def __init__(self, behind: WSGIApplication) -> None:
        self.behind = behind
        short = [one for one in OPERATIONS if one.short is not None]
        self.named = {(one.method, one.path): one for one in short if "{" not in one.path}
        self.numbered = [
            (one.method, re.compile(re.sub(r"\{(\w+)\}", rf"(?P<\1>{_UUID})", one.path)), one)
            for one in short
            if "{" in one.path
        ]

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """The answer. Whatever the door breaks at is Flask's to answer, under the number that the log has."""
        try:
            found = self._answer(environ)
        except Exception:
            number = environ[NUMBER] = secrets.token_hex(16)
            asked = environ.get("REQUEST_METHOD"), environ.get("PATH_INFO")
            log.exception("request %s: the short way to %s %s failed", number, *asked)
            found = None
        if found is None:
            return self.behind(environ, start)
        status, headers, told = found
        start(status, headers)
        return [told]

    def _answer(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes] | None:
        """Status, headers and body, if the door has them."""
        begun = time.perf_counter()
        declared, ids = self._found(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        known = known_bearer(environ) if declared and _is_plain(environ) else None
        if declared is None or known is None:
            return None
        limit = environ[limits.COUNTED] = limits.counted(
            known.caller.client_id, known.caller.requests_per_minute
        )
        told = shortly(declared, known, environ, ids) if limit.left >= 0 else None
        if told is None:
            return None
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(told))),
            *signs(secrets.token_hex(16), [limit]),
        ]
        metrics.answered(declared.rule, declared.method, declared.status, time.perf_counter() - begun)
        return _STATUS[declared.status], headers, told

    def _found(self, method: str, path: str) -> tuple[Operation | None, Mapping[str, UUID]]:
        named = self.named.get((method, path))
        if named is not None:
            return named, {}
        for asked, pattern, one in self.numbered:
            found = pattern.fullmatch(path) if asked == method else None
            if found:
                return one, {name: UUID(text) for name, text in found.groupdict().items()}
        return None, {}


_STATUS = {one.value: f"{one.value} {one.phrase.upper()}" for one in HTTPStatus}


def shortly(
    declared: Operation, known: Known, environ: WSGIEnvironment, ids: Mapping[str, Any]
) -> bytes | None:
    """The answer of the short way, if it has one: whatever is to be refused is refused on the other.

    A sandbox has only the other: its clock is asked for in a transaction of its own (`db.transaction`).
    """
    if declared.short is None or known.sandbox or declared.scope not in known.caller.scopes:
        return None
    try:
        content = _content(environ) if declared.takes else b""
        body = declared.takes.model_validate_json(content) if declared.takes else Body()
        asked = asked_by(known.vault, known.caller, environ, content) if declared.writes else None
    except (Refusal, ValidationError):
        return None
    lang = language_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    try:
        return declared.short(Short(known, lang, environ.get("REMOTE_ADDR"), body, asked), **ids)
    except (Away, Refused, SQLAlchemyError):
        return None  # the other way finds out what has become of it, and says what is wrong


def is_safe(scheme: str, address: str | None) -> bool:
    """Whether nobody can listen to what comes by this scheme from this address."""
    return scheme == "https" or _here(address or "0.0.0.0")  # noqa: S104  nowhere


@lru_cache(maxsize=1_000)
def _here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:  # proxies tell "unknown" (RFC 7239, 6.1), or a port with it
        return False


def signs(request_id: str, met: Iterable[limits.Limit]) -> list[tuple[str, str]]:
    """Headers of every answer, with the limits that its request has met."""
    return [
        ("X-Request-Id", request_id),
        *limits.headers(met),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]


def _is_plain(environ: WSGIEnvironment) -> bool:
    return not environ.get("QUERY_STRING") and is_safe(environ["wsgi.url_scheme"], environ.get("REMOTE_ADDR"))


def _content(environ: WSGIEnvironment) -> bytes:
    """The body, which can be read again behind the door; a Refusal where it does not say what it is, or ends early."""
    length = environ.get("CONTENT_LENGTH") or ""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if not (_LENGTH.fullmatch(length) and int(length) <= BODY_MAX and kind == "application/json"):
        raise Refusal("body_not_json")
    told, environ["wsgi.input"] = environ["wsgi.input"], BytesIO()  # of what breaks off, the rest is no body
    try:
        content: bytes = told.read(int(length))
    except OSError:
        raise Refusal("body_not_json") from None
    environ["wsgi.input"] = BytesIO(content)
    if len(content) < int(length):
        raise Refusal("body_not_json")
    return content
