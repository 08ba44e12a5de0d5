"""One transaction per request: the tenant by the host's name, commit when the view returns, roll back when it raises.

`session()` opens the transaction at its first use, so a request that needs no tenant (health, static files) opens none.
Two that wait for each other in a circle are parted by PostgreSQL, which stops one: that one is done anew here.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from tenants.runtime import db
from tenants.runtime.circles import CIRCLES_MAX, in_circle
from tenants.runtime.errors import NotFound, Outage, Problem

NUMBER_MAX = 2**31 - 1
"""The largest number a row of ours may have: PostgreSQL's integer."""


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Number(IntegerConverter):
    """`<int:...>` in an address: what no row can be numbered by is not found."""

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, max=NUMBER_MAX)


def install(app: Flask) -> None:
    """Let every request have its transaction, and let none in that says what the database cannot hold."""
    app.url_map.converters["int"] = Number
    app.before_request(_refuse_nul)
    app.register_error_handler(OperationalError, _anew)
    app.after_request(_commit)
    app.teardown_request(_abandon)


def session() -> Session:
    """This request's session, in the transaction of the tenant that the host names; Outage("database_away")."""
    if "session" not in g:
        g.transaction = ExitStack()
        try:
            tenant_id = tenant_by_host(request.host)
            g.session = g.transaction.enter_context(db.transaction(tenant_id))
        except OperationalError as away:
            raise Outage("database_away") from away
        g.session.info[db.ADDRESS] = request.remote_addr or ""
        g.sandbox = db.SANDBOX in g.session.info
    found: Session = g.session
    return found


def in_sandbox() -> bool:
    """Whether this request was let into a sandbox."""
    return bool(g.get("sandbox"))


def host_name(host: str) -> str:
    """The name of a host as tenants have it, port aside."""
    return host.rsplit(":", 1)[0].lower() if not host.endswith("]") else host.lower()


def tenant_by_host(host: str) -> int:
    """The tenant served under a host name, port aside; NotFound("host_unknown")."""
    name = host_name(host)
    with db.transaction(None) as outside:
        found = outside.execute(
            text("select tenant_id from host where name = :name"), {"name": name}
        ).scalar()
    if found is None:
        raise NotFound("host_unknown", host=name[:100])
    return int(found)


def roll_back() -> None:
    """Give up what this request has done so far; an error handler says it before it answers."""
    transaction = g.pop("transaction", None)
    g.pop("session", None)
    if transaction is not None:
        transaction.__exit__(Abandoned, Abandoned(), None)


class Abandoned(Exception):
    """Tells a transaction that its request did not end well."""


def number(text: str) -> int:
    """A row's number in a query; ValueError for anything else, as Werkzeug's `type=` expects."""
    found = int(text)
    if not 0 <= found <= NUMBER_MAX:
        raise ValueError(text)
    return found


def _refuse_nul() -> None:
    """No text of PostgreSQL holds the character NUL, so nothing is found by it and nothing is written with it."""
    if not request.query_string and request.mimetype not in _FORMS:
        pairs: Iterator[tuple[str, str]] = iter(())
    else:
        pairs = chain(request.args.items(multi=True), request.form.items(multi=True))
    if any("\0" in text for text in (request.path, *chain.from_iterable(pairs))):
        raise NotFound("nul_in_request")


def _anew(stopped: OperationalError) -> ResponseReturnValue:
    """Do the request once more in a new transaction, where only others' locks were in its way."""
    g.circles = g.get("circles", 0) + 1
    if not in_circle(stopped) or g.circles > CIRCLES_MAX:
        raise stopped
    roll_back()
    for upload in request.files.values():
        upload.stream.seek(0)
    try:
        return current_app.dispatch_request()
    except (HTTPException, OperationalError, Problem) as error:  # as the first time, with whatever answers it
        return current_app.handle_user_exception(error)


def _commit(answer: Response) -> Response:
    """An answer that tells of something broken has done nothing, whoever made it."""
    if answer.status_code >= 500:
        roll_back()
    transaction = g.pop("transaction", None)
    g.pop("session", None)
    if transaction is not None:
        transaction.close()
    return answer


def _abandon(error: BaseException | None) -> None:
    roll_back()
