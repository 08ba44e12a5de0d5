"""Participants of the coalition: who pays for points, who takes them, since when each settles; leaving it."""

from collections.abc import Mapping

from flask import flash, redirect, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console import leaving_told
from admin.console.approvals import asked
from admin.console.by_hand import HandLimits
from admin.desk import Answer, Cell, Column, Listing
from admin.problems import refusal
from coalition.partners.models import Participant
from coalition.partners.queries import all_participants, participant_by_id
from coalition.programmes.queries import the_programme
from coalition.settlement import leaving
from coalition.settlement.leaving import Ends
from coalition.settlement.terms import settling_since
from tenants.approvals.queries import waiting_of
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_PARTS: Mapping[tuple[bool, bool], str] = {
    (True, True): N_("pays for points and takes them"),
    (True, False): N_("pays for points"),
    (False, True): N_("takes points"),
}


class Participants(HandLimits):
    """The section of participants."""

    reads = Permission.DESK_PARTNER_READ
    permission = Permission.DESK_APPLICATION_DECIDE
    icon = "building"

    @expose("/")
    def index(self) -> Answer:
        """Everybody in the coalition, and those who have left."""
        w, since = self.visitor.w, settling_since(self.session, the_programme(self.session).id)
        rows = sorted(all_participants(self.session), key=lambda one: (one.left_at is not None, one.id))
        ends = leaving.all_that_goes_on(self.session)
        columns = (
            Column[Participant](
                N_("Participant"),
                lambda one: Cell(self._name(one), one.code, href=url_for(".participant", number=one.id)),
            ),
            Column[Participant](N_("State"), _state),
            Column[Participant](N_("Its part"), lambda one: Cell(_part(ends.get(one.id))), wide=True),
            Column[Participant](
                N_("Settles since"),
                lambda one: Cell(w.written_day(since[one.id]) if one.id in since else "—"),
                wide=True,
            ),
        )
        return self.page("participants.html", listing=Listing(columns, rows, (), "", None, None))

    @expose("/<int:number>")
    def participant(self, number: int) -> Answer:
        """One participant: what goes on at its expense, and the points that it has given."""
        return self._page(participant_by_id(self.session, number))

    @expose("/<int:number>/leave", methods=["POST"])
    def leave(self, number: int) -> Answer:
        """Ask that it leaves, which another person signs."""
        one = participant_by_id(self.session, number)
        ends = leaving.what_ends(self.session, one)._asdict()
        told = leaving_told.ends_told(self.session, ends, self.visitor.w.lang)
        means = " ".join(f"{text}." for text in (*told, _("Another person signs it")))
        question = self.question(
            _("Let %(name)s leave?", name=self._name(one)),
            means,
            _("Ask for a signature"),
            url_for(".participant", number=number),
        )
        if question is not None:
            return question
        try:
            return asked(leaving.ask_to_leave(self.session, self.actor, participant_id=number))
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._page(participant_by_id(self.session, number), {"": refusal(no)}), no.status

    @expose("/<int:number>/return", methods=["POST"])
    def come_back(self, number: int) -> Answer:
        """Let it have promotions and rewards again."""
        if leaving.come_back(self.session, self.actor, participant_id=number):
            flash(_("It is in the coalition again. What ended stays ended until it is begun anew"), "good")
        else:
            flash(_("That was so already. Nothing was changed"), "note")
        return redirect(url_for(".participant", number=number), 303)

    def _page(self, one: Participant, errors: Mapping[str, str] | None = None) -> str:
        programme, ends = the_programme(self.session), leaving.what_ends(self.session, one)._asdict()
        held = leaving.held_by(self.session, one) if one.left_at is None else None
        return self.page(
            "participant.html",
            one=one,
            name=self._name(one),
            chip=_state(one),
            ends=leaving_told.named(self.session, ends, self.visitor.w.lang),
            held=refusal(held) if held else "",
            since=settling_since(self.session, programme.id).get(one.id),
            tail=leaving.tail_of(self.session, programme, one.id),
            waits=waiting_of(self.session, leaving.KIND, f"participants {one.code}") is not None,
            errors=errors or {},
        )

    def _name(self, one: Participant) -> str:
        return str(one.name.get(self.visitor.w.lang) or one.code)


def _part(ends: Ends | None) -> str:
    """Whether promotions are at its expense, and whether members spend points with it."""
    if ends is None:
        return "—"
    said = _PARTS.get((bool(ends.promotions), bool(ends.rewards or ends.partners)))
    return _(said) if said else "—"


def _state(one: Participant) -> Cell:
    if one.left_at is not None:
        return Cell(_("Has left"), tone="still", icon="slash-circle")
    return Cell(_("In the coalition"), tone="good", icon="check-circle")
