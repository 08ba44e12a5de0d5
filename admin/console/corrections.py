"""Corrections of a promotion's past, begun and followed from its page: they have no place in the menu."""

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console import correction_told, promotion_form
from admin.console.correction_told import CorrectionForm
from admin.console.promotion_part import PromotionPart
from admin.console.promotion_told import title_of
from admin.desk import Answer
from admin.problems import refusal
from admin.promotion_words import Wrong
from coalition.programmes.queries import programme_by_id
from coalition.promotions.overview import Overview, promotion_by_code
from coalition.transactions.corrections.actions import (
    approve_correction,
    begin_correction,
    discard_correction,
)
from coalition.transactions.corrections.queries import correction_by_id
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_STEPS: dict[str, tuple[Callable[..., object], str]] = {
    "approve": (approve_correction, N_("You have signed the correction. It is being posted")),
    "discard": (discard_correction, N_("The correction is discarded. Nothing was changed")),
}


class Corrections(PromotionPart):
    """The corrections of promotions."""

    @expose("/new/<code>")
    def new(self, code: str) -> Answer:
        """The form, filled from the version that speaks for the promotion."""
        found = self._past(code)
        shown = found.shown(clock.now())
        assert shown is not None, "a promotion with versions shows one"
        return self._form(found, CorrectionForm(promotion_form.filled(shown.document, code)))

    @expose("/new/<code>", methods=["POST"])
    def begin(self, code: str) -> Answer:
        """Ask for the preview; what is wrong is told where it stands, and nothing typed is lost."""
        found = self._past(code)
        assert found.promotion is not None, "it has a past"
        programme = programme_by_id(self.session, found.promotion.programme_id)
        form, wanted = correction_told.sent(request.form, programme.zone)
        if form.errors:
            return self._form(found, form), 422
        lang = self.visitor.w.lang
        if wrong := correction_told.wrong_of(self.session, programme, wanted["document"], lang):
            return self._form(found, form, wrong), 422
        try:
            begun = begin_correction(self.session, self.actor, code=code, **wanted)
        except Forbidden:
            raise
        except Refusal as no:
            roll_back()
            form.errors["refused"] = refusal(no)
            return self._form(self._past(code), form), 422
        return redirect(url_for("desk_corrections.correction", correction_id=begun.id), 303)

    @expose("/<int:correction_id>")
    def correction(self, correction_id: int) -> Answer:
        """One correction: what it would change or has changed, for whom, and who pays."""
        return self._page("correction.html", correction_id)

    @expose("/<int:correction_id>/panel")
    def panel(self, correction_id: int) -> Answer:
        """The figures alone: as far as the work is."""
        return self._page("correction_panel.html", correction_id)

    @expose("/<int:correction_id>/approve")
    def ask_approve(self, correction_id: int) -> Answer:
        """Say what signing will post, and to how many."""
        found = correction_by_id(self.session, correction_id)
        if "approve" not in correction_told.told(self.session, found, self.visitor).steps:
            return redirect(url_for("desk_corrections.correction", correction_id=correction_id), 303)
        return self._page("correction_sign.html", correction_id)

    @expose("/<int:correction_id>/<step>", methods=["POST"])
    def step(self, correction_id: int, step: str) -> Answer:
        """Sign or discard it."""
        if step not in _STEPS:
            raise NotFound("step_unknown")
        action, said = _STEPS[step]
        self.attempt(lambda: action(self.session, self.actor, correction_id=correction_id), _(said))
        return redirect(url_for("desk_corrections.correction", correction_id=correction_id), 303)

    def _past(self, code: str) -> Overview:
        """The promotion, which must have had versions."""
        if not self.visitor.may(Permission.DESK_PROMOTION_EDIT):
            raise Forbidden("not_permitted", permission=str(Permission.DESK_PROMOTION_EDIT))
        found = promotion_by_code(self.session, code)
        if not found.versions:
            raise NotFound("promotion_unknown")
        return found

    def _form(self, found: Overview, form: CorrectionForm, wrong: Sequence[Wrong] = ()) -> str:
        title = title_of(found, clock.now(), self.visitor.w.lang)
        return self.page(
            "correction_new.html", found=found, form=form, title=title, wrong=wrong,
            debts=correction_told.DEBTS, errors=form.errors,
        )  # fmt: skip

    def _page(self, template: str, correction_id: int) -> str:
        found = correction_by_id(self.session, correction_id)
        after = request.args.get("after", type=UUID)
        told = correction_told.told(self.session, found, self.visitor, after)
        title = title_of(promotion_by_code(self.session, found.code), clock.now(), self.visitor.w.lang)
        return self.page(template, told=told, correction=found.correction, found=found, title=title)
