"""Corrections of a promotion's past, begun and followed from its page: they have no place in the menu."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console import correction_told, promotion_form
from admin.console.correction_told import CorrectionForm
from admin.console.promotion_part import PromotionPart
from admin.console.promotion_told import title_of
from admin.console.terms_editor import EditsTerms, redrawn, tells_all
from admin.desk import Answer, asks
from admin.problems import refusal
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.checking import Flaw
from coalition.promotions.overview import Overview, promotion_by_code
from coalition.transactions.corrections.actions import (
    approve_correction,
    begin_correction,
    discard_correction,
    send_correction,
)
from coalition.transactions.corrections.asking import flaws_of_asked
from coalition.transactions.corrections.queries import correction_by_id
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_STEPS: dict[str, tuple[Callable[..., object], str]] = {
    "send": (send_correction, N_("Sent to be signed: another person finds it on the first page of the desk")),
    "approve": (approve_correction, N_("You have signed the correction. It is being posted")),
    "discard": (discard_correction, N_("The correction is discarded. Nothing was changed")),
}
_SIGNS = [Permission.DESK_PROMOTION_APPROVE, Permission.DESK_LEDGER_ADJUST]
_EDITS = [Permission.DESK_PROMOTION_EDIT]
_STEP_ASKS = {"send": _EDITS, "approve": _SIGNS, "discard": _EDITS}


class Corrections(PromotionPart, EditsTerms):
    """The corrections of promotions."""

    @expose("/new/<code>")
    @asks(Permission.DESK_PROMOTION_EDIT)
    def new(self, code: str) -> Answer:
        """The form, filled from the version that speaks for the promotion."""
        found = self._past(code)
        shown = found.shown(clock.now())
        assert shown is not None, "a promotion with versions shows one"
        return self._form(found, CorrectionForm(**vars(promotion_form.filled(shown.document, code))))

    @expose("/new/<code>", methods=["POST"])
    def begin(self, code: str) -> Answer:
        """Ask for the preview, or draw the form anew; what is wrong is told where it stands, nothing typed is lost."""
        found = self._past(code)
        pressed = request.form.get("do", "save")
        form, wanted = correction_told.sent(
            self.sent(self._programme(found)), request.form, asked=pressed == "save"
        )
        if pressed != "save" and "document" not in form.errors:
            redrawn(form)
            return self._form(found, form, wanted if tells_all(pressed) else None, pressed)
        if form.errors:
            return self._form(found, form, wanted), 422
        try:
            begun = begin_correction(self.session, self.actor, code=code, **wanted)
        except Forbidden:
            raise
        except Refusal as no:
            roll_back()
            found = self._past(code)
            page = self._form(found, form, wanted, refused=no)
            return page, 422
        return redirect(url_for("desk_corrections.correction", correction_id=begun.id), 303)

    @expose("/<int:correction_id>")
    def correction(self, correction_id: int) -> Answer:
        """One correction: what it would change or has changed, for whom, and who pays."""
        return self._page("correction.html", correction_id)

    @expose("/<int:correction_id>/panel")
    def panel(self, correction_id: int) -> Answer:
        """The figures alone: as far as the work is."""
        return self._page("correction_panel.html", correction_id, alone=True)

    @expose("/<int:correction_id>/approve")
    @asks(*_SIGNS)
    def ask_approve(self, correction_id: int) -> Answer:
        """Say what signing will post, and to how many."""
        found = correction_by_id(self.session, correction_id)
        if "approve" not in correction_told.told(self.session, found, self.visitor).steps:
            return redirect(url_for("desk_corrections.correction", correction_id=correction_id), 303)
        return self._page("correction_sign.html", correction_id)

    @expose("/<int:correction_id>/<step>", methods=["POST"])
    @asks(Permission.DESK_PROMOTION_READ, step=_STEP_ASKS)
    def step(self, correction_id: int, step: str) -> Answer:
        """Send it to be signed, sign or discard it."""
        if step not in _STEPS:
            raise NotFound("step_unknown")
        action, said = _STEPS[step]
        self.attempt(lambda: action(self.session, self.actor, correction_id=correction_id), _(said))
        return redirect(url_for("desk_corrections.correction", correction_id=correction_id), 303)

    def _past(self, code: str) -> Overview:
        """The promotion, which must have had versions."""
        found = promotion_by_code(self.session, code)
        if not found.versions:
            raise NotFound("promotion_unknown")
        return found

    def _programme(self, found: Overview) -> Programme:
        assert found.promotion is not None, "it has a past"
        return programme_by_id(self.session, found.promotion.programme_id)

    def _form(
        self,
        found: Overview,
        form: CorrectionForm,
        wanted: Mapping[str, Any] | None = None,
        pressed: str = "",
        refused: Refusal | None = None,
    ) -> str:
        """The form; with what is wanted everything that is wrong with it is told, else what it was refused for."""
        assert found.promotion is not None, "it has a past"
        programme, flaws = self._programme(found), list[Flaw]()
        if wanted is not None and "document" not in form.errors:
            days = (wanted["first_day"], wanted["last_day"])
            flaws = flaws_of_asked(self.session, programme, found.promotion, form.content, *days)
        if refused is not None and not flaws:
            form.errors["refused"] = refusal(refused)
        w = self.visitor.w
        return self.terms_page(
            "correction_new.html",
            form,
            programme,
            flaws,
            found=found,
            title=title_of(found, clock.now(), w.lang),
            debts=correction_told.DEBTS,
            action=url_for("desk_corrections.begin", code=found.code),
            period=_days(wanted, w),
            pressed=pressed,
        )

    def _page(self, template: str, correction_id: int, *, alone: bool = False) -> str:
        found = correction_by_id(self.session, correction_id)
        after = request.args.get("after", type=UUID)
        told = correction_told.told(self.session, found, self.visitor, after)
        title = title_of(promotion_by_code(self.session, found.code), clock.now(), self.visitor.w.lang)
        return self.page(
            template, told=told, correction=found.correction, found=found, title=title, alone=alone
        )


def _days(wanted: Mapping[str, Any] | None, w: Words) -> str:
    """The days that are to be corrected, as far as they are known."""
    days = [wanted[name] for name in ("first_day", "last_day")] if wanted else [None]
    return " — ".join(w.day(day) for day in days) if None not in days else _("the days of the correction")
