"""Settlement: months that are closed, each participant's statement, and the rows behind every sum of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.act import about, act, act_number
from admin.console.registers import entered_at, entered_of, registers_of
from admin.console.settlement_desk import EVENTS, KINDS, SettlementDesk, behind, kept, month_of
from admin.desk import Answer, Cell, Column, Listing, asks
from coalition.partners.models import Outlet
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.reports.exports.writing import FORMS
from coalition.reports.of_partner import seen_as
from coalition.settlement.closing import close, said
from coalition.settlement.days import span_of
from coalition.settlement.flows import OWED, OWES, ROWS, register
from coalition.settlement.models import Statement
from coalition.settlement.payments import reference_of
from coalition.settlement.queries import (
    lines_of,
    months_closed,
    next_month,
    objections_of,
    statements_of,
    states_in,
    steps_of,
)
from coalition.settlement.states import Event, State
from tenants.branding import formats
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound
from tenants.translations import N_

ROWS_SHOWN = 200


class SettlementPages(SettlementDesk):
    """The section of settlement."""

    @expose("/")
    def index(self) -> Answer:
        """Closed months, and the one that is closed next."""
        w, programme = self.visitor.w, the_programme(self.session)
        columns = (
            Column[tuple[date, int, int, int]](
                N_("Month"),
                lambda row: Cell(formats.month(row[0], w.lang), href=url_for(".month", month=said(row[0]))),
            ),
            Column[tuple[date, int, int, int]](
                N_("Statements"), lambda row: Cell(w.number(row[1])), number=True
            ),
            Column[tuple[date, int, int, int]](
                N_("Owed to the operator"), lambda row: Cell(w.money(row[2])), number=True, wide=True
            ),
            Column[tuple[date, int, int, int]](
                N_("Owed by the operator"), lambda row: Cell(w.money(row[3])), number=True, wide=True
            ),
        )
        listing = Listing(columns, self._months(programme), (), "", None, None, tells_all=True)
        following = next_month(self.session, programme.id)
        return self.page(
            "settlement.html",
            listing=listing,
            following=following,
            name=self.month_name(following),
            of_operator=self.of_operator(),
        )

    @expose("/close/<month>")
    @asks(Permission.DESK_SETTLEMENT_CLOSE)
    def ask_close(self, month: str) -> Answer:
        """Say what closing means."""
        chosen = month_of(month)
        return self.page("settlement_close.html", month=month, name=self.month_name(chosen))

    @expose("/close/<month>", methods=["POST"])
    def close(self, month: str) -> Answer:
        """Close it."""
        chosen, programme = month_of(month), the_programme(self.session)
        self.attempt(
            lambda: close(self.session, self.actor, programme_id=programme.id, month=chosen),
            _("The month is closed"),
        )
        return redirect(url_for(".index"), 303)

    @expose("/<month>")
    def month(self, month: str) -> Answer:
        """The statements of a month."""
        chosen, w = month_of(month), self.visitor.w
        programme = the_programme(self.session)
        states, only = states_in(self.session, programme.id, chosen), self.only(programme)
        names = self.participants()
        found = [
            one
            for one in statements_of(self.session, programme.id, chosen)
            if only is None or (one.participant_id == only and only in states)
        ]
        if not found:
            raise NotFound("statement_unknown")
        columns = (
            Column[Statement](
                N_("Participant"),
                lambda one: Cell(
                    names[one.participant_id],
                    str(one.number),
                    href=url_for(".statement", month=month, participant=one.participant_id),
                ),
            ),
            Column[Statement](N_("It owes"), lambda one: Cell(w.money(one.owes)), number=True, wide=True),
            Column[Statement](N_("It is owed"), lambda one: Cell(w.money(one.owed)), number=True, wide=True),
            Column[Statement](
                N_("State"), lambda one: self.chip(states.get(one.participant_id, State.DRAWN))
            ),
            Column[Statement](N_("To be paid"), lambda one: Cell(_net(one, w.money)), number=True),
        )
        listing = Listing(columns, found, (), "", None, None, tells_all=True)
        return self.page(
            "settlement_month.html",
            listing=listing,
            name=self.month_name(chosen),
            month=month,
            may_pay=only is None and self.visitor.may(Permission.DESK_SETTLEMENT_PAY),
        )

    @expose("/<month>/<int:participant>")
    def statement(self, month: str, participant: int) -> Answer:
        """One statement: both sides, what is to be paid, and the way that it has gone."""
        w = self.visitor.w
        _programme, found, state = self.statement_shown(month, participant)
        names, lines = self.participants(), lines_of(self.session, found)
        sides = [[line for line in lines if line.side == side] for side in (OWES, OWED)]
        return self.page(
            "statement.html",
            act_number=act_number(found),
            found=found,
            month=month,
            name=self.month_name(found.month),
            participant=names[participant],
            operator=names[found.operator_id],
            sides=sides,
            totals=[sum(line.minor for line in side) for side in sides],
            kinds=KINDS,
            behind=behind(found),
            contract=found.terms["participant"]["contract"],
            state=state,
            chip=self.chip(state),
            steps=[(self.said(EVENTS[Event(one.event)]), one.at) for one in steps_of(self.session, found)],
            objections=objections_of(self.session, found),
            of_operator=self.of_operator(),
            may_answer=self.visitor.may(Permission.DESK_SETTLEMENT_AGREE),
            answer_over=w.today > found.answer_by,
            about=about,
            reference=reference_of(found),
            named={(line.side, line.place): line for line in lines},
        )

    @expose("/<month>/<int:participant>/act.pdf")
    def paper(self, month: str, participant: int) -> Answer:
        """The act."""
        programme, found, _state = self.statement_shown(month, participant)
        lines, w = lines_of(self.session, found), self.visitor.w
        body = act(self.session, programme, found, lines, self.participants(), w)
        return kept(body, "application/pdf", f"act-{act_number(found)}.pdf")

    @expose("/<month>/<int:participant>/registers.<form>")
    def registers(self, month: str, participant: int, form: str) -> Answer:
        """Every row behind every sum, as one file."""
        programme, found, _state = self.statement_shown(month, participant)
        if form not in FORMS:
            raise NotFound("form_unknown")
        body = registers_of(self.session, programme, found, form, self.visitor.w, of=self.only(programme))
        return kept(body, FORMS[form], f"registers-{act_number(found)}.{form}")

    @expose("/<month>/<int:participant>/<kind>")
    def rows(self, month: str, participant: int, kind: str) -> Answer:
        """The rows behind one sum, the first of them; the command gives all."""
        programme, found, _state = self.statement_shown(month, participant)
        if kind not in ROWS:
            raise NotFound("kind_unknown")
        rows = register(
            self.session, programme, span_of(programme, found.month), participant, kind, most=ROWS_SHOWN
        )
        members = {row["member_id"] for row in rows if row["member_id"] is not None}
        names, outlets = (
            seen_as(self.session, participant, members),
            entered_of(self.session, rows, self.only(programme)),
        )
        return self.page(
            "statement_rows.html",
            listing=Listing(self._row_columns(names, outlets), rows, (), "", None, None, tells_all=True),
            month=month,
            participant=participant,
            whose=self.participants()[participant],
            title=KINDS.get(kind, KINDS["fee"]),
            full=len(rows) == ROWS_SHOWN,
            most=ROWS_SHOWN,
            total=(len(rows), sum(row["points"] for row in rows), _minor(rows)),
            lines=[one for one in lines_of(self.session, found) if behind(found).get(one.kind) == kind],
            kinds=KINDS,
        )

    def _months(self, programme: Programme) -> Sequence[tuple[date, int, int, int]]:
        """Months that the person sees: a participant's, those whose statement was sent to it."""
        only = self.only(programme)
        found = months_closed(self.session, programme.id, only)
        if only is None:
            return found
        return [row for row in found if only in states_in(self.session, programme.id, row[0])]

    def _row_columns(
        self, names: Mapping[UUID, str], outlets: Mapping[UUID, Outlet]
    ) -> Sequence[Column[Mapping[str, Any]]]:
        w = self.visitor.w

        def entered(row: Mapping[str, Any]) -> str:
            outlet = entered_at(row, outlets, w.lang)
            return _("entered by hand, outlet: %(outlet)s", outlet=outlet) if outlet else ""

        return (
            Column(N_("When"), lambda row: Cell(w.written(row["occurred_at"]))),
            Column(N_("Booked"), lambda row: Cell(w.written(row["booked_at"])), wide=True),
            Column(
                N_("Member"),
                lambda row: Cell(names.get(row["member_id"], "—"), entered(row)),
                wide=True,
            ),
            Column(N_("Points"), lambda row: Cell(w.amount(row["points"])), number=True),
            Column(
                N_("Sum"),
                lambda row: Cell("—" if row["minor"] is None else w.money(row["minor"])),
                number=True,
            ),
        )


def _minor(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """The sum of rows that have one each; points are paid for all together, and then there is none."""
    found = [row["minor"] for row in rows if row["minor"] is not None]
    return sum(found) if found else None


def _net(one: Statement, money: Any) -> str:
    net = one.owes - one.owed
    return str(money(net)) if net >= 0 else _("%(sum)s to it", sum=money(-net))
