"""Charity's part of the cabinet: the face of donations, gifts again and again, and the report that everybody reads."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from charity.face import DonationFace, gift_sums
from charity.giving import LAST_DAY, ROUND_TO, begin_giving, stop_giving
from charity.kind import DonationTerms
from charity.models import Fund, GivingRule
from charity.queries import (
    Month,
    document_by_id,
    documents,
    fund_by_id,
    funds,
    giving_rules,
    months,
    set_aside,
)
from coalition.cabinet.kinds import add_face
from coalition.cabinet.kinds.base import read_points
from coalition.cabinet.sentences import sentence
from coalition.cabinet.visit import Answer, Visit, members_only, words_of
from coalition.papers import MEDIA
from coalition.programmes.queries import the_programme
from coalition.redemption.queries import rewards
from tenants.branding.web import language
from tenants.branding.words import Words
from tenants.parts import Part, require
from tenants.roles import operates
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import session

pages = Blueprint("charity", __name__, template_folder="templates")
add_face(DonationFace())
KEPT = timedelta(minutes=5)
"""How long the sums of the report are shown as they were counted."""
_sums: dict[int, tuple[datetime, list[Month]]] = {}
OUTCOMES = (
    "not_enough_points",
    "campaign_over",
    "reward_unknown",
    "points_too_few",
    "points_too_many",
    "worth_nothing",
)


def install(app: Flask) -> None:
    """Add charity's pages and templates to an application that has the cabinet."""
    app.register_blueprint(pages)


@dataclass(frozen=True)
class Shown:
    """A rule as its member reads it."""

    id: UUID
    fund: str
    what: str
    next: str
    last: str
    bad: bool


@pages.get("/giving")
@members_only
def giving(visit: Visit) -> Answer:
    """What she gives again and again, and the forms that begin it."""
    require(visit.session, Part.CHARITY)
    said = {"begun": _("Begun. You can stop it at any time"), "stopped": _("Stopped. Nothing more is given")}
    return _page(visit, {}, saved=said.get(request.args.get("done", ""), ""))


@pages.post("/giving")
@members_only
def begin(visit: Visit) -> Answer:
    """Begin, or show the forms again with what is wrong."""
    form = {name: request.form.get(name, "").strip()[:20] for name in ("kind", "fund", "points", "day", "to")}
    monthly = form["kind"] == "monthly"
    try:
        points = (
            read_points(form["points"], visit.w)
            if monthly
            else _whole(form["to"]) * 10**visit.programme.scale
        )
        with visit.session.begin_nested():
            begin_giving(
                visit.session,
                visit.actor,
                member_id=visit.member_id,
                fund_id=_whole(form["fund"]),
                kind=form["kind"],
                points=points,
                day=_whole(form["day"]) if monthly else 0,
            )
    except Refusal as no:
        if no.code == "part_off":
            raise
        return _page(visit, form, wrong=sentence(no, visit.w)), 422
    return redirect(url_for("charity.giving", done="begun"), 303)


@pages.post("/giving/<uuid:rule_id>/stop")
@members_only
def stop(visit: Visit, rule_id: UUID) -> Answer:
    """Stop."""
    stop_giving(visit.session, visit.actor, member_id=visit.member_id, rule_id=rule_id)
    return redirect(url_for("charity.giving", done="stopped"), 303)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _page(visit: Visit, form: dict[str, str], *, wrong: str = "", saved: str = "") -> str:
    offered = {
        reward.id: DonationTerms.model_validate(reward.terms) for reward in rewards(visit.session, "donation")
    }
    shown = [fund for fund in funds(visit.session) if fund.reward_id in offered]
    terms = [offered[fund.reward_id] for fund in shown]
    sums = gift_sums(terms[0].points_min, terms[0].points_max) if terms else []
    usual = {
        "points": visit.w.amount(sums[0]) if sums else "",
        "day": "5",
        "to": "10",
        "fund": "",
        "kind": "",
    }
    return visit.page(
        "giving.html",
        here="spend",
        rules=[_shown(visit, rule) for rule in giving_rules(visit.session, visit.member_id)],
        funds=[(fund.id, visit.said(fund.name)) for fund in shown],
        form=usual | {name: value for name, value in form.items() if value},
        errors={form.get("kind", ""): wrong} if wrong else {},
        saved=saved,
        last_day=LAST_DAY,
        round_to=[(str(to), visit.w.points(to * 10**visit.programme.scale)) for to in ROUND_TO],
    )


