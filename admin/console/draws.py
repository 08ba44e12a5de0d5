"""Draws at the desk: promise one, draw it after its close, show that it was drawn as it says."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.payouts import tail
from admin.desk import Answer, Cell, Column, DeskList
from admin.promotion_source import read_moment
from coalition.benefits.models import BenefitKind
from coalition.benefits.queries import benefits
from coalition.draws.actions import draw_lots, open_draw
from coalition.draws.models import Draw
from coalition.draws.queries import draw_by_code, entries_open, proof_of
from coalition.draws.wording import prize_names, prizes_said
from coalition.members.queries import person_of
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.translations import N_

PRIZES = 5  # kinds of prizes that the form has rows for
_FIELDS = ("code", "ticket", "name_ru", "name_en", "closes_at")


class Draws(DeskList):
    """The section of draws."""

    permission = Permission.DESK_PROMOTION_EDIT
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
                lambda one: Cell("—" if one.tickets is None else w.number(one.tickets)),
                number=True,
                wide=True,
            ),
        )
        return self.page("draws.html", listing=self.listing(Draw, columns), may_publish=self._may_publish)

    @expose("/new")
    def new(self) -> Answer:
        """The form of a draw."""
        return self._form(dict.fromkeys(_names(), ""), {})

    @expose("/new", methods=["POST"])
    def add(self) -> Answer:
        """Promise it, or show the form again with what is wrong."""
        form = {name: request.form.get(name, "").strip()[:200] for name in _names()}
        closes_at = read_moment(form["closes_at"], self.visitor.w.zone)
        errors = {} if closes_at else {"closes_at": _("Choose the day and the time")}
        if closes_at:
            try:
                with self.session.begin_nested():
                    open_draw(
                        self.session,
                        self.actor,
                        code=form["code"],
                        ticket=form["ticket"],
                        name={"ru": form["name_ru"], "en": form["name_en"]},
                        prizes=_prizes(form),
                        closes_at=closes_at,
                    )
            except Forbidden:
                raise
            except Refusal as refused:
                errors = _wrong(refused)
        if errors:
            return self._form(form, errors), 422
        flash(
            _("The draw is promised: its seed is chosen, and the digest of it is public from now on"), "good"
        )
        return redirect(url_for("desk_draws.draw", code=form["code"]), 303)

    @expose("/<code>")
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
        tickets = proof.tickets if proof else sum(e.tickets for e in entries_open(self.session, found))
        return self.page(
            "draw.html",
            found=found,
            name=found.name[self.visitor.w.lang],
            prizes=prizes_said(found, self.visitor.w),
            proof=proof,
            wins=wins,
            tickets=tickets,
            is_closed=clock.now() >= found.closes_at,
            may_publish=self._may_publish,
        )

    @expose("/<code>", methods=["POST"])
    def drawn(self, code: str) -> Answer:
        """Draw."""
        self.attempt(lambda: draw_lots(self.session, self.actor, code=code), _("Drawn"))
        return redirect(url_for("desk_draws.draw", code=code), 303)

    def _form(self, form: Mapping[str, str], errors: Mapping[str, str]) -> str:
        w = self.visitor.w
        tickets = [
            (one.code, one.name[w.lang]) for one in benefits(self.session) if one.kind == BenefitKind.TICKET
        ]
        return self.page(
            "draw_new.html",
            form=form,
            errors=errors,
            tickets=tickets,
            rows=range(1, PRIZES + 1),
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


def _names() -> list[str]:
    parts = ("prize", "ru", "en", "count")
    return [*_FIELDS, *(f"{part}_{row}" for row in range(1, PRIZES + 1) for part in parts)]


def _prizes(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows that say something."""
    found = []
    for row in range(1, PRIZES + 1):
        if any(form[f"{part}_{row}"] for part in ("prize", "ru", "en", "count")):
            count = form[f"count_{row}"] or "1"
            found.append(
                {
                    "code": form[f"prize_{row}"],
                    "name": {"ru": form[f"ru_{row}"], "en": form[f"en_{row}"]},
                    "count": int(count) if count.isdecimal() and len(count) < 6 else 0,
                }
            )
    return found


def _wrong(refused: Refusal) -> dict[str, str]:
    field = str(refused.facts.get("field", "code"))
    match refused.code, field:
        case "draw_known", _any:
            return {"code": _("There is a draw of this code, or for these tickets, already")}
        case _, "closes_at":
            return {"closes_at": _("The close lies ahead")}
        case _, "code":
            return {"code": _("A code is small Latin letters, digits and hyphens, 64 at most")}
        case _, "ticket":
            return {"ticket": _("Choose the tickets that are drawn from")}
        case _, "ru" | "en":
            return {"name_ru": _("Write the name in both languages, 120 letters at most")}
    return {
        "prizes": _(
            "Every prize has a code of its own, a name in both languages and a number from 1 to 10,000"
        )
    }
