"""Draws at the desk: promise one, draw it after its close, show that it was drawn as it says."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console import draw_form
from admin.console.payouts import tail
from admin.desk import Answer, Cell, Column, DeskList, asks
from admin.promotion_source import read_moment
from coalition.benefits.models import BenefitKind
from coalition.benefits.queries import benefits
from coalition.draws.actions import open_draw
from coalition.draws.checking import refusals
from coalition.draws.models import Draw
from coalition.draws.queries import draw_by_code, draws, proof_of, tickets_of
from coalition.draws.wording import prize_names, prizes_said
from coalition.members.queries import person_of
from coalition.transactions.drawing import draw_lots
from tenants.parts import Part
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import NotFound
from tenants.translations import N_


class Draws(DeskList):
    """The section of draws."""

    part = Part.DRAWS
    reads = Permission.DESK_DRAW_READ
    permission = Permission.DESK_PROMOTION_PUBLISH
    icon = "trophy"

    @expose("/")
    def index(self) -> Answer:
        """Every draw, the newest first."""
        w = self.visitor.w
        columns = (
            Column[Draw](
                N_("Draw"),
                lambda one: Cell(
                    one.name[w.lang], sub=one.code, href=url_for("desk_draws.draw", code=one.code)
                ),
            ),
            Column[Draw](N_("Closes"), lambda one: Cell(w.moment(one.closes_at))),
            Column[Draw](N_("State"), _state),
            Column[Draw](
                N_("Tickets"),
                lambda one: Cell(w.number(tickets_of(self.session, one))),
                number=True,
                wide=True,
            ),
        )
        return self.page("draws.html", listing=self.listing(Draw, columns), may_publish=self._may_publish)

    @expose("/new")
    @asks(Permission.DESK_PROMOTION_PUBLISH)
    def new(self) -> Answer:
        """The form of a draw."""
        return self._form(dict.fromkeys(draw_form.names(), ""), {})

    @expose("/new", methods=["POST"])
    def add(self) -> Answer:
        """Promise it, or show the form again with everything that is wrong."""
        self.actor.must(Permission.DESK_PROMOTION_PUBLISH)
        form = {name: request.form.get(name, "").strip()[:200] for name in draw_form.names()}
        wanted: dict[str, Any] = {
            "code": form["code"],
            "ticket": form["ticket"],
            "name": {"ru": form["name_ru"], "en": form["name_en"]},
            "prizes": draw_form.prizes(form),
            "closes_at": read_moment(form["closes_at"], self.visitor.w.zone),
        }
        if errors := draw_form.wrong(refusals(self.session, **wanted), form):
            return self._form(form, errors), 422
        open_draw(self.session, self.actor, **wanted)
        flash(
            _("The draw is promised: its seed is chosen, and the digest of it is public from now on"), "good"
        )
        return redirect(url_for("desk_draws.draw", code=form["code"]), 303)

    @expose("/code/<code>")
    def draw(self, code: str) -> Answer:
        """One draw: what is promised, and when it is drawn, the proof."""
        found = draw_by_code(self.session, code)
        proof = proof_of(self.session, found) if found.drawn_at else None
        names = prize_names(found, self.visitor.w.lang)
        wins = (
            [(win.place + 1, names[win.prize], self._who(win.member_id), win.ticket) for win in proof.wins]
            if proof
            else []
        )
        return self.page(
            "draw.html",
            found=found,
            name=found.name[self.visitor.w.lang],
            prizes=prizes_said(found, self.visitor.w),
            proof=proof,
            wins=wins,
            tickets=proof.tickets if proof else tickets_of(self.session, found),
            is_closed=clock.now() >= found.closes_at,
            may_publish=self._may_publish,
        )

    @expose("/code/<code>", methods=["POST"])
    def drawn(self, code: str) -> Answer:
        """Draw."""
        self.attempt(lambda: draw_lots(self.session, self.actor, code=code), _("Drawn"))
        return redirect(url_for("desk_draws.draw", code=code), 303)

    def _form(self, form: Mapping[str, str], errors: Mapping[str, str]) -> str:
        w = self.visitor.w
        drawn = {draw.benefit_id for draw in draws(self.session)}
        known = [one for one in benefits(self.session) if one.kind == BenefitKind.TICKET]
        tickets = [
            (one.code, one.name[w.lang]) for one in known if one.id not in drawn and one.retired_at is None
        ]
        return self.page(
            "draw_new.html",
            form=form,
            errors=errors,
            tickets=tickets,
            all_drawn=bool(known),
            rows=range(1, draw_form.PRIZES + 1),
            said=draw_form.rows(form),
            may_edit=self.visitor.may(Permission.DESK_BENEFIT_EDIT),
        )

    @property
    def _may_publish(self) -> bool:
        return self.visitor.may(Permission.DESK_PROMOTION_PUBLISH)

    def _who(self, member_id: Any) -> str:
        if not self.visitor.may(Permission.DESK_MEMBER_READ):
            return tail(member_id)
        try:
            return person_of(self.session, member_id).name
        except NotFound:
            return tail(member_id)


def _state(one: Draw) -> Cell:
    if one.drawn_at is not None:
        return Cell(_("Drawn"), tone="good", icon="check-circle")
    if clock.now() >= one.closes_at:
        return Cell(_("Waits to be drawn"), tone="wait", icon="hourglass-split")
    return Cell(_("Open"), tone="note", icon="calendar-event")