def _shown(visit: Visit, rule: GivingRule) -> Shown:
    w, points = visit.w, visit.w.points(rule.points)
    if rule.kind == "monthly":
        what = _("%(points)s on day %(day)s of each month", points=points, day=rule.day)
        following = _("Next on %(day)s", day=w.day(rule.next_on)) if rule.next_on else ""
    else:
        what = _("Of each purchase, what is over a multiple of %(points)s", points=points)
        aside = sum(row.points for row in set_aside(visit.session, visit.member_id, rule.fund_id))
        following = _("Set aside so far: %(points)s", points=w.points(aside))
    fund = fund_by_id(visit.session, rule.fund_id)
    return Shown(rule.id, visit.said(fund.name), what, following, _last(rule, w), rule.outcome in OUTCOMES)


def _last(rule: GivingRule, w: Words) -> str:
    """What came of it last, in a sentence."""
    if rule.last_on is None:
        return ""
    facts = {"day": w.day(rule.last_on), "points": w.points(rule.last_points)}
    match rule.outcome:
        case "given":
            return _("%(points)s given on %(day)s", **facts)
        case "not_enough_points":
            return _(
                "Nothing was given on %(day)s: it would have taken %(points)s, and there were fewer", **facts
            )
        case "campaign_over" | "reward_unknown":
            return _("Nothing was given on %(day)s: the fund gathers for nothing now", **facts)
    return _("Nothing was given on %(day)s: the fund does not take %(points)s at once", **facts)


@dataclass(frozen=True)
class Row:
    """A fund's month, in words."""

    month: str
    fund: str
    collected: str
    transferred: str


@pages.get("/funds")
def report() -> str:
    """What was collected for funds and transferred to them, by month: sums alone, for everybody."""
    if operates(session()):
        raise NotFound("page_unknown")
    require(session(), Part.CHARITY)
    programme = the_programme(session())
    w, named = words_of(programme), {fund.id: fund for fund in funds(session())}
    found, papers = _months(session(), programme.zone), documents(session())
    sums = {number: [0, 0] for number in named}
    for one in found:
        sums[one.fund_id][0] += one.collected
        sums[one.fund_id][1] += one.transferred
    return render_template(
        "charity/report.html",
        w=w,
        rows=[
            Row(_month(one.month, w), _said(named[one.fund_id]), w.money(one.collected), w.money(one.transferred))
            for one in found
        ],
        funds=[
            (_said(fund), _about(fund), w.money(sums[fund.id][0]), w.money(sums[fund.id][1]),
             [one for one in papers if one.fund_id == fund.id])
            for fund in named.values()
        ],
    )  # fmt: skip


def _months(session: Session, zone: str) -> list[Month]:
    """The sums, counted anew every few minutes: everybody may ask, and asking costs nothing."""
    tenant_id, now = tenant_of(session), clock.real_now()
    known = _sums.get(tenant_id)
    if known is None or now >= known[0] + KEPT or now < known[0]:
        known = _sums[tenant_id] = (now, months(session, zone))
    return known[1]


@pages.get("/funds/<int:fund_id>/documents/<int:document_id>")
def document(fund_id: int, document_id: int) -> Response:
    """A document of a fund, to be kept: nothing of it is drawn here."""
    require(session(), Part.CHARITY)
    found = document_by_id(session(), fund_id, document_id)
    answer = Response(found.content, mimetype=MEDIA[found.kind])
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    return answer


def _month(first: date, w: Words) -> str:
    return f"{first:%m.%Y}"


def _said(fund: Fund) -> str:
    return str(fund.name.get(language()) or next(iter(fund.name.values()), ""))


def _about(fund: Fund) -> str:
    return str(fund.about.get(language()) or next(iter(fund.about.values()), ""))
