"""Settlement: months that are closed, each participant's statement, and the rows behind every sum of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import redirect, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, Cell, Column, DeskView, Listing, asks
from coalition.partners.queries import all_participants
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.settlement.closing import close, said, span_of
from coalition.settlement.flows import OWED, OWES, ROWS, register
from coalition.settlement.models import Statement
from coalition.settlement.queries import lines_of, months_closed, next_month, statement_of, statements_of
from tenants.branding import formats
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound
from tenants.translations import N_

ROWS_SHOWN = 200
KINDS = {
    "issued": N_("Points given at its expense"),
    "returned": N_("Points taken back by returns"),
    "burnt_back": N_("Points that had burnt, taken back by returns"),
    "expired": N_("Points that burnt"),
    "spent": N_("Its points that members spent"),
    "unspent": N_("Its points that were given back after they were spent"),
    "fee": N_("Fee of the programme"),
    "fee_back": N_("Fee of sales that were brought back"),
    "vat": N_("VAT on the fee"),
    "accepted": N_("Points it took as payment"),
    "accepted_back": N_("Points it took and gave back"),
    "certificates": N_("Certificates members took"),
    "certificates_back": N_("Certificates given back"),
    "turnover": N_("Sales whose money is passed on"),
    "turnover_back": N_("Money of sales that were brought back"),
}
_BEHIND_A_FEE = {"fee": "", "fee_back": "_back"}


class SettlementPages(DeskView):
    """The section of settlement."""

    reads = Permission.DESK_SETTLEMENT_READ
    permission = Permission.DESK_SETTLEMENT_CLOSE
    icon = "arrow-left-right"

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
        listing = Listing(columns, months_closed(self.session, programme.id), (), "", None, None)
        following = next_month(self.session, programme.id)
        return self.page("settlement.html", listing=listing, following=following, name=self._name(following))

    @expose("/close/<month>")
    @asks(Permission.DESK_SETTLEMENT_CLOSE)
    def ask_close(self, month: str) -> Answer:
        """Say what closing means."""
        chosen = _month(month)
        return self.page("settlement_close.html", month=month, name=self._name(chosen))

    @expose("/close/<month>", methods=["POST"])
    def close(self, month: str) -> Answer:
        """Close it."""
        chosen, programme = _month(month), the_programme(self.session)
        self.attempt(
            lambda: close(self.session, self.actor, programme_id=programme.id, month=chosen),
            _("The month is closed"),
        )
        return redirect(url_for(".index"), 303)

    @expose("/<month>")
    def month(self, month: str) -> Answer:
        """The statements of a month."""
        chosen, w = _month(month), self.visitor.w
        programme = the_programme(self.session)
        names, found = self._participants(), statements_of(self.session, programme.id, chosen)
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
            Column[Statement](N_("To be paid"), lambda one: Cell(_net(one, w.money)), number=True),
        )
        listing = Listing(columns, found, (), "", None, None)
        return self.page("settlement_month.html", listing=listing, name=self._name(chosen))

    @expose("/<month>/<int:participant>")
    def statement(self, month: str, participant: int) -> Answer:
        """One statement: both sides, and what is to be paid."""
        programme, found = self._statement(month, participant)
        names, lines = self._participants(), lines_of(self.session, found)
        sides = [[line for line in lines if line.side == side] for side in (OWES, OWED)]
        return self.page(
            "statement.html",
            found=found,
            month=month,
            name=self._name(found.month),
            participant=names[participant],
            operator=names[found.operator_id],
            sides=sides,
            totals=[sum(line.minor for line in side) for side in sides],
            kinds=KINDS,
            behind=_behind(found),
            contract=found.terms["participant"]["contract"],
            unit=programme.unit,
        )

    @expose("/<month>/<int:participant>/<kind>")
    def rows(self, month: str, participant: int, kind: str) -> Answer:
        """The rows behind one sum, the first of them; the command gives all."""
        programme, found = self._statement(month, participant)
        if kind not in ROWS:
            raise NotFound("kind_unknown")
        rows = register(
            self.session, programme, span_of(programme, found.month), participant, kind, most=ROWS_SHOWN
        )
        return self.page(
            "statement_rows.html",
            listing=Listing(self._row_columns(), rows, (), "", None, None),
            month=month,
            participant=participant,
            whose=self._participants()[participant],
            title=KINDS.get(kind, KINDS["fee"]),
            full=len(rows) == ROWS_SHOWN,
            most=ROWS_SHOWN,
        )

    def _row_columns(self) -> Sequence[Column[Mapping[str, Any]]]:
        w = self.visitor.w

        def member(row: Mapping[str, Any]) -> Cell:
            return Cell(f"•• {str(row['member_id'])[-8:]}")

        return (
            Column(N_("When"), lambda row: Cell(w.written(row["occurred_at"]))),
            Column(N_("Booked"), lambda row: Cell(w.written(row["booked_at"])), wide=True),
            Column(N_("Member"), member, wide=True),
            Column(N_("Points"), lambda row: Cell(w.amount(row["points"])), number=True),
            Column(
                N_("Sum"),
                lambda row: Cell("—" if row["minor"] is None else w.money(row["minor"])),
                number=True,
            ),
        )

    def _statement(self, month: str, participant: int) -> tuple[Programme, Statement]:
        programme = the_programme(self.session)
        return programme, statement_of(self.session, programme.id, _month(month), participant)

    def _participants(self) -> dict[int, str]:
        lang = self.visitor.w.lang
        return {one.id: str(one.name[lang]) for one in all_participants(self.session)}

    def _name(self, month: date | None) -> str:
        return formats.month(month, self.visitor.w.lang) if month else ""


def _behind(statement: Statement) -> Mapping[str, str]:
    """The kind of rows behind each kind of line; of a fee, the sales it is taken of. A tax has none."""
    of = statement.terms["participant"]["fee"]["of"]
    return {kind: kind for kind in ROWS} | {fee: f"{of}{back}" for fee, back in _BEHIND_A_FEE.items()}


def _net(one: Statement, money: Any) -> str:
    net = one.owes - one.owed
    return str(money(net)) if net >= 0 else _("%(sum)s to it", sum=money(-net))


def _month(text: str) -> date:
    """As the address writes it; NotFound("statement_unknown") for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise NotFound("statement_unknown") from None
