"""Pages for when the database cannot be asked: no brand, the reader's own language, what is safe, what to do now."""

from uuid import uuid4

from flask import current_app, g, request
from flask_babel import gettext as _

from tenants.branding.web import LANGUAGE_COOKIE, choose_language
from tenants.runtime.errors import Outage
from tenants.runtime.language import LANGUAGES
from tenants.runtime.web import roll_back

Page = tuple[str, int]


def outage() -> Page:
    """A server of ours did not answer."""
    _leave()
    text = _("Our server did not answer. Nothing was changed")
    return _page(_("No answer"), text, request.path, _("Try again")), 503


def broken(problem: Exception, *, start: str) -> Page:
    """Something of ours broke: it is logged under the code that the page shows. `start` is where to go on."""
    cause = getattr(problem, "original_exception", None) or problem
    if isinstance(cause, Outage):  # met while another page was drawn
        return outage()
    _leave()
    code = uuid4().hex[:8].upper()
    current_app.logger.error("problem %s", code, exc_info=cause)
    if request.method in ("GET", "HEAD"):  # a page that is only looked at: what led to it may have been saved
        text = _("Something broke on our side, and the page cannot be shown. What you have saved stays saved")
    else:
        text = _("Something broke on our side. Nothing of what you sent was done")
    return _page(_("This did not work"), text, start, _("To the home page"), code), 500


def _leave() -> None:
    """Give the transaction up, and choose a language without asking the tenant for its own."""
    roll_back()
    if "language" not in g:
        chosen, accepted = request.cookies.get(LANGUAGE_COOKIE), request.accept_languages
        g.language = choose_language(chosen=chosen, accepted=accepted, tenant=LANGUAGES[0])


def _page(title: str, text: str, href: str, button: str, code: str = "") -> str:
    """Drawn around the application's context, which asks for the brand."""
    template = current_app.jinja_env.get_template("branding/plain.html")
    shown = {"title": title, "text": text, "href": href, "button": button, "code": code}
    return template.render(lang=g.language, **shown)
