"""What a company's people may enter by hand: more is asked for and signed by another person, less is so at once."""

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.approvals import asked
from admin.desk import Answer, DeskView, asks
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.partners.by_hand import KIND, ask_for_by_hand, limits_of, lower_by_hand
from coalition.partners.models import Participant
from coalition.partners.queries import participant_by_id
from tenants.approvals.queries import waiting_of
from tenants.branding import formats
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back

_FIELDS = ("per_operation", "per_person_day")


class HandLimits(DeskView):
    """Pages of the section of participants that let one enter operations by hand."""

    @expose("/<int:number>/by-hand")
    @asks(Permission.DESK_PARTNER_READ)
    def by_hand(self, number: int) -> Answer:
        """Whether the company's people may, and up to how much."""
        return self._hand_page(participant_by_id(self.session, number), {}, {})

    @expose("/<int:number>/by-hand", methods=["POST"])
    @asks(Permission.DESK_PARTNER_EDIT)
    def let_by_hand(self, number: int) -> Answer:
        """Let its people enter less, or nothing, at once; or ask another person to sign more."""
        form = {name: request.form.get(name, "").strip()[:40] for name in _FIELDS}
        wrong, limits = {}, {}
        for name, text in form.items() if any(form.values()) else ():
            try:
                limits[name] = read_units(text, self.visitor.w.exponent, self.visitor.w)
            except Refusal as no:
                wrong[name] = refusal(no)
        if wrong:
            return self._hand_page(participant_by_id(self.session, number), form, wrong), 422
        told = {"participant_id": number, "limits": limits or None}
        try:
            if lower_by_hand(self.session, self.actor, **told):
                flash(_("Saved"), "good")
                return redirect(url_for(".by_hand", number=number), 303)
            approval = ask_for_by_hand(self.session, self.actor, **told)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            at = str(no.facts.get("field", _FIELDS[0]))
            return self._hand_page(
                participant_by_id(self.session, number), form, {at: refusal(no)}
            ), no.status
        if approval is not None:
            return asked(approval)
        flash(_("That was so already. Nothing was changed"), "note")
        return redirect(url_for(".by_hand", number=number), 303)

    def _hand_page(self, one: Participant, form: Mapping[str, str], errors: dict[str, str]) -> str:
        w, limits = self.visitor.w, limits_of(one)
        held = {} if limits is None else limits.model_dump()
        shown = {
            name: formats.amount(held[name], w.exponent, w.lang) if name in held else "" for name in _FIELDS
        }
        return self.page(
            "participant_by_hand.html",
            one=one,
            name=one.name.get(w.lang) or one.code,
            limits=limits,
            form=shown | dict(form),
            errors=errors,
            may_ask=self.visitor.may(Permission.DESK_PARTNER_EDIT) and one.left_at is None,
            waits=waiting_of(self.session, KIND, f"by hand {one.code}") is not None,
        )
