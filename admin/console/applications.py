"""Those who apply as partners: read, admitted under terms with a first person, or declined with the reason."""

import re
from decimal import Decimal

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin import partner_words
from admin.desk import Answer, Cell, Column, DeskList, Pill, asks
from admin.problems import refusal
from coalition.programmes.queries import the_programme
from coalition.settlement import joining
from coalition.settlement.joining import Offer
from coalition.settlement.models import Application
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

STATES = {
    "waiting": ("wait", "hourglass-split", N_("Waits for an answer")),
    "admitted": ("good", "check-circle", N_("Admitted")),
    "declined": ("still", "slash-circle", N_("Declined")),
}
_PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,2})?")
_FIELDS = ("code", "contract", "pays", "fee")
_AT = dict.fromkeys(("partner_code", "participant_code_taken", "partner_code_taken"), "code")
"""At which field a refusal stands; any other is of all of it."""
_BLANK = {"code": "", "contract": "", "pays": "issued", "fee": "0"}


class Applications(DeskList):
    """The section of applications."""

    reads = Permission.DESK_APPLICATION_READ
    permission = Permission.DESK_APPLICATION_DECIDE
    icon = "envelope"
    pills = (Pill("waiting", N_("Waiting"), Application.state == "waiting"),)

    def waits(self) -> tuple[int, str]:
        """How many nobody has answered."""
        number = joining.applications_waiting(self.session)
        return number, ngettext("application waits", "applications wait", number)

    @expose("/")
    def index(self) -> Answer:
        """Every application, the newest first."""
        w = self.visitor.w
        columns = (
            Column[Application](
                N_("Name"),
                lambda one: Cell(one.brand, one.legal["name"], href=url_for(".application", number=one.id)),
            ),
            Column[Application](N_("State"), _state),
            Column[Application](N_("INN"), lambda one: Cell(one.inn), wide=True),
            Column[Application](N_("Sent"), lambda one: Cell(w.moment(one.sent_at)), wide=True),
        )
        return self.page("applications.html", listing=self.listing(Application, columns))

    @expose("/<int:number>")
    def application(self, number: int) -> Answer:
        """One application, and the terms under which it can be admitted."""
        return self._page(joining.application_by_id(self.session, number), _BLANK, {})

    @expose("/<int:number>/admit", methods=["POST"])
    def admit(self, number: int) -> Answer:
        """Admit it, and show the link for its first person once."""
        form = {name: request.form.get(name, _BLANK[name]).strip()[:60] for name in _FIELDS}
        fee = _percent(form["fee"])
        if fee is None:
            return self._again(number, form, {"fee": _("Write a percentage from 0 to 100, like 2 or 1.5")})
        offer = Offer(form["contract"], "spent" if form["pays"] == "spent" else "issued", fee)
        try:
            made = joining.admit(
                self.session,
                self.actor,
                number=number,
                code=form["code"],
                offer=offer,
                programme=the_programme(self.session),
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._again(number, form, {_AT.get(no.code, ""): refusal(no)})
        address = url_for("desk_door.link", secret=made.link, _external=True)
        return self.page("application_admitted.html", made=made, address=address)

    @expose("/<int:number>/decline")
    @asks(Permission.DESK_APPLICATION_DECIDE)
    def ask_decline(self, number: int) -> Answer:
        """Ask why."""
        return self.page(
            "application_decline.html",
            one=joining.application_by_id(self.session, number),
            form={"words": ""},
        )

    @expose("/<int:number>/decline", methods=["POST"])
    def decline(self, number: int) -> Answer:
        """Say no."""
        words = request.form.get("words", "")[:400]
        try:
            joining.decline(self.session, self.actor, number=number, words=words)
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            one = joining.application_by_id(self.session, number)
            return self.page(
                "application_decline.html", one=one, form={"words": words}, errors={"words": refusal(no)}
            ), no.status
        flash(_("Declined. Tell the applicant: nothing is sent by itself"), "good")
        return redirect(url_for(".application", number=number), 303)

    def _again(self, number: int, form: dict[str, str], errors: dict[str, str]) -> Answer:
        return self._page(joining.application_by_id(self.session, number), form, errors), 422

    def _page(self, one: Application, form: dict[str, str], errors: dict[str, str]) -> str:
        return self.page(
            "application.html",
            one=one,
            chip=_state(one),
            contact=joining.contact_of(self.session, one),
            category=partner_words.categories(self.visitor.w.lang).get(one.category, one.category),
            form=form,
            errors=errors,
        )


def _percent(text: str) -> Decimal | None:
    """A percentage with two decimals at most; None for anything else."""
    found = Decimal(text.replace(",", ".")) if _PERCENT.fullmatch(text) else None
    return found if found is not None and found <= 100 else None


def _state(one: Application) -> Cell:
    tone, icon, text = STATES[one.state]
    return Cell(_(text), tone=tone, icon=icon)
