"""Bring a friend: the member's own code and link, what it has brought, and the code of who brought her."""

from dataclasses import dataclass

from flask import redirect, request, url_for
from flask_babel import gettext as _

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.codes import too_many
from coalition.cabinet.devices import device
from coalition.cabinet.sentences import sentence
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.members.codes import canonical, may_guess
from coalition.members.referring import brought_by, code_of
from coalition.promotions import wording
from coalition.promotions.index import microseconds
from coalition.promotions.queries import index_of, versions_by_id
from coalition.transactions.referrals.actions import name_referrer
from coalition.transactions.referrals.queries import tally_of, why_not
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

COOKIE = "invited"
_AGE, _CODE_MOST = 60 * 86_400, 32


@dataclass(frozen=True)
class Friends:
    """What the page says."""

    terms: list[str]
    code: str
    link: str
    came: int
    paid: int
    named: bool
    closed: str  # why she cannot name a code; empty while she can
    said: str


@cabinet.get("/friends")
@members_only
def friends(visit: Visit) -> Answer:
    """The page."""
    said = _("Thank you. Both of you will get your points") if request.args.get("named") else ""
    return _page(visit, saved=said)


@cabinet.post("/friends")
@members_only
def name_friend(visit: Visit) -> Answer:
    """Say whose code it was; who tries too many has to wait."""
    said = request.form.get("code", "").strip()[:_CODE_MOST]
    if not said:
        return _page(visit, wrong=_("Write your friend's code: it stands on her page “Bring a friend”")), 422
    if not may_guess(visit.session, visit.member_id, request.remote_addr or ""):
        return _page(visit, said=said, wrong=too_many()), 429
    try:
        with visit.session.begin_nested():
            name_referrer(visit.session, visit.actor, member_id=visit.member_id, code=said, device=device())
    except Refusal as refused:
        return _page(visit, said=said, wrong=sentence(refused, visit.w)), 422
    return redirect(url_for("cabinet.friends", named=1), 303)


@cabinet.get("/i/<code>")
def invited(code: str) -> Answer:
    """A friend's link: the code is kept in the browser until its owner has joined and signed in."""
    answer = redirect(url_for("cabinet.friends"), 303)
    answer.set_cookie(
        COOKIE,
        canonical(code)[:_CODE_MOST],
        max_age=_AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return answer


def _page(visit: Visit, *, saved: str = "", said: str = "", wrong: str = "") -> str:
    index, now = index_of(visit.session, visit.programme), microseconds(clock.now())
    live = [rule.version for rule in index.on("referral", now)]
    documents = versions_by_id(visit.session, live).values()
    code = code_of(visit.session, visit.member_id) if live else ""
    came, paid = tally_of(visit.session, visit.member_id)
    named = brought_by(visit.session, visit.member_id) is not None
    no = why_not(visit.session, visit.member)
    shown = Friends(
        terms=[wording.rule(document, visit.w) for document in documents],
        code=code,
        link=url_for("cabinet.invited", code=code, _external=True) if code else "",
        came=came,
        paid=paid,
        named=named,
        closed=sentence(no, visit.w) if not named and live and no else "",
        said=said or request.cookies.get(COOKIE, "")[:_CODE_MOST],
    )
    return visit.page(
        "friends.html", here="more", friends=shown, saved=saved, errors={"code": wrong} if wrong else {}
    )
