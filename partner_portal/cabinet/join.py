"""The form by which a legal entity applies to become a partner: open to everybody, limited by address."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from admin import partner_words
from admin.problems import refusal, tell_problems
from coalition.programmes.queries import the_programme
from coalition.settlement.joining import TEXTS, apply, wrong_with
from tenants.auth.limits import allowed
from tenants.branding.web import language
from tenants.roles import operates
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.web import session

join = Blueprint("portal_door", __name__, url_prefix="/partner", template_folder="templates")
tell_problems(join)
FIELDS = (*TEXTS, "about", "inn", "kpp", "ogrn", "email", "phone", "category")
TRIES, TENANTS_TRIES, SECONDS = 10, 300, 3600
"""How many applications an hour are read of one address, and of all."""
Answer = str | tuple[str, int]


@join.get("/join")
def form() -> Answer:
    """Ask who applies."""
    _require_programme()
    return _page(dict.fromkeys(FIELDS, ""), {})


@join.post("/join")
def send() -> Answer:
    """Take the application in, or show the form again with everything that is wrong."""
    _require_programme()
    sent = {field: request.form.get(field, "")[:400] for field in FIELDS}
    if not (
        allowed(session(), "application", request.remote_addr or "", most=TRIES, seconds=SECONDS)
        and allowed(session(), "applications", "all", most=TENANTS_TRIES, seconds=SECONDS)
    ):
        return _page(sent, {"": _("Too many applications for now. Try again in an hour")}), 429
    errors: dict[str, str] = {}
    for no in wrong_with(sent):
        errors.setdefault(str(no.facts["field"]), refusal(no))
    if sent["category"] not in partner_words.categories(language()):
        errors["category"] = _("Choose a category")
    if errors:
        return _page(sent, errors), 422
    try:
        application = apply(session(), form=sent, language=language())
    except Conflict as no:  # nothing was written but the count of tries, which stays
        return _page(sent, {"inn": refusal(no)}), no.status
    return render_template("portal/joined.html", number=application.id, brand=application.brand)


def _require_programme() -> None:
    """Only a programme can be joined; the operators' own place has none."""
    if operates(session()):
        raise NotFound("page_unknown")
    the_programme(session())


def _page(sent: dict[str, str], errors: dict[str, str]) -> str:
    categories = partner_words.categories(language())
    return render_template("portal/join.html", form=sent, errors=errors, categories=categories, most=TEXTS)
