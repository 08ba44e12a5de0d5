"""Returns: goods that come back, in whole or in part."""

from uuid import UUID

from coalition.ledger.queries import balance_of
from coalition.programmes.queries import programme_by_id
from coalition.transactions.models import PurchaseReturn
from coalition.transactions.recording import record
from coalition.transactions.sales import points_given_back, points_moved, return_of, sale_of
from coalition.webhooks.kinds import ReturnBooked
from coalition.webhooks.telling import Happened, tell
from partner_portal.api.operations import Answer, Call, operation
from partner_portal.api.v1.benefits import AfterReturn, after_return
from partner_portal.api.v1.cheques import PROBLEMS, ById, Cheque, Code, named, told
from partner_portal.api.v1.members import Balance, Handle, balance, member_of
from tenants.runtime.errors import NotFound
from tenants.translations import N_


class ReturnBody(Cheque):
    """Goods brought back. Where the sale with the reference `original` is known, the member need not be named."""

    member: Handle | ById | None = None
    original: Code | None = None


class Returned(Answer):
    """A return. It is `applied` to the sale it undoes, or `waiting` for one that is not known yet.

    It is the `same` as one that the bank has told of the same sale, which has undone it already.

    `points` are what the sale gives less, `points_back` what had paid for these goods and is the member's again.
    `benefits` are those that the sale had granted.
    """

    id: UUID
    reference: str
    state: str
    purchase_id: UUID | None
    points: int
    points_back: int
    balance: Balance
    benefits: list[AfterReturn]


@operation(
    "POST",
    "/returns",
    scope="purchases:write",
    about=N_("Take goods back. What the sale gave for them is undone exactly"),
    takes=ReturnBody,
    gives=Returned,
    status=201,
    problems=(*PROBLEMS, "purchase_unknown"),
    writes=True,
)
def record_return(call: Call, body: ReturnBody) -> Returned:
    """Book a return; of a sale that nobody knows it waits for that."""
    session = call.session
    source = call.caller.client_id
    known = sale_of(session, source=source, reference=body.original) if body.original else None
    if body.member is not None:
        member = named(call, body.member)
    elif known is not None:
        member = member_of(session, call.caller, known.member_id)
    else:
        raise NotFound("purchase_unknown")
    back = told(session, call.caller, body, member, refund=True, original=body.original)
    record(session, call.caller.actor, programme_id=member.programme_id, source=source, told=[back])
    booked = return_of(session, source=source, reference=body.reference)
    assert booked is not None, "it has just been booked"
    owner = member_of(
        session, call.caller, booked.member_id
    )  # of a reference that came before, whoever is named now
    programme = programme_by_id(session, owner.programme_id)
    answer = Returned(
        id=booked.id,
        reference=body.reference,
        state=booked.state,
        purchase_id=booked.purchase_id,
        points=points_moved(session, owner.id, booked.id),
        points_back=points_given_back(session, owner.id, booked.id),
        balance=balance(session, owner),
        benefits=after_return(call, owner.id, booked.purchase_id) if booked.purchase_id else [],
    )
    if programme.webhooks:
        tell(session, programme, _event(call, booked, answer))
    return answer


def _event(call: Call, back: PurchaseReturn, answer: Returned) -> Happened:
    """What is told of a return."""
    data = ReturnBooked(
        return_id=back.id,
        reference=answer.reference,
        member_id=back.member_id,
        balance_version=balance_of(call.session, back.member_id).version,
        occurred_at=back.occurred_at,
        state=back.state,
        purchase_id=back.purchase_id,
        amount=back.amount,
        points=answer.points,
        points_back=answer.points_back,
    )
    whose = {"participant_id": call.caller.participant_id, "client_id": call.caller.told_as()}
    return Happened(data, back.id, back.booked_at, **whose)
