"""Spending: the shelves, the question, the deed, what became of it, its paper."""

from dataclasses import replace
from uuid import UUID, uuid4

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.kinds import face_of, faces
from coalition.cabinet.kinds.cashback import CashbackFace
from coalition.cabinet.paper import letterhead
from coalition.cabinet.sentences import sentence
from coalition.cabinet.views import Asked, OwnCertificate, Spent
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.redemption import actions
from coalition.redemption.models import Reward
from coalition.redemption.queries import (
    certificate_of,
    redemption_by_id,
    redemptions_of,
    reward_by_code,
    rewards_by_id,
)
from tenants.branding.letterhead import render
from tenants.runtime.errors import NotFound, Refusal


@cabinet.get("/spend")
@members_only
def spend(visit: Visit) -> Answer:
    """Everything that points can be turned into."""
    shelves = [shelf for face in faces() if (shelf := face.shelf(visit, request.args))]
    return visit.page("spend.html", here="spend", shelves=shelves)


@cabinet.get("/spend/<code>/sum")
@members_only
def cashback_sum(visit: Visit, code: str) -> Answer:
    """The cashback form for another amount, for the page to replace a part of itself."""
    reward = reward_by_code(visit.session, code)
    if reward.kind != CashbackFace.kind:
        raise NotFound("reward_unknown")
    offer = CashbackFace().offer(visit, reward, request.args.get("points", ""))
    return render_template("cabinet/cashback_sum.html", offer=offer, w=visit.w)


@cabinet.get("/spend/<code>")
@members_only
def confirm(visit: Visit, code: str) -> Answer:
    """The question before points move."""
    reward = reward_by_code(visit.session, code)
    face = face_of(reward.kind)
    try:
        choice = face.choice(visit, request.args)
        quote = actions.quote(
            visit.session, visit.actor, member_id=visit.member_id, reward_code=code, choice=choice
        )
    except Refusal as refused:
        asked = Asked(title=visit.said(reward.name), wrong=sentence(refused, visit.w))
        return visit.page("confirm.html", here="spend", asked=asked)
    asked = replace(
        face.asked(visit, reward, choice, quote), code=code, request_id=str(uuid4()), points=quote.points
    )
    return visit.page("confirm.html", here="spend", asked=asked)


@cabinet.post("/spend/<code>")
@members_only
def redeem(visit: Visit, code: str) -> Answer:
    """Spend. The form's own request id makes a second press the same redemption, even of what was withdrawn since."""
    known = {reward.code: reward for reward in rewards_by_id(visit.session).values()}
    if code not in known:
        raise NotFound("reward_unknown")
    request_id = request.form.get("request_id", "")
    if not 0 < len(request_id) <= 64:  # without a name of its own every press would be the same one
        raise NotFound("page_unknown")
    redemption = actions.redeem(
        visit.session,
        visit.actor,
        member_id=visit.member_id,
        reward_code=code,
        choice=face_of(known[code].kind).choice(visit, request.form),
        request_id=request_id,
        agreed=request.form.get("agreed", type=int),
    )
    return redirect(url_for("cabinet.done", redemption_id=redemption.id), 303)


@cabinet.get("/spent/<uuid:redemption_id>")
@members_only
def done(visit: Visit, redemption_id: UUID) -> Answer:
    """What became of a redemption."""
    redemption = redemption_by_id(visit.session, visit.member_id, redemption_id)
    reward = visit.session.get_one(Reward, (redemption.tenant_id, redemption.reward_id))
    done = face_of(reward.kind).done(visit, reward, redemption)
    return visit.page("done.html", here="spend", done=done, redemption_id=redemption.id)


@cabinet.post("/spent/<uuid:redemption_id>/cancel")
@members_only
def cancel(visit: Visit, redemption_id: UUID) -> Answer:
    """Take the points back, where the terms still allow."""
    actions.cancel(visit.session, visit.actor, member_id=visit.member_id, redemption_id=redemption_id)
    return redirect(url_for("cabinet.done", redemption_id=redemption_id), 303)


@cabinet.get("/spent/<uuid:redemption_id>.pdf")
@members_only
def paper(visit: Visit, redemption_id: UUID) -> Answer:
    """The certificate or receipt as PDF."""
    redemption = redemption_by_id(visit.session, visit.member_id, redemption_id)
    reward = visit.session.get_one(Reward, (redemption.tenant_id, redemption.reward_id))
    document = face_of(reward.kind).paper(visit, reward, redemption)
    if document is None:
        raise NotFound("paper_unknown")
    answer = Response(
        render(letterhead(visit.session, visit.programme, visit.w.lang), document), mimetype="application/pdf"
    )
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"{reward.code}-{str(redemption.id)[-12:]}.pdf"
    )
    return answer


@cabinet.get("/spent")
@members_only
def redemptions(visit: Visit) -> Answer:
    """Everything that was spent on."""
    known = rewards_by_id(visit.session)
    items = []
    for redemption in redemptions_of(visit.session, visit.member_id):
        reward = known[redemption.reward_id]
        face = face_of(reward.kind)
        told = face.told(visit, reward, redemption)
        items.append(
            Spent(
                href=url_for("cabinet.done", redemption_id=redemption.id),
                icon=face.icon,
                tone="",
                name=told.who,
                about=told.why,
                sum=visit.w.amount(-redemption.points),
                state=told.state or visit.w.short_day(visit.w.day_of(redemption.made_at)),
            )
        )
    return visit.page("redemptions.html", here="more", items=items)


@cabinet.get("/certificates")
@members_only
def certificates(visit: Visit) -> Answer:
    """The member's certificates with their codes."""
    known = rewards_by_id(visit.session)
    items = []
    for redemption in redemptions_of(visit.session, visit.member_id):
        reward = known[redemption.reward_id]
        if reward.kind != "certificate" or redemption.state != "done":
            continue
        found, code = certificate_of(visit.session, redemption)
        valid = found.valid_to >= visit.w.today
        items.append(
            OwnCertificate(
                name=visit.said(reward.name),
                code=code,
                until=_("Valid to %(day)s", day=visit.w.day(found.valid_to)),
                state=_("Valid") if valid else _("Over"),
                tone="good" if valid else "",
                icon="check2" if valid else "slash-circle",
                href=url_for("cabinet.paper", redemption_id=redemption.id),
            )
        )
    return visit.page("certificates.html", here="more", certificates=items)
