"""Money for agreed statements at the desk: payment orders for the bank, and its statement of the account back."""

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.settlement_desk import SettlementDesk, kept, month_of
from admin.desk import Answer, Cell, Column, Listing, TakesFiles, asks
from admin.problems import refusal
from coalition.programmes.queries import the_programme
from coalition.settlement.payments import Misfit, mark_paid, order_payments
from tenants.branding import formats
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

FILE_MEGABYTES = 32
WHY = {
    "reference": N_("it has no reference"),
    "unknown": N_("no statement has this reference"),
    "state": N_("the statement is not agreed"),
    "paid": N_("the statement is paid already, by another payment"),
    "direction": N_("it goes the other way"),
    "currency": N_("it is another currency"),
    "sum": N_("the statement says another sum"),
    "not_booked": N_("the bank has not booked it"),
    "reversal": N_("it is a reversal"),
}


class SettlementPayments(SettlementDesk, TakesFiles):
    """Orders out, and bank statements in."""

    reads = permission = Permission.DESK_SETTLEMENT_PAY
    within = "desk_settlement"
    upload_megabytes = FILE_MEGABYTES

    @expose("/")
    def index(self) -> Answer:
        """Ask for a bank's statement."""
        return self.page("settlement_paid.html", most=FILE_MEGABYTES, marked=None)

    @expose("/", methods=["POST"])
    @asks(Permission.DESK_SETTLEMENT_PAY)
    def paid(self) -> Answer:
        """Mark what it shows as paid, and say what did not fit."""
        file = request.files.get("file")
        errors = {}
        if file is None or not file.filename:
            errors["file"] = _("Choose a file")
            return self.page("settlement_paid.html", most=FILE_MEGABYTES, marked=None, errors=errors), 422
        programme = the_programme(self.session)
        try:
            found = mark_paid(self.session, self.actor, programme_id=programme.id, content=file.stream.read())
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            errors["file"] = refusal(no)
            return self.page("settlement_paid.html", most=FILE_MEGABYTES, marked=None, errors=errors), 422
        listing = Listing(self._columns(), found.misfits, (), "", None, None)
        return self.page("settlement_paid.html", most=FILE_MEGABYTES, marked=found, listing=listing)

    @expose("/order/<month>", methods=["POST"])
    @asks(Permission.DESK_SETTLEMENT_PAY)
    def order(self, month: str) -> Answer:
        """The orders of a month, as a file for the bank."""
        chosen, programme = month_of(month), the_programme(self.session)
        made: list[bytes] = []
        self.attempt(
            lambda: made.append(
                order_payments(self.session, self.actor, programme_id=programme.id, month=chosen)
            )
        )
        if not made:
            return redirect(url_for("desk_settlement.month", month=month), 303)
        return kept(made[0], "application/xml", f"pain001-{month}.xml")

    def _columns(self) -> tuple[Column[Misfit], ...]:
        w = self.visitor.w
        return (
            Column[Misfit](N_("Day"), lambda one: Cell(w.written_day(one.entry.day))),
            Column[Misfit](N_("Reference"), lambda one: Cell(one.entry.end_to_end or "—")),
            Column[Misfit](N_("Why"), lambda one: Cell(self.said(WHY[one.why]))),
            Column[Misfit](
                N_("Sum"),
                lambda one: Cell(f"{formats.decimal(one.entry.amount, w.lang)} {one.entry.currency}"),
                number=True,
            ),
        )
