"""Questions of partners at the desk: those that wait, threads, answers. The partner's place has the same pages."""

from collections.abc import Callable, Mapping

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.desk import Answer, Cell, Column, DeskList, Pill, TakesFiles
from admin.problems import refusal
from coalition.cabinet.claim_files import field_of, kept, sent_files
from coalition.claims.moving import staff_name
from coalition.claims.texts import WORDS_MAX
from coalition.papers import MEGABYTES_MAX, Brought
from coalition.partners.queries import all_participants
from coalition.tickets import actions
from coalition.tickets.models import Ticket
from coalition.tickets.queries import (
    file_of_letter,
    letters_of,
    subject_of,
    ticket_by_id,
    tickets_in_state,
    words_of_letter,
)
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

Chip = tuple[str, str, str]


class TicketPages(DeskList, TakesFiles):
    """A list of threads and one of them, for either side."""

    icon = "question-lg"
    upload_megabytes = MEGABYTES_MAX + 1
    states: Mapping[str, Chip]

    @property
    def whose(self) -> int | None:
        """The participant whose threads these are; None for those of all."""
        return None

    @expose("/<int:ticket_id>")
    def ticket(self, ticket_id: int) -> Answer:
        """One thread."""
        return self._thread(ticket_id, {})

    @expose("/<int:ticket_id>/files/<int:number>")
    def file(self, ticket_id: int, number: int) -> Answer:
        """The file of a letter, to be kept."""
        found = actions.read_file(self.session, self.actor, ticket_id=ticket_id, number=number)
        return kept(found.content, found.media, found.name)

    @expose("/<int:ticket_id>/write", methods=["POST"])
    def write(self, ticket_id: int) -> Answer:
        """One more letter."""
        words = request.form.get("words", "")
        act = actions.write if self.whose is not None else actions.answer

        def do() -> None:
            act(self.session, self.actor, ticket_id=ticket_id, words=words, brought=sent_file_of_letter())

        if (wrong := self.tried(do)) is None:
            flash(_("Sent"), "good")
            return redirect(url_for(".ticket", ticket_id=ticket_id), 303)
        return self._thread(ticket_id, wrong, words), 422

    @expose("/<int:ticket_id>/close", methods=["POST"])
    def close(self, ticket_id: int) -> Answer:
        """End the thread."""
        self.attempt(
            lambda: actions.close(self.session, self.actor, ticket_id=ticket_id), _("The question is closed")
        )
        return redirect(url_for(".ticket", ticket_id=ticket_id), 303)

    def columns(self) -> tuple[Column[Ticket], ...]:
        """What both lists have."""
        w = self.visitor.w

        def named(one: Ticket) -> Cell:
            href = url_for(".ticket", ticket_id=one.id)
            return Cell(subject_of(self.session, one), _("No. %(number)s", number=one.id), href=href)

        return (
            Column[Ticket](N_("Question"), named),
            Column[Ticket](N_("State"), self.state),
            Column[Ticket](N_("Last letter"), lambda one: Cell(w.moment(one.moved_at)), wide=True),
        )

    def state(self, one: Ticket) -> Cell:
        """How a thread stands, as a chip."""
        tone, icon, text = self.states[one.state]
        return Cell(_(text), tone=tone, icon=icon)

    def tried(self, act: Callable[[], None]) -> dict[str, str] | None:
        """Act; where the answer is no, nothing is done, and this says why at its field."""
        try:
            act()
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            said = _("Write what you ask or answer") if no.code == "words_missing" else refusal(no)
            return {"subject" if no.code == "ticket_subject" else field_of(no): said}
        return None

    def _thread(self, ticket_id: int, errors: dict[str, str], words: str = "") -> str:
        one, w = ticket_by_id(self.session, ticket_id, self.whose), self.visitor.w
        letters = [
            (
                letter.number,
                w.moment(letter.at),
                self.writer(letter.ours, staff_name(self.session, letter.staff_id)),
                words_of_letter(self.session, letter),
                file_of_letter(self.session, letter),
            )
            for letter in letters_of(self.session, ticket_id)
        ]
        return self.page(
            "ticket.html",
            one=one,
            subject=subject_of(self.session, one),
            company=self.owners()[one.participant_id] if self.whose is None else "",
            state=self.state(one),
            letters=letters,
            said=words[:WORDS_MAX],
            words_max=WORDS_MAX,
            megabytes_max=MEGABYTES_MAX,
            errors=errors,
        )

    def writer(self, ours: bool, name: str) -> str:
        """Who wrote a letter: people of the programme are nobody by name to a partner."""
        return name if not ours or self.whose is None else _("The programme")

    def owners(self) -> dict[int, str]:
        """What companies are called."""
        lang = self.visitor.w.lang
        return {one.id: str(one.name.get(lang) or one.code) for one in all_participants(self.session)}


def sent_file_of_letter() -> Brought | None:
    """The one file that a letter may bring."""
    return next(iter(sent_files()), None)


class Tickets(TicketPages):
    """The section of the programme's people."""

    reads = Permission.DESK_TICKET_READ
    permission = Permission.DESK_TICKET_ANSWER
    pills = (
        Pill("open", N_("Waiting"), Ticket.state == "open"),
        Pill("answered", N_("Answered"), Ticket.state == "answered"),
    )
    states = {
        "open": ("wait", "hourglass-split", N_("Waits for an answer")),
        "answered": ("good", "check-circle", N_("Answered")),
        "closed": ("still", "slash-circle", N_("Closed")),
    }

    def waits(self) -> tuple[int, str]:
        """How many wait for an answer."""
        number = tickets_in_state(self.session, "open", None)
        return number, ngettext("question waits for an answer", "questions wait for an answer", number)

    @expose("/")
    def index(self) -> Answer:
        """Every thread, the newest first."""
        owners = self.owners()
        company = Column[Ticket](N_("Company"), lambda one: Cell(owners[one.participant_id]), wide=True)
        return self.page("tickets.html", listing=self.listing(Ticket, (*self.columns(), company)))
