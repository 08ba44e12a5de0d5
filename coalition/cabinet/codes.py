"""A promo code from a flyer, a cup or a letter: entered here, it counts from then on."""

from flask import redirect, request, url_for
from flask_babel import gettext as _

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.sentences import sentence
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.members.codes import canonical, may_guess
from coalition.promotions import wording
from coalition.promotions.profiles import known_of
from coalition.promotions.promo_codes import enter_promo_code
from coalition.promotions.queries import index_of, versions_by_id
from tenants.runtime.errors import Refusal

_LENGTH_MOST = 100


@cabinet.get("/promo-code")
@members_only
def promo_code(visit: Visit) -> Answer:
    """The form, and what the code that was just entered is for."""
    return _page(visit, told=_terms(visit, request.args.get("entered", "")))


@cabinet.post("/promo-code")
@members_only
def enter_promo_code_page(visit: Visit) -> Answer:
    """Enter a code; who tries too many has to wait."""
    said = request.form.get("code", "").strip()[:_LENGTH_MOST]
    if not said:
        return _page(
            visit, wrong=_("Write the code: letters and digits from the flyer, the cup or the letter")
        ), 422
    if not may_guess(visit.session, visit.member_id, request.remote_addr or ""):
        return _page(visit, said=said, wrong=too_many()), 429
    try:
        with visit.session.begin_nested():
            enter_promo_code(visit.session, visit.actor, member_id=visit.member_id, code=said)
    except Refusal as refused:
        return _page(visit, said=said, wrong=sentence(refused, visit.w)), 422
    return redirect(url_for("cabinet.promo_code", entered=canonical(said)), 303)


def too_many() -> str:
    """What is said to who guesses."""
    return _("Too many codes for now. Try again in an hour")


def _terms(visit: Visit, entered: str) -> list[str]:
    """The terms of what a code is for, if this member has entered it."""
    index = index_of(visit.session, visit.programme)
    known = known_of(visit.session, index, [visit.member_id]).get(visit.member_id, ())
    if not (known and canonical(entered) in known[-1].profile.codes):
        return []
    documents = versions_by_id(
        visit.session, [rule.version for rule in index.by_code.get(canonical(entered), ())]
    )
    return list(dict.fromkeys(wording.rule(document, visit.w) for document in documents.values()))


def _page(visit: Visit, *, told: list[str] | None = None, said: str = "", wrong: str = "") -> str:
    errors = {"code": wrong} if wrong else {}
    return visit.page("promo_code.html", here="more", told=told or [], said=said, errors=errors)
