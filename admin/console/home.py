"""The first page of the desk: what came today, what waits, what went wrong; each in words, with the way to it."""

from collections.abc import Sequence
from datetime import datetime

from flask import redirect, request, url_for
from flask_admin import expose
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.console import words
from admin.console.clients import draws_of
from admin.console.dashboard import dashboard
from admin.console.files import state_cell, totals
from admin.console.payouts import payee_names, waiting
from admin.console.returns import queue_length
from admin.console.rewards import running_low
from admin.console.signing import may_sign, to_publish, waiting_for
from admin.desk import Answer, DeskView, parts_off
from coalition.claims.queries import counts
from coalition.transactions.models import InboundFile
from coalition.transactions.of_orders.queries import doubtful_orders_count
from coalition.transactions.two_channels.queries import suspects_count
from tenants.parts import Part
from tenants.permissions import Permission
from tenants.roles import operates
from tenants.runtime.db import tenant_of
from tenants.runtime.models import OutboxJob

FAILED_SHOWN = 5


class Home(DeskView):
    """The home of the desk; each person sees what that person may see."""

    for_all = narrows = True

    def is_visible(self) -> bool:
        """A participant's people begin at the partner's place."""
        return self.actor.participant_id is None

    @expose("/")
    def index(self) -> Answer:
        """Today, in words."""
        visiting, session = self.visitor, self.session
        shown: dict[str, object] = {}
        if operates(session):  # what they look after are tenants
            return redirect(url_for("desk_tenants.index"), 303)
        if visiting.actor.participant_id is not None:  # no card narrows what it tells to a participant's own
            return redirect(self._first_open(), 303)
        shown |= dashboard(session, visiting, request.args.get("days", ""))
        if may_sign(visiting):
            shown["signing"] = waiting_for(session, visiting)
        if visiting.may(Permission.DESK_PROMOTION_PUBLISH):
            shown["publishing"] = to_publish(session, visiting)
        shown["draws"] = draws_of(session, visiting)
        if visiting.may(Permission.DESK_FILE_READ):
            last = _last_file(session)
            shown |= {"last": last, "state": state_cell(last) if last else None, "totals": totals}
            shown["may_upload"] = visiting.may(Permission.DESK_FILE_RECEIVE)
            shown |= {"failed_count": failed_jobs(session), "failed": _failed(session)}
        if visiting.may(Permission.DESK_PAYOUT_READ):
            shown["waiting"] = waiting(session, payee_names(session, visiting.w.lang))
        if visiting.may(Permission.DESK_REWARD_READ):
            shown["low"] = running_low(session, visiting.w)
        if visiting.may(Permission.DESK_RETURN_READ):
            shown |= {
                "queue": queue_length(session),
                "doubtful": suspects_count(session) + doubtful_orders_count(session),
            }
        if visiting.may(Permission.DESK_CLAIM_READ) and Part.CLAIMS not in parts_off():
            shown["claims"] = counts(session, visiting.actor.id)
        return self.page("home.html", **shown)

    def _first_open(self) -> str:
        """The first section of the menu that is open to whoever looks; her own profile always is."""
        for item in self.admin.menu():
            inside = item.get_children() if item.is_category() else [item]
            for one in inside:
                if one.is_visible() and one.is_accessible():
                    return str(one.get_url())
        return url_for("desk_profile.index")


def failed_jobs(session: Session) -> int:
    """How many jobs gave up."""
    return int(
        session.scalar(
            select(func.count()).where(OutboxJob.tenant_id == tenant_of(session), OutboxJob.state == "failed")
        )
        or 0
    )


def _failed(session: Session) -> Sequence[tuple[str, datetime | None]]:
    """What the last of them were to do, and when they gave up."""
    rows = session.execute(
        select(OutboxJob.name, OutboxJob.finished_at)
        .where(OutboxJob.tenant_id == tenant_of(session), OutboxJob.state == "failed")
        .order_by(OutboxJob.finished_at.desc())
        .limit(FAILED_SHOWN)
    )
    return [(words.work(name), at) for name, at in rows]


def _last_file(session: Session) -> InboundFile | None:
    return session.scalars(
        select(InboundFile)
        .where(InboundFile.tenant_id == tenant_of(session))
        .order_by(InboundFile.id.desc())
        .limit(1)
    ).first()
