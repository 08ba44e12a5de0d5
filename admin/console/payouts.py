"""Payouts: what waits for each payee, the registers made of it, and what the bank answered."""

import io
from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.desk import Answer, Cell, Column, DeskList, asks, attachment
from charity.models import Fund
from coalition.redemption.kinds.cashback import PAYEE
from coalition.redemption.models import Payout, PayoutRegister
from coalition.redemption.payouts import (
    make_register,
    mark_paid,
    mark_returned,
    waiting_by_payee,
)
from coalition.redemption.queries import redemption_by_id
from coalition.reports.payout_register import register_for_payee
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.tables import write_csv
from tenants.translations import N_

LINES = 50
STATES = {
    "sent": ("wait", "hourglass-split", N_("On its way")),
    "paid": ("good", "check-circle", N_("Paid")),
    "returned": ("bad", "arrow-return-left", N_("Came back")),
}
HEADER = ("register", "payout", "name", "phone", "token_tail", "sum", "currency", "state")
Sums = Mapping[str, tuple[int, int]]
"""State -> how many payouts, and their sum in minor units."""


class Payouts(DeskList):
    """The section of payouts."""

    reads = Permission.DESK_PAYOUT_READ
    permission = Permission.DESK_PAYOUT_SETTLE
    icon = "cash-coin"

    @expose("/")
    def index(self) -> Answer:
        """What waits, then the registers."""
        names = payee_names(self.session, self.visitor.w.lang)
        return self.page(
            "payouts.html",
            waiting=waiting(self.session, names),
            listing=self.listing(PayoutRegister, _columns(self.session, self.visitor.w, names)),
        )

    @expose("/new")
    @asks(Permission.DESK_PAYOUT_SETTLE)
    def new(self) -> Answer:
        """Show what a register would take along."""
        payee = request.args.get("payee", "")
        count, minor = waiting_by_payee(self.session).get(payee, (0, 0))
        if not count:
            raise NotFound("payee_unknown")
        name = payee_names(self.session, self.visitor.w.lang).get(payee, payee)
        return self.page("register_new.html", payee=payee, name=name, count=count, minor=minor)

    @expose("/new", methods=["POST"])
    def make(self) -> Answer:
        """Make the register of whatever waits now."""
        register = make_register(self.session, self.actor, payee=request.form.get("payee", "")[:64])
        if register is None:
            flash(_("Nothing waits for this payee any more. No register was made"), "note")
            return redirect(url_for("desk_payouts.index"), 303)
        flash(_("Register %(number)s is made. Send its file to the bank", number=register.id), "good")
        return redirect(url_for("desk_payouts.register", register_id=register.id), 303)

    @expose("/<int:register_id>")
    def register(self, register_id: int) -> Answer:
        """A register with its payouts."""
        register, visiting = register_by_id(self.session, register_id), self.visitor
        own, may_settle = Payout.register_id == register_id, visiting.may(Permission.DESK_PAYOUT_SETTLE)
        return self.page(
            "register.html",
            register=register,
            name=payee_names(self.session, visiting.w.lang).get(register.payee, register.payee),
            sums=sums_by_state(self.session, register_id),
            states=STATES,
            listing=self.listing(
                Payout, _lines(visiting.w, may_settle=may_settle), own, key=UUID, size=LINES
            ),
        )

    @expose("/<int:register_id>/register.csv")
    @asks(Permission.DESK_PAYOUT_SETTLE)
    def download(self, register_id: int) -> Answer:
        """The register as its payee takes it: the bank learns whom to pay, a fund learns sums only."""
        lines, w = register_for_payee(self.session, self.actor, register_id=register_id), self.visitor.w
        stream = io.StringIO(newline="")
        write_csv(
            stream,
            HEADER,
            (
                (
                    register_id,
                    line.payout,
                    _("data erased") if line.erased else line.name,
                    line.phone,
                    line.token_tail,
                    decimal(line.minor, w.exponent),
                    w.currency,
                    line.state,
                )
                for line in lines
            ),
        )
        return attachment(stream.getvalue(), f"register-{register_id}.csv")

    @expose("/<int:register_id>/paid")
    @asks(Permission.DESK_PAYOUT_SETTLE)
    def ask_paid(self, register_id: int) -> Answer:
        """Say what marking it paid means."""
        register = register_by_id(self.session, register_id)
        sums = sums_by_state(self.session, register_id)
        if "sent" not in sums:
            raise Conflict("payout_ended")
        return self.page("register_paid.html", register=register, sums=sums)

    @expose("/<int:register_id>/paid", methods=["POST"])
    def paid(self, register_id: int) -> Answer:
        """Mark every payout on its way as paid."""
        register = register_by_id(self.session, register_id)
        count = mark_paid(self.session, self.actor, register_id=register.id)
        if not count:
            raise Conflict("payout_ended")
        number = self.visitor.w.number(count)
        flash(
            ngettext(
                "%(number)s payout is marked as paid",
                "%(number)s payouts are marked as paid",
                count,
                number=number,
            ),
            "good",
        )
        return redirect(url_for("desk_payouts.register", register_id=register_id), 303)

    @expose("/<int:register_id>/returned/<uuid:payout_id>")
    @asks(Permission.DESK_PAYOUT_SETTLE)
    def ask_returned(self, register_id: int, payout_id: UUID) -> Answer:
        """Say what marking one as returned means."""
        register = register_by_id(self.session, register_id)
        payout = self.session.scalars(
            select(Payout).where(
                Payout.tenant_id == tenant_of(self.session),
                Payout.register_id == register_id,
                Payout.id == payout_id,
            )
        ).one_or_none()
        if payout is None:
            raise NotFound("payout_unknown")
        if payout.state != "sent":
            raise Conflict("payout_ended", state=payout.state)
        redemption = redemption_by_id(self.session, payout.member_id, payout.id)
        sent = sums_by_state(self.session, register_id)["sent"][1]
        return self.page(
            "payout_returned.html", register=register, payout=payout, points=redemption.points, sent=sent
        )

    @expose("/<int:register_id>/returned/<uuid:payout_id>", methods=["POST"])
    def returned(self, register_id: int, payout_id: UUID) -> Answer:
        """The bank could not pay this one: the points go back."""
        payout = mark_returned(self.session, self.actor, register_id=register_id, payout_id=payout_id)
        points = redemption_by_id(self.session, payout.member_id, payout.id).points
        flash(
            _(
                "The payout came back: %(points)s returned to the member",
                points=self.visitor.w.points(points),
            ),
            "good",
        )
        return redirect(url_for("desk_payouts.register", register_id=register_id), 303)


