"""The brand on the web: language of the reader, the tenant's stylesheet and marks, strict headers, templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, g, redirect, request, url_for
from flask_babel import Babel
from sqlalchemy.orm import Session
from werkzeug.datastructures import LanguageAccept
from werkzeug.wrappers import Response as AnyResponse

from tenants.branding.icons import icon
from tenants.models import Branding
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.language import CATALOGUE, LANGUAGES
from tenants.runtime.web import in_sandbox, session

LANGUAGE_COOKIE = "lang"
_DAY = 24 * 3600
_YEAR = 365 * _DAY
_STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'"
)

brand = Blueprint(
    "brand", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
)


@dataclass(frozen=True)
class Look:
    """What a page needs of the tenant's brand."""

    name: str
    hero: str
    hero_dark: str
    css_url: str
    mark_url: str
    mark_dark_url: str


def branding_of(opened: Session) -> Branding:
    """The tenant's brand; NotFound("branding_unknown") before it has one."""
    row = opened.get(Branding, tenant_of(opened))
    if row is None:
        raise NotFound("branding_unknown")
    return row


def install(app: Flask) -> None:
    """Give an application the brand's routes, languages, template helpers and headers."""
    app.register_blueprint(brand)
    Babel(  # type: ignore[no-untyped-call]
        app,
        default_locale=LANGUAGES[0],
        default_translation_directories=str(CATALOGUE),
        locale_selector=language,
    )
    app.jinja_env.globals.update(icon=icon, asset=asset)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_context)
    app.after_request(_protect)


def language() -> str:
    """The reader's language: chosen on this device, else of the browser, of the tenant."""
    if "language" not in g:
        g.language = choose_language(
            chosen=request.cookies.get(LANGUAGE_COOKIE),
            accepted=request.accept_languages,
            tenant=branding_of(session()).language,
        )
    return str(g.language)


def choose_language(*, chosen: str | None, accepted: LanguageAccept, tenant: str) -> str:
    """The first of the reader's wishes that the house speaks; the tenant's own language wins a tie."""
    if chosen and chosen in LANGUAGES:
        return chosen
    own_first: Sequence[str] = sorted(LANGUAGES, key=lambda lang: lang != tenant)
    return accepted.best_match(own_first) or tenant


def asset(path: str) -> str:
    """The address of a file of ours, which changes when its content does, so that it can be kept for a year."""
    return url_for("brand.static", filename=path, v=_digest(path))


@lru_cache(maxsize=64)
def _digest(path: str) -> str:
    return sha256((_STATIC / path).read_bytes()).hexdigest()[:12]


@brand.get("/brand/<int:version>.css")
def stylesheet(version: int) -> Response:
    """The tenant's colours."""
    return _kept(_brand_at(version).css, "text/css")


@brand.get("/brand/<int:version>/mark.svg")
def mark(version: int) -> Response:
    """The mark on a light ground."""
    return _kept(_brand_at(version).logo, "image/svg+xml")


@brand.get("/brand/<int:version>/mark-dark.svg")
def mark_dark(version: int) -> Response:
    """The mark on a dark ground and on the brand's colour."""
    return _kept(_brand_at(version).logo_dark, "image/svg+xml")


def _brand_at(version: int) -> Branding:
    """The brand whose version an address names: under any other it would be kept for a year as what it is not."""
    row = branding_of(session())
    if row.version != version:
        raise NotFound("branding_unknown")
    return row


@brand.post("/language")
def speak() -> AnyResponse:
    """Remember the language chosen on this device."""
    answer = redirect(_local(request.form.get("back", "/")), 303)
    if request.form.get("lang") in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE,
            request.form["lang"],
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return answer


def _local(address: str) -> str:
    """The path of an address, never another server's."""
    try:
        parts = urlsplit(address.replace("\\", "/"))
    except ValueError:  # brackets around no address of IPv6
        return "/"
    path = "/" + parts.path.lstrip("/")
    return f"{path}?{parts.query}" if parts.query else path


def _kept(body: str, mimetype: str) -> Response:
    """Something that lives at an address with its version in it."""
    answer = Response(body, mimetype=mimetype)
    answer.cache_control.public = True
    answer.cache_control.max_age = _YEAR
    return answer


def _context() -> dict[str, Any]:
    lang, row = language(), branding_of(session())
    return {
        "lang": lang,
        "in_sandbox": in_sandbox(),
        "look": Look(
            name=row.name[lang],
            hero=row.palette["light"]["brand-hero"],
            hero_dark=row.palette["dark"]["brand-hero"],
            css_url=url_for("brand.stylesheet", version=row.version),
            mark_url=url_for("brand.mark", version=row.version),
            mark_dark_url=url_for("brand.mark_dark", version=row.version),
        ),
    }


def _protect(answer: Response) -> Response:
    """Headers for every answer; pages with a person's data are kept by nobody."""
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("X-Frame-Options", "DENY")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint == "brand.static":
        answer.cache_control.no_cache = None
        answer.cache_control.public = True
        answer.cache_control.max_age = _YEAR if "v" in request.args else _DAY
    elif not answer.cache_control.max_age:
        answer.cache_control.no_store = True
    if request.is_secure and not current_app.debug:
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return answer
