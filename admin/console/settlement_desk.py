"""What pages of settlement share: whose statements a person sees, and what lines and steps are called."""

from collections.abc import Mapping
from datetime import date

from flask import Response, url_for

from admin.desk import Cell, DeskView
from coalition.partners.queries import all_participants
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.settlement.closing import said
from coalition.settlement.flows import ROWS
from coalition.settlement.models import Settlement, Statement
from coalition.settlement.queries import statement_of, states_in
from coalition.settlement.states import Event, State
from tenants.branding import formats
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound
from tenants.translations import N_

KINDS = {
    "issued": N_("Points given at its expense"),
    "returned": N_("Points taken back by returns"),
    "burnt_back": N_("Points that had burnt, taken back by returns"),
    "expired": N_("Points that burnt"),
    "spent": N_("Its points that members spent"),
    "unspent": N_("Its points that were given back after they were spent"),
    "prepaid": N_("Paid for by its deposit"),
    "spent_prepaid": N_("Paid for by its deposit"),
    "fee": N_("Fee of the programme"),
    "fee_back": N_("Fee of sales that were brought back"),
    "vat": N_("VAT on the fee"),
    "accepted": N_("Points it took as payment"),
    "accepted_back": N_("Points it took and gave back"),
    "certificates": N_("Certificates members took"),
    "certificates_back": N_("Certificates given back"),
    "turnover": N_("Sales whose money is passed on"),
    "turnover_back": N_("Money of sales that were brought back"),
    "correction": N_("Corrections of months before"),
    "owed_correction": N_("Corrections of months before"),
}
ABOUT = {
    "issued": N_("its share in promotions, by what was booked in the month"),
    "returned": N_("the points were taken off, and their money goes back"),
    "burnt_back": N_("the points had burnt before their sale came back"),
    "expired": N_("their money goes back"),
    "spent": N_("by the lots that they were taken from"),
    "unspent": N_("to the lots that they were taken from"),
    "prepaid": N_("what promotions drew from the deposit, less what came back into it"),
    "spent_prepaid": N_("points that promotions had drawn from the deposit"),
    "accepted": N_("the members' discount at its tills"),
    "accepted_back": N_("goods that were brought back"),
    "certificates": N_("at their face value"),
    "turnover": N_("the operator passes their money on"),
    "turnover_back": N_("by what was known when the month was closed"),
    "correction": N_("accepted objections to earlier acts"),
    "owed_correction": N_("accepted objections to earlier acts"),
}
"""The smaller line below the words of a line."""
STATES = {
    State.DRAWN: ("note", "file-earmark-text", N_("Drawn up")),
    State.SENT: ("wait", "hourglass-split", N_("Waits for an answer")),
    State.DISPUTED: ("bad", "exclamation-triangle-fill", N_("Disputed")),
    State.AGREED: ("good", "check-circle", N_("Agreed")),
    State.PAID: ("good", "check-circle", N_("Paid")),
}
EVENTS = {
    Event.SEND: N_("Sent to the participant"),
    Event.AGREE: N_("Agreed with"),
    Event.SILENCE: N_("Counted as agreed: the days to answer were over"),
    Event.DISPUTE: N_("A line was disputed"),
    Event.ANSWER: N_("An objection was answered"),
    Event.SETTLE: N_("All objections were answered, it was sent again"),
    Event.PAY: N_("Paid"),
}
_BEHIND_A_FEE = {"fee": "", "fee_back": "_back"}


class SettlementDesk(DeskView):
    """A section of settlement. A participant's people see its own statements, once they are sent."""

    reads = Permission.DESK_SETTLEMENT_READ
    permission = Permission.DESK_SETTLEMENT_CLOSE
    narrows = True
    icon = "arrow-left-right"

    def only(self, programme: Programme) -> int | None:
        """The participant whose statements alone are shown; None for the operator's people and the tenant's."""
        own = self.actor.participant_id
        if own is None:
            return None
        settlement = self.session.get(Settlement, (programme.tenant_id, programme.id))
        return None if settlement is not None and settlement.operator_id == own else own

    def of_operator(self) -> bool:
        """Whether the person acts for the operator."""
        return self.only(the_programme(self.session)) is None

    def statement_shown(self, month: str, participant: int) -> tuple[Programme, Statement, State]:
        """The programme, a statement of it that the person may see, and where it is; NotFound otherwise."""
        programme, chosen = the_programme(self.session), month_of(month)
        found = statement_of(self.session, programme.id, chosen, participant)
        state = states_in(self.session, programme.id, chosen).get(participant, State.DRAWN)
        only = self.only(programme)
        if only is not None and (only != participant or state == State.DRAWN):
            raise NotFound("statement_unknown")
        return programme, found, state

    def participants(self) -> dict[int, str]:
        """Names of all participants."""
        lang = self.visitor.w.lang
        return {one.id: str(one.name[lang]) for one in all_participants(self.session)}

    def month_name(self, month: date | None) -> str:
        """A month in words."""
        return formats.month(month, self.visitor.w.lang) if month else ""

    def chip(self, state: State) -> Cell:
        """Where a statement is, as a chip."""
        tone, icon, words = STATES[state]
        return Cell(self.said(words), tone=tone, icon=icon)

    def address(self, statement: Statement) -> str:
        """The page of a statement."""
        return url_for(
            "desk_settlement.statement", month=said(statement.month), participant=statement.participant_id
        )


def behind(statement: Statement) -> Mapping[str, str]:
    """The kind of rows behind each kind of line; of a fee, the sales it is taken of. A tax has none."""
    of = statement.terms["participant"]["fee"]["of"]
    return {kind: kind for kind in ROWS} | {fee: f"{of}{back}" for fee, back in _BEHIND_A_FEE.items()}


def month_of(text: str) -> date:
    """As the address writes it; NotFound("statement_unknown") for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise NotFound("statement_unknown") from None


def kept(body: bytes, kind: str, name: str) -> Response:
    """A file to be kept."""
    answer = Response(body, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
