"""Advertising of partners that went to the member, whose it was, and the way to refuse more of it."""

import re

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.mailings.queries import notices_of
from coalition.mailings.terms import mailing_terms
from coalition.members.actions import give_consent
from coalition.members.consents import ADVERTISING, has_agreed, own_per_week


@cabinet.get("/notices")
@members_only
def notices(visit: Visit) -> Answer:
    """The page; its address stands in every text."""
    said = {
        "no": _("You get no more advertising of partners, from this moment on"),
        "yes": _("You agreed to advertising of partners"),
    }
    return visit.page(
        "notices.html",
        here="more",
        saved=said.get(request.args.get("said", ""), ""),
        agreed=has_agreed(visit.session, visit.member_id, ADVERTISING),
        about=advertising_words(visit)[1],
        per_week=most_advertising(visit),
        found=notices_of(visit.session, visit.member_id),
    )


@cabinet.post("/notices")
@members_only
def say_of_notices(visit: Visit) -> Answer:
    """Refuse more, or agree again."""
    given = request.form.get("agree") == "yes"
    if given != has_agreed(visit.session, visit.member_id, ADVERTISING):
        agree_to_advertising(visit, given)
    return redirect(url_for("cabinet.notices", said="yes" if given else "no"), 303)


def agree_to_advertising(visit: Visit, given: bool) -> None:
    """Record what she says, to as much as her page told her, and never to more than the terms have."""
    told, most = request.form.get("per_week", ""), mailing_terms(visit.programme).per_week
    per_week = min(int(told), most) if re.fullmatch("[1-9][0-9]?", told) else most
    give_consent(
        visit.session,
        visit.actor,
        member_id=visit.member_id,
        topic=ADVERTISING,
        given=given,
        per_week=per_week,
    )


def most_advertising(visit: Visit) -> int:
    """How much she gets in seven days at most: what she agreed to, as long as the terms have so much."""
    most = mailing_terms(visit.programme).per_week
    return min(most, own_per_week(visit.session, visit.member_id) or most)


def advertising_words(visit: Visit) -> tuple[str, str]:
    """What the consent is to, and how much that is at most."""
    most = most_advertising(visit)
    about = ngettext(
        "Not more than %(num)s in seven days, of all partners together. You can refuse at any moment",
        "Not more than %(num)s in seven days, of all partners together. You can refuse at any moment",
        most,
    )
    return _("Advertising of partners: texts and messages here"), about
