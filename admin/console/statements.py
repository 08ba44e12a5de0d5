"""The way of a statement at the desk: sent, agreed with or disputed line by line, and objections answered."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.settlement_desk import KINDS, SettlementDesk
from admin.desk import Answer, asks
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.settlement.answering import (
    MINOR_MOST,
    WORDS_MAX,
    agree,
    agree_by_silence,
    answer,
    dispute,
    send,
)
from coalition.settlement.models import Statement
from coalition.settlement.queries import line_at, objections_of
from coalition.settlement.states import Event
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_TEXT_MOST = 40
_STEPS: dict[str, tuple[Callable[..., Statement], str]] = {
    Event.SEND: (send, N_("The statement is sent")),
    Event.AGREE: (agree, N_("The statement is agreed")),
    Event.SILENCE: (agree_by_silence, N_("The statement is agreed")),
}


class StatementWay(SettlementDesk):
    """What is done with one statement."""

    within = "desk_settlement"

    @expose("/")
    def index(self) -> Answer:
        """They are listed by month."""
        return redirect(url_for("desk_settlement.index"))

    @expose("/<month>/<int:participant>/<step>", methods=["POST"])
    @asks(
        Permission.DESK_SETTLEMENT_CLOSE,
        step={
            "send": [Permission.DESK_SETTLEMENT_CLOSE],
            "silence": [Permission.DESK_SETTLEMENT_CLOSE],
            "agree": [Permission.DESK_SETTLEMENT_AGREE],
        },
    )
    def go(self, month: str, participant: int, step: str) -> Answer:
        """Send it, or agree with it."""
        programme, found, _state = self.statement_shown(month, participant)
        if step not in _STEPS:
            raise NotFound("step_unknown")
        act, words = _STEPS[step]
        told = {"programme_id": programme.id, "month": found.month, "participant_id": participant}
        self.attempt(lambda: act(self.session, self.actor, **told), _(words))
        return redirect(self.address(found), 303)

    @expose("/<month>/<int:participant>/lines/<int:side>/<int:place>")
    @asks(Permission.DESK_SETTLEMENT_AGREE)
    def object(self, month: str, participant: int, side: int, place: int) -> Answer:
        """The form of an objection to a line."""
        return self._object_page(month, participant, side, place, {})

    @expose("/<month>/<int:participant>/lines/<int:side>/<int:place>", methods=["POST"])
    @asks(Permission.DESK_SETTLEMENT_AGREE)
    def objected(self, month: str, participant: int, side: int, place: int) -> Answer:
        """Say what is wrong with the line."""
        programme, found, _state = self.statement_shown(month, participant)
        w, written = self.visitor.w, request.form.get("amount", "").strip()[:_TEXT_MOST]
        errors: dict[str, str] = {}
        try:
            minor = read_units(written.lstrip("-−"), w.exponent, w)
        except Refusal as no:
            minor, errors["amount"] = 0, refusal(no)
        if errors:
            return self._object_page(month, participant, side, place, errors), 422
        try:
            dispute(
                self.session, self.actor, programme_id=programme.id, month=found.month,
                participant_id=participant, side=side, place=place, words=request.form.get("words", ""),
                minor=-minor if written[:1] in ("-", "−") else minor,
            )  # fmt: skip
        except NotFound:
            raise
        except Refusal as no:
            roll_back()
            at = "words" if no.code in ("words_missing", "words_long", "card_number") else "amount"
            return self._object_page(month, participant, side, place, {at: refusal(no)}), 422
        flash(_("The line is disputed"), "good")
        return redirect(self.address(found), 303)

    @expose("/<month>/<int:participant>/objections/<int:number>")
    @asks(Permission.DESK_SETTLEMENT_CLOSE)
    def objection(self, month: str, participant: int, number: int) -> Answer:
        """An objection, to be accepted or refused."""
        return self._answer_page(month, participant, number, {})

    @expose("/<month>/<int:participant>/objections/<int:number>", methods=["POST"])
    @asks(Permission.DESK_SETTLEMENT_CLOSE)
    def answered(self, month: str, participant: int, number: int) -> Answer:
        """Accept it, so that the open month settles the difference, or refuse it with words."""
        programme, found, _state = self.statement_shown(month, participant)
        decision = request.form.get("decision", "")
        if decision not in ("accept", "refuse"):
            return self._answer_page(month, participant, number, {"words": _("Choose one of the two")}), 422
        try:
            answer(
                self.session, self.actor, programme_id=programme.id, month=found.month,
                participant_id=participant, number=number, accept=decision == "accept",
                words=request.form.get("words", ""),
            )  # fmt: skip
        except NotFound:
            raise
        except Refusal as no:
            roll_back()
            return self._answer_page(month, participant, number, {"words": refusal(no)}), 422
        flash(_("The objection is answered"), "good")
        return redirect(self.address(found), 303)

    def _object_page(
        self, month: str, participant: int, side: int, place: int, errors: dict[str, str]
    ) -> str:
        _programme, found, _state = self.statement_shown(month, participant)
        line = line_at(self.session, found, side, place)
        return self.page(
            "statement_object.html",
            found=found,
            line=line,
            title=self.said(KINDS[line.kind]),
            back=self.address(found),
            name=self.month_name(found.month),
            form={"amount": request.form.get("amount", ""), "words": request.form.get("words", "")},
            errors=errors,
            most=WORDS_MAX,
            whole=self.visitor.w.money(MINOR_MOST),
        )

    def _answer_page(self, month: str, participant: int, number: int, errors: dict[str, str]) -> str:
        _programme, found, _state = self.statement_shown(month, participant)
        known = {one.objection.number: one for one in objections_of(self.session, found)}
        if number not in known:
            raise NotFound("objection_unknown")
        one = known[number]
        line = line_at(self.session, found, one.objection.side, one.objection.place)
        return self.page(
            "statement_answer.html",
            one=one,
            line=line,
            title=self.said(KINDS[line.kind]),
            back=self.address(found),
            participant=self.participants()[participant],
            name=self.month_name(found.month),
            form={"words": request.form.get("words", "")},
            errors=errors,
            most=WORDS_MAX,
        )
