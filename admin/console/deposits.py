"""Deposits of those who pay for promotions: what each has paid in, what promotions have taken, what is left."""

from collections.abc import Callable
from uuid import uuid4

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, Cell, Column, DeskView, Listing, asks
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.partners.models import Participant
from coalition.partners.queries import all_participants
from coalition.programmes.queries import the_programme
from coalition.promotions.deposits import (
    NOTE_MAX,
    PAID_MOST,
    UNITS,
    Standing,
    deposit_by_id,
    deposits_of,
    payments_of,
    refusals,
    top_up,
)
from coalition.promotions.models import DepositEntry
from tenants.permissions import Permission
from tenants.runtime.errors import Refusal
from tenants.translations import N_

_TEXT_MOST = 40


class Deposits(DeskView):
    """The section of deposits."""

    reads = Permission.DESK_DEPOSIT_READ
    permission = Permission.DESK_DEPOSIT_EDIT
    icon = "piggy-bank"

    @expose("/")
    def index(self) -> Answer:
        """Every deposit of the programme."""
        w, programme = self.visitor.w, the_programme(self.session)
        columns = (
            Column[Standing](
                N_("Who pays"),
                lambda one: Cell(
                    self._name(one), href=url_for("desk_deposits.deposit", deposit_id=one.deposit.id)
                ),
            ),
            Column[Standing](N_("Paid in"), lambda one: Cell(self._paid(one)), number=True, wide=True),
            Column[Standing](
                N_("Used by promotions"), lambda one: Cell(w.points(one.taken)), number=True, wide=True
            ),
            Column[Standing](N_("Left"), lambda one: Cell(w.points(one.left)), number=True),
        )
        rows = deposits_of(self.session, programme.id)
        listing = Listing(columns, rows, (), "", None, None)
        without = len(rows) < len(all_participants(self.session))
        return self.page("deposits.html", listing=listing, without=without)

    @expose("/new")
    @asks(Permission.DESK_DEPOSIT_EDIT)
    def new(self) -> Answer:
        """The form of a first payment."""
        return self._new_page({})

    @expose("/new", methods=["POST"])
    def opened(self) -> Answer:
        """Open a deposit by its first payment."""
        participant, unit = request.form.get("participant", ""), request.form.get("unit", "")
        known, errors = {str(one.id): one.id for one in self._without()}, {}
        if participant not in known:
            errors["participant"] = _("Choose who pays")
        if unit not in UNITS:
            errors["unit"] = _("Choose what the deposit is kept in")
        return self._pay(known.get(participant, 0), unit, self._new_page, errors)

    @expose("/<int:deposit_id>")
    def deposit(self, deposit_id: int) -> Answer:
        """One deposit with its payments."""
        return self._page(deposit_id, {})

    @expose("/<int:deposit_id>", methods=["POST"])
    def paid(self, deposit_id: int) -> Answer:
        """Pay in."""
        one = deposit_by_id(self.session, deposit_id).deposit
        return self._pay(one.participant_id, one.unit, lambda errors: self._page(deposit_id, errors), {})

    def _pay(
        self,
        participant_id: int,
        unit: str,
        again: Callable[[dict[str, str]], str],
        errors: dict[str, str],
    ) -> Answer:
        """Pay in what was written; everything that is wrong, with what was found before, is told at once."""
        w, programme, paid = self.visitor.w, the_programme(self.session), 0
        note = request.form.get("note", "").strip()[:NOTE_MAX]
        written = request.form.get("amount", "")[:_TEXT_MOST]
        try:
            paid = read_units(written, w.exponent if unit == "money" else w.scale, w)
        except Refusal as no:
            errors["amount"] = self._amount_wrong(no, unit)
        for no in refusals(unit or "money", paid, note):
            if no.code == "deposit_note":
                errors["note"] = refusal(no)
            elif no.code == "deposit_amount":
                errors.setdefault("amount", self._amount_wrong(no, unit, paid))
        if errors:
            return again(errors), 422
        made = top_up(
            self.session,
            self.actor,
            programme_id=programme.id,
            participant_id=participant_id,
            unit=unit,
            paid=paid,
            request_id=request.form.get("request", "")[:_TEXT_MOST] or str(uuid4()),
            note=note,
        )
        flash(_("Paid in: %(amount)s", amount=self._amount(unit, paid)), "good")
        return redirect(url_for("desk_deposits.deposit", deposit_id=made.id), 303)

    def _amount_wrong(self, no: Refusal, unit: str, paid: int = 0) -> str:
        """What is wrong with an amount: no number, too fine or too large, or not above zero."""
        if no.code == "amount_digits":
            return refusal(no)
        if no.code == "amount_large" or paid > PAID_MOST:
            return _("One payment is %(most)s at most", most=self._amount(unit, PAID_MOST))
        if unit == "points" and not self.visitor.w.scale:
            return _("Write how much is paid in: a whole number above zero, like 1500")
        return _("Write how much is paid in: a number above zero, like 1500 or 1500.50")

    def _page(self, deposit_id: int, errors: dict[str, str]) -> str:
        w, one = self.visitor.w, deposit_by_id(self.session, deposit_id)
        columns = (
            Column[DepositEntry](N_("When"), lambda entry: Cell(w.moment(entry.at))),
            Column[DepositEntry](N_("Note"), lambda entry: Cell(entry.note or "—"), wide=True),
            Column[DepositEntry](
                N_("Paid in"), lambda entry: Cell(self._amount(one.deposit.unit, entry.paid)), number=True
            ),
        )
        listing = Listing(columns, payments_of(self.session, deposit_id), (), "", None, None)
        return self.page(
            "deposit.html",
            one=one,
            name=self._name(one),
            paid=self._paid(one),
            listing=listing,
            errors=errors,
            form=self._form(),
            label=_("Amount, %(unit)s", unit=w.symbol if one.deposit.unit == "money" else w.forms[-1]),
        )

    def _new_page(self, errors: dict[str, str]) -> str:
        w = self.visitor.w
        return self.page(
            "deposit_new.html",
            payers=[(one.id, one.name.get(w.lang) or one.code) for one in self._without()],
            units={
                "money": _("In money, %(unit)s", unit=w.symbol),
                "points": _("In points, %(unit)s", unit=w.forms[-1]),
            },
            errors=errors,
            form=self._form(),
            label=_("Amount, %(money)s or %(points)s", money=w.symbol, points=w.forms[-1]),
        )

    def _form(self) -> dict[str, str]:
        """What was written, to be put right; the request is the same until it has worked."""
        said = {name: request.form.get(name, "")[:200] for name in ("amount", "note", "participant", "unit")}
        return said | {"request": request.form.get("request", "")[:_TEXT_MOST] or str(uuid4())}

    def _without(self) -> list[Participant]:
        there = {one.participant.id for one in deposits_of(self.session, the_programme(self.session).id)}
        return [one for one in all_participants(self.session) if one.id not in there]

    def _name(self, one: Standing) -> str:
        return str(one.participant.name.get(self.visitor.w.lang) or one.participant.code)

    def _paid(self, one: Standing) -> str:
        return self._amount(one.deposit.unit, one.deposit.paid)

    def _amount(self, unit: str, paid: int) -> str:
        w = self.visitor.w
        return w.money(paid) if unit == "money" else w.points(paid)
