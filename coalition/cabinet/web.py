"""The cabinet in an application: its routes, guarded forms, and problems told in words."""

from flask import Flask, Response, render_template, request
from flask.sessions import SecureCookieSessionInterface
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import RequestEntityTooLarge

from coalition.cabinet import (
    activation,
    benefits,
    claim_files,
    claim_opening,
    claims,
    codes,
    friends,
    history,
    home,
    notices,
    offers,
    orders,
    profile,
    shops,
    sign_in,
    spend,
    why,
)
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.sentences import sentence
from coalition.cabinet.views import Problem as Shown
from coalition.cabinet.visit import words_of
from coalition.programmes.queries import the_programme
from tenants.branding import plain
from tenants.parts import switched_off
from tenants.runtime.errors import NotFound, Outage, Problem
from tenants.runtime.web import roll_back, session

RESOURCES = (
    home,
    history,
    why,
    offers,
    benefits,
    codes,
    friends,
    claims,
    claim_opening,
    claim_files,
    shops,
    orders,
    notices,
    spend,
    profile,
    sign_in,
    activation,
)


class Sessions(SecureCookieSessionInterface):
    """The form session's cookie is secure whenever the page is."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Behind HTTPS the cookie never leaves it."""
        return request.is_secure


def install(app: Flask) -> CSRFProtect:
    """Add the cabinet; returns the guard of forms, from which an API may be exempted."""
    app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax", WTF_CSRF_TIME_LIMIT=None)
    app.session_interface = Sessions()
    guard = CSRFProtect(app)  # type: ignore[no-untyped-call]
    app.register_blueprint(cabinet)
    app.jinja_env.globals["has_part"] = lambda code: code not in switched_off(session())
    cabinet_errors(app)
    return guard


def cabinet_errors(app: Flask) -> None:
    """Tell problems in words: what happened, what is safe, what to do now."""
    app.register_error_handler(Problem, _refused)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(404, _lost)
    app.register_error_handler(500, _broken)


def _refused(problem: Problem) -> tuple[str, int] | Response:
    roll_back()
    if problem.code == "host_unknown":
        return Response("No programme is served under this address.\n", 404, mimetype="text/plain")
    if isinstance(problem, Outage):
        return plain.outage()
    if isinstance(problem, NotFound):
        return _lost(problem)
    words = words_of(the_programme(session()))
    shown = Shown(_("This did not work"), sentence(problem, words), "/spend", _("Back to spending"))
    return _page(shown), problem.status


def _lost(_problem: Exception) -> tuple[str, int]:
    roll_back()
    text = _("The link is out of date or leads to something that is not yours. Your points are safe")
    return _page(Shown(_("There is no such page"), text, "/", _("To the home page"))), 404


def _stale(_problem: CSRFError) -> tuple[str, int]:
    roll_back()
    text = _("The page was open for too long, or cookies are off. Nothing was changed")
    return _page(Shown(_("Please send it once more"), text, "/", _("To the home page"))), 400


def _too_large(_problem: RequestEntityTooLarge) -> tuple[str, int]:
    roll_back()
    text = _("The files are too large together. Take fewer, or smaller ones. Nothing was sent")
    return _page(Shown(_("This did not work"), text, "/", _("To the home page"))), 413


def _broken(problem: Exception) -> tuple[str, int]:
    return plain.broken(problem, start="/")


def _page(shown: Shown) -> str:
    return render_template("cabinet/problem.html", problem=shown)