def waiting(session: Session, names: Mapping[str, str]) -> Sequence[tuple[str, str, int, int]]:
    """Payee, its name, how many payouts wait for it, and their sum in minor units."""
    found = waiting_by_payee(session)
    return [(payee, names.get(payee, payee), *found[payee]) for payee in sorted(found)]


def payee_names(session: Session, lang: str) -> dict[str, str]:
    """What the payees are called."""
    funds = session.scalars(select(Fund).where(Fund.tenant_id == tenant_of(session)))
    return {PAYEE: _("Cashback to cards")} | {f"fund:{fund.code}": str(fund.name[lang]) for fund in funds}


def register_by_id(session: Session, register_id: int) -> PayoutRegister:
    """A register of this tenant; NotFound("register_unknown")."""
    register = session.get(PayoutRegister, (tenant_of(session), register_id))
    if register is None:
        raise NotFound("register_unknown")
    return register


def sums_by_state(session: Session, register_id: int) -> Sums:
    """What became of a register's payouts."""
    rows = session.execute(
        select(Payout.state, func.count(), func.sum(Payout.minor))
        .where(Payout.tenant_id == tenant_of(session), Payout.register_id == register_id)
        .group_by(Payout.state)
    )
    return {state: (count, int(minor)) for state, count, minor in rows}


def decimal(minor: int, exponent: int) -> str:
    """Money as a decimal number for machines."""
    whole, fraction = divmod(abs(minor), 10**exponent)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}.{fraction:0{exponent}d}" if exponent else str(minor)


def tail(identity: UUID) -> str:
    """The end of an id: enough to tell two rows apart, too little to look somebody up by."""
    return f"••\u00a0{identity.hex[-8:]}"


def _columns(session: Session, w: Words, names: Mapping[str, str]) -> Sequence[Column[PayoutRegister]]:
    return (
        Column(
            N_("Register"),
            lambda one: Cell(
                _("Register %(number)s", number=one.id),
                w.moment(one.made_at),
                url_for("desk_payouts.register", register_id=one.id),
            ),
        ),
        Column(N_("Payee"), lambda one: Cell(names.get(one.payee, one.payee))),
        Column(N_("State"), lambda one: _worst(sums_by_state(session, one.id)), wide=True),
        Column(N_("Payouts"), lambda one: Cell(w.number(one.count)), number=True, wide=True),
        Column(N_("Sum"), lambda one: Cell(w.money(one.minor)), number=True),
    )


def _worst(sums: Sums) -> Cell:
    """A register's state is that of what still has to be done about it."""
    state = next(state for state in STATES if state in sums)
    tone, icon, text = STATES[state]
    return Cell(_(text), tone=tone, icon=icon)


def _lines(w: Words, *, may_settle: bool) -> Sequence[Column[Payout]]:
    def state(line: Payout) -> Cell:
        tone, icon, text = STATES[line.state]
        if line.state != "sent" or not may_settle:
            return Cell(_(text), tone=tone, icon=icon)
        asked = url_for("desk_payouts.ask_returned", register_id=line.register_id, payout_id=line.id)
        return Cell(_(text), sub=_("It came back"), href=asked, tone=tone, icon=icon)

    return (
        Column(
            N_("Redemption"),
            lambda line: Cell(tail(line.id), _("Member %(tail)s", tail=tail(line.member_id))),
        ),
        Column(N_("State"), state),
        Column(N_("Sum"), lambda line: Cell(w.money(line.minor)), number=True),
    )
