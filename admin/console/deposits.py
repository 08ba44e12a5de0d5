"""Deposits of those who pay for promotions: what each has paid in, what promotions have taken, what is left."""

from collections.abc import Callable
from uuid import uuid4

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, Cell, Column, DeskView, Listing
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.partners.models import Participant
from coalition.partners.queries import all_participants
from coalition.programmes.queries import the_programme
from coalition.promotions.deposits import (
    UNITS,
    Standing,
    deposit_by_id,
    deposits_of,
    payments_of,
    top_up,
)
from coalition.promotions.models import DepositEntry
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound, Refusal
from tenants.translations import N_

_TEXT_MOST = 40
UNIT_NAMES = {"money": N_("In money"), "points": N_("In points of the programme")}


class Deposits(DeskView):
    """The section of deposits."""

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
    def new(self) -> Answer:
        """The form of a first payment."""
        return self._new_page({})

    @expose("/new", methods=["POST"])
    def opened(self) -> Answer:
        """Open a deposit by its first payment."""
        participant, unit = request.form.get("participant", ""), request.form.get("unit", "")
        known = {str(one.id): one.id for one in self._without()}
        if participant not in known or unit not in UNITS:
            return self._new_page({"participant": _("Choose who pays and in what")}), 422
        return self._pay(known[participant], unit, self._new_page)

    @expose("/<int:deposit_id>")
    def deposit(self, deposit_id: int) -> Answer:
        """One deposit with its payments."""
        return self._page(deposit_id, {})

    @expose("/<int:deposit_id>", methods=["POST"])
    def paid(self, deposit_id: int) -> Answer:
        """Pay in."""
        one = deposit_by_id(self.session, deposit_id).deposit
        return self._pay(one.participant_id, one.unit, lambda errors: self._page(deposit_id, errors))

    def _pay(self, participant_id: int, unit: str, again: Callable[[dict[str, str]], str]) -> Answer:
        w, programme = self.visitor.w, the_programme(self.session)
        try:
            paid = read_units(
                request.form.get("amount", "")[:_TEXT_MOST], w.exponent if unit == "money" else w.scale, w
            )
            with self.session.begin_nested():
                made = top_up(
                    self.session,
                    self.actor,
                    programme_id=programme.id,
                    participant_id=participant_id,
                    unit=unit,
                    paid=paid,
                    request_id=request.form.get("request", "")[:_TEXT_MOST] or str(uuid4()),
                    note=request.form.get("note", "").strip()[:200],
                )
        except NotFound:
            raise
        except Refusal as no:
            field = "note" if no.code == "deposit_note" else "amount"
            return again({field: refusal(no)}), 422
        flash(_("Paid in: %(amount)s", amount=self._amount(unit, paid)), "good")
        return redirect(url_for("desk_deposits.deposit", deposit_id=made.id), 303)

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
        )

    def _new_page(self, errors: dict[str, str]) -> str:
        return self.page(
            "deposit_new.html",
            payers=[(one.id, one.name.get(self.visitor.w.lang) or one.code) for one in self._without()],
            units=UNIT_NAMES,
            errors=errors,
            form=self._form(),
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
