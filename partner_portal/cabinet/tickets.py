"""Questions that the company has asked the programme, and what it was answered."""

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.console.tickets import TicketPages, sent_file_of_letter
from admin.desk import Answer, asks
from coalition.claims.texts import WORDS_MAX
from coalition.papers import MEGABYTES_MAX
from coalition.tickets import actions
from coalition.tickets.models import Ticket
from coalition.tickets.queries import tickets_in_state
from partner_portal.cabinet.base import PortalView
from tenants.permissions import Permission
from tenants.translations import N_


class Tickets(PortalView, TicketPages):
    """The section of questions."""

    reads = Permission.PORTAL_TICKET_READ
    permission = Permission.PORTAL_TICKET_EDIT
    states = {
        "open": ("wait", "hourglass-split", N_("Waiting for the programme")),
        "answered": ("note", "chat-left-text", N_("Answered")),
        "closed": ("still", "slash-circle", N_("Closed")),
    }

    @property
    def whose(self) -> int:
        """The company's own alone."""
        return self.own

    def waits(self) -> tuple[int, str]:
        """How many were answered and are not closed."""
        number = tickets_in_state(self.session, "answered", self.own)
        return number, ngettext("question was answered", "questions were answered", number)

    @expose("/")
    def index(self) -> Answer:
        """Every thread of the company, the newest first."""
        listing = self.listing(Ticket, self.columns(), Ticket.participant_id == self.own)
        return self.page("portal/tickets.html", listing=listing)

    @expose("/new")
    @asks(Permission.PORTAL_TICKET_EDIT)
    def new(self) -> Answer:
        """The form of a question; a page that leads here says what it is about, as `?subject=`."""
        return self._new_page({"subject": request.args.get("subject", "")[: actions.SUBJECT_MAX]}, {})

    @expose("/new", methods=["POST"])
    def opened(self) -> Answer:
        """Send it."""
        subject, words, number = request.form.get("subject", ""), request.form.get("words", ""), 0

        def act() -> None:
            nonlocal number
            number = actions.open_ticket(
                self.session, self.actor, subject=subject, words=words, brought=sent_file_of_letter()
            ).id

        if (wrong := self.tried(act)) is None:
            flash(_("Sent. You will find the answer here"), "good")
            return redirect(url_for(".ticket", ticket_id=number), 303)
        return self._new_page({"subject": subject[:200]}, wrong, words), 422

    def _new_page(self, form: dict[str, str], errors: dict[str, str], words: str = "") -> str:
        return self.page(
            "portal/ticket_new.html",
            form=form,
            said=words[:WORDS_MAX],
            most=actions.SUBJECT_MAX,
            words_max=WORDS_MAX,
            megabytes_max=MEGABYTES_MAX,
            errors=errors,
        )
