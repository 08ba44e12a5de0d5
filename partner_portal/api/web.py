"""The API as an application of its own: no cookies, no pages, every refusal a problem document."""

import logging
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from partner_portal.api import authorization, limits, openapi, operations, problems
from partner_portal.api.door import NUMBER, Door, is_safe, signs
from tenants.runtime import web as runtime_web
from tenants.runtime.errors import Outage, Problem, Refusal

log = logging.getLogger(__name__)


class _Api(Flask):
    """Flask without what the API never uses: a function that waits, of which it asks for each that it calls."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def create_api() -> Flask:
    """The application that is mounted at /v1."""
    app = _Api("partner_portal.api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = operations.BODY_MAX
    app.before_request(_number)
    app.before_request(_require_https)
    runtime_web.install(app)
    authorization.install(app)
    operations.serve(app)
    app.add_url_rule("/openapi.json", "openapi", openapi.document)
    app.register_error_handler(Problem, _refused)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)
    app.after_request(_sign)
    app.wsgi_app = Door(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _number() -> None:
    """Every request has a number, by which both sides can find it."""
    g.request_id = request.environ.get(NUMBER) or secrets.token_hex(16)


def _require_https() -> None:
    """Tokens and members' cards travel by HTTPS, or not at all; on the machine itself there is nobody to listen."""
    if not is_safe(request.scheme, request.remote_addr):
        raise Refusal("https_needed")


def _sign(answer: Response) -> Response:
    for name, value in signs(g.request_id, limits.met()):
        answer.headers[name] = value
    if runtime_web.in_sandbox():
        answer.headers["Coalition-Sandbox"] = "true"
    return answer


def _refused(problem: Problem) -> Response:
    runtime_web.roll_back()
    return problems.answer(problem)


def _invalid(error: ValidationError) -> Response:
    runtime_web.roll_back()
    if error.errors(include_url=False)[0]["type"] == "json_invalid":
        return problems.answer(Refusal("body_not_json"))
    return problems.invalid(error)


def _http(error: HTTPException) -> Response:
    runtime_web.roll_back()
    match error.code:
        case 404:
            return problems.answer(Refusal("not_found"))
        case 413:
            return problems.answer(Refusal("body_too_large"))
        case 405:
            refused = problems.answer(Refusal("method_not_allowed"))
            refused.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
            return refused
        case 400:
            return problems.answer(Refusal("body_not_json"))
    if error.code is None or error.code >= 500:  # what failed after the view was done, as its commit
        return _broken(error)
    return problems.answer(Refusal("not_accepted"))


def _broken(error: Exception) -> Response:
    runtime_web.roll_back()
    log.exception("request %s to %s failed", g.get("request_id"), request.path)
    return problems.answer(Outage("unexpected"))
