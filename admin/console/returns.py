"""Returns that never found their purchase and wait for a person: take points by the terms of the day, or let be."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.console.lists import shown
from admin.console.payouts import tail
from admin.desk import Answer, DeskView
from coalition.ledger.models import Purpose
from coalition.ledger.queries import transfers_for
from coalition.members.queries import person_of
from coalition.partners.models import Merchant
from coalition.reports.lists import RETURNS
from coalition.transactions.models import Purchase, PurchaseReturn
from coalition.transactions.overdue import decide_return
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound


class Returns(DeskView):
    """The section of returns; the queue empties from its oldest end."""

    reads = Permission.DESK_RETURN_READ
    permission = Permission.DESK_LEDGER_ADJUST
    icon = "arrow-return-left"

    @expose("/")
    def index(self) -> Answer:
        """The queue, oldest first."""
        return shown(self, RETURNS)

    @expose("/<uuid:member_id>/<uuid:return_id>")
    def decide(self, member_id: UUID, return_id: UUID) -> Answer:
        """One return, and what each decision means."""
        back = self.session.get(PurchaseReturn, (tenant_of(self.session), member_id, return_id))
        if back is None:
            raise NotFound("return_unknown")
        if back.state != "manual":
            raise Conflict("return_decided", state=back.state)
        where = merchant_name(self.session, back)
        return self.page("return.html", back=back, where=where, who=self._who(back))

    @expose("/<uuid:member_id>/<uuid:return_id>", methods=["POST"])
    def decided(self, member_id: UUID, return_id: UUID) -> Answer:
        """Decide."""
        take = request.form.get("decision")
        if take not in ("take", "let_be"):
            raise NotFound("decision_unknown")
        decide_return(self.session, self.actor, member_id=member_id, return_id=return_id, take=take == "take")
        if take == "take":
            moved = transfers_for(self.session, member_id, return_id)
            taken = sum(transfer.points for transfer in moved if transfer.purpose == Purpose.RETURN)
            flash(_("Taken back: %(points)s", points=self.visitor.w.points(taken)), "good")
        else:
            flash(_("The return was let be. The member keeps every point"), "good")
        return redirect(url_for("desk_returns.index"), 303)

    def _who(self, back: PurchaseReturn) -> str:
        """The member's name for those who may see it; else the end of the number."""
        if not self.visitor.may(Permission.DESK_MEMBER_READ):
            return tail(back.member_id)
        try:
            return person_of(self.session, back.member_id).name
        except NotFound:
            return tail(back.member_id)


def queue_length(session: Session) -> int:
    """How many returns wait for a decision."""
    return int(
        session.scalar(
            select(func.count()).where(
                PurchaseReturn.tenant_id == tenant_of(session), PurchaseReturn.state == "manual"
            )
        )
        or 0
    )


def merchant_name(session: Session, told: Purchase | PurchaseReturn) -> str:
    """Where it was, as its source called it."""
    return session.get_one(Merchant, (tenant_of(session), told.merchant_id)).name
