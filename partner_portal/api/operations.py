"""What the API can do, each declared once: its address, scope, body, answer and problems.

From these declarations come the routes, the OpenAPI document and the tests that sweep all of them. A library that
makes documents from views was tried: it told of a wrong field without its pointer or a code, and read every answer
a second time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from wsgiref.types import WSGIEnvironment

from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from partner_portal.api import limits
from partner_portal.api.callers import Caller, Known, bearer, known_bearer
from partner_portal.api.problems import language
from tenants.runtime import idempotency
from tenants.runtime.errors import Refusal
from tenants.runtime.web import session
from tenants.vault import Vault, vault_of

BODY_MAX = 1_000_000


class Body(BaseModel):
    """What is sent: nothing is guessed from another type, and no unknown field is let by."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Query(BaseModel):
    """What stands behind the question mark of an address: text, read as what it is to be."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)

    @property
    def keeps(self) -> bool:
        """Whether the same key is answered the same from now on."""
        return True


@dataclass(frozen=True)
class Call:
    """One request, in its tenant's transaction."""

    session: Session
    caller: Caller
    lang: str


@dataclass(frozen=True)
class Short:
    """One request on a short way: no session, and a caller whose token is known; `request` is one that writes."""

    known: Known
    lang: str
    address: str | None
    body: Body
    request: idempotency.Request | None

    def sealed(self, written: bytes) -> bytes:
        """What is answered, as it is kept."""
        assert self.request is not None, "only what is written is answered again"
        return self.known.vault.seal(written.decode(), *_place(self.request))


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked for. What `writes` needs an Idempotency-Key."""

    name: str
    method: str
    path: str
    scope: str
    about: str
    takes: type[Body] | None
    asks: type[Query] | None
    gives: type[Answer]
    status: int
    problems: tuple[str, ...]
    writes: bool
    does: Callable[..., Answer]
    short: Callable[..., bytes | None] | None

    @property
    def rule(self) -> str:
        """The path as Flask has it."""
        return self.path.replace("{", "<uuid:").replace("}", ">")


OPERATIONS: list[Operation] = []
COMMON = (
    "https_needed",
    "host_unknown",
    "token_missing",
    "token_invalid",
    "certificate_needed",
    "scope_missing",
    "too_many_requests",
    "database_away",
)
"""Problems that any operation can have; and those of one that writes."""
WRITING = ("idempotency_key_missing", "request_in_progress", "key_reused")


def operation(
    method: str,
    path: str,
    *,
    scope: str,
    about: str,
    gives: type[Answer],
    takes: type[Body] | None = None,
    asks: type[Query] | None = None,
    status: int = HTTPStatus.OK,
    problems: tuple[str, ...] = (),
    writes: bool = False,
    short: Callable[..., bytes | None] | None = None,
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Declare what a function does for callers: it is given the Call, its body or query if any, and the path's ids.

    A `short` way is asked first (`door`), and answers the same, or nothing and has done nothing.
    """

    def declare(does: Callable[..., Answer]) -> Callable[..., Answer]:
        OPERATIONS.append(
            Operation(
                does.__name__,
                method,
                path,
                scope,
                about,
                takes,
                asks,
                gives,
                status,
                problems,
                writes,
                does,
                short,
            )
        )
        return does

    return declare


def serve(app: Flask) -> None:
    """Give every declared operation its route."""
    for one in OPERATIONS:
        app.add_url_rule(one.rule, one.name, _view(one), methods=[one.method])


def _view(declared: Operation) -> Callable[..., Response]:
    def view(**ids: Any) -> Response:
        known = known_bearer(request.environ)
        if known is not None:
            limits.count_request(known.caller.client_id, known.caller.requests_per_minute)
        opened = session()
        caller = bearer(opened)
        if known is None:
            limits.count_request(caller.client_id, caller.requests_per_minute)
        caller.must(declared.scope)
        call = Call(opened, caller, language())
        told: tuple[BaseModel, ...] = (_body(declared.takes),) if declared.takes else ()
        if declared.asks:
            told += (declared.asks.model_validate(request.args.to_dict()),)
        if not declared.writes:
            return _answered(declared.status, written(declared.does(call, *told, **ids)))
        asked = asked_by(vault_of(opened), caller, request.environ, request.get_data())
        kept = idempotency.known(opened, asked)
        if kept is not None:
            answer = _answered(kept.status, vault_of(opened).open(kept.body, *_place(asked)).encode())
            answer.headers["Idempotent-Replayed"] = "true"
            return answer
        given = declared.does(call, *told, **ids)
        told_now = written(given)
        if given.keeps:  # sealed: cards' numbers and vouchers stand in answers
            sealed = vault_of(opened).seal(told_now.decode(), *_place(asked))
            idempotency.keep(opened, asked, declared.status, sealed)
        return _answered(declared.status, told_now)

    return view


def asked_by(vault: Vault, caller: Caller, environ: WSGIEnvironment, content: bytes) -> idempotency.Request:
    """The request by its key and what it says; Refusal("idempotency_key_missing")."""
    key = environ.get("HTTP_IDEMPOTENCY_KEY", "").strip().strip('"')
    if not (0 < len(key) <= idempotency.KEY_MAX and key.isascii() and key.isprintable()):
        raise Refusal("idempotency_key_missing")
    told = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {content.hex()}"
    return idempotency.Request(caller.client_id, key, vault.digest("request", told).bytes)


def _place(asked: idempotency.Request) -> tuple[str, str, str]:
    return "kept_answer.body", asked.owner, asked.key


def _body(model: type[Body]) -> Body:
    """The body, read by its model. ValidationError and the two refusals become problems at the door."""
    if (request.content_length or 0) > BODY_MAX:
        raise Refusal("body_too_large")
    if request.mimetype != "application/json":
        raise Refusal("body_not_json")
    return model.model_validate_json(request.get_data())


def written(answer: Answer) -> bytes:
    """An answer as it is sent."""
    return answer.model_dump_json().encode()


def _answered(status: int, body: bytes) -> Response:
    return Response(body, status, content_type="application/json")
