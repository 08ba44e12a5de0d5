"""Holds: points set aside for a sale while the customer pays the rest. The sale takes them, or they are let go."""

from datetime import datetime

from coalition.programmes.queries import programme_by_id
from coalition.redemption.actions import HELD_FOR
from coalition.redemption.paying import terms_of
from coalition.transactions.tills import hold, void
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.v1.cheques import PROBLEMS, ById, Code, named, shown
from partner_portal.api.v1.codes import For, with_proof
from partner_portal.api.v1.members import Balance, Handle, balance
from partner_portal.api.v1.purchases import SPENDING, HoldBody, PaidWithPoints, paid_with
from partner_portal.api.v1.sales import sale_told
from tenants.translations import N_


class Held(Answer):
    """Points that are set aside until the sale comes, or until `expires_at`; `to_pay` is what money pays."""

    reference: str
    paid: PaidWithPoints
    to_pay: int
    as_discount: bool
    expires_at: datetime
    balance: Balance


class Voided(Answer):
    """Nothing is set aside for the sale."""

    reference: str
    balance: Balance


class VoidBody(Body):
    """A sale that does not take place."""

    member: Handle | ById
    reference: Code


@operation(
    "POST",
    "/purchases/hold",
    scope="points:spend",
    about=N_(
        "Set points aside for a sale. Then send the sale to /purchases with the same `reference` and points; after a "
        "quarter of an hour without it the points are free again"
    ),
    takes=HoldBody,
    gives=Held,
    status=201,
    problems=(*PROBLEMS, *SPENDING, "card_blocked", "sale_is_booked"),
    writes=True,
)
def hold_points(call: Call, body: HoldBody) -> Held:
    """Set points aside."""
    member, proof = shown(call, body.member)
    sale = sale_told(call, body, member)
    made = with_proof(
        call,
        member,
        proof,
        For("sale", body.reference, body.points),
        body.code,
        lambda known: hold(
            call.session,
            call.caller.actor,
            programme_id=call.caller.programme_id,
            source=call.caller.client_id,
            told=sale,
            points=body.points,
            shown=known,
        ),
    )
    terms = terms_of(programme_by_id(call.session, call.caller.programme_id))
    return Held(
        reference=body.reference,
        paid=paid_with(made),
        to_pay=body.amount - made.minor,
        as_discount=terms is not None and terms.as_discount,
        expires_at=made.made_at + HELD_FOR,
        balance=balance(call.session, member),
    )


@operation(
    "POST",
    "/purchases/void",
    scope="points:spend",
    about=N_("Let go what is set aside for a sale that does not take place"),
    takes=VoidBody,
    gives=Voided,
    problems=("member_unknown", "too_many_tries", "sale_is_booked"),
    writes=True,
)
def void_hold(call: Call, body: VoidBody) -> Voided:
    """Let points go."""
    member = named(call, body.member)
    void(
        call.session,
        call.caller.actor,
        programme_id=call.caller.programme_id,
        source=call.caller.client_id,
        member_id=member.id,
        reference=body.reference,
    )
    return Voided(reference=body.reference, balance=balance(call.session, member))
