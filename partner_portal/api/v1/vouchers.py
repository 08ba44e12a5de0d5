"""Vouchers: points set aside beforehand, for a till that cannot ask when it sells."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from coalition.members.models import Member
from coalition.transactions.tills import vouch
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.v1.cheques import ById, Code, shown
from partner_portal.api.v1.codes import For, with_proof
from partner_portal.api.v1.codes import Given as CodeGiven
from partner_portal.api.v1.members import Balance, Handle, balance
from tenants.auth import tokens
from tenants.auth.tokens import signing_key
from tenants.runtime.errors import Refusal
from tenants.translations import N_

KIND = "voucher+jwt"


class VoucherBody(Body):
    """How many points the member wants to be able to spend while the till's line is down."""

    member: Handle | ById
    reference: Code
    points: Annotated[int, Field(gt=0, lt=10**15)]
    code: CodeGiven | None = None


class Voucher(Answer):
    """A signed statement that so many points are set aside for its bearer until `expires_at`."""

    voucher: str
    points: int
    expires_at: datetime
    balance: Balance


class Keys(Answer):
    """The keys by which vouchers are signed (RFC 7517), for tills that check them without a line."""

    keys: list[dict[str, Any]]


@operation(
    "POST",
    "/vouchers",
    scope="points:spend",
    about=N_(
        "Set points aside for a sale at a till whose line is down. The sale brings the voucher along; what it does "
        "not take is free again"
    ),
    takes=VoucherBody,
    gives=Voucher,
    status=201,
    problems=(
        "member_unknown",
        "too_many_tries",
        "vouchers_not_given",
        "voucher_too_large",
        "worth_nothing",
        "not_enough_points",
        "code_needed",
        "code_wrong",
        "code_over",
        "request_reused",
    ),
    writes=True,
)
def give_voucher(call: Call, body: VoucherBody) -> Voucher:
    """Set the points aside and sign for them."""
    member, proof = shown(call, body.member)
    made, until = with_proof(
        call,
        member,
        proof,
        For("voucher", body.reference, body.points),
        body.code,
        lambda known: vouch(
            call.session,
            call.caller.actor,
            participant_id=call.caller.participant_id,
            source=call.caller.client_id,
            reference=body.reference,
            member_id=member.id,
            points=body.points,
            shown=known,
        ),
    )
    claims = {
        "jti": str(made.id),
        "sub": str(member.id),
        "points": body.points,
        "participant": call.caller.participant_id,
        "exp": int(until.timestamp()),
    }
    return Voucher(
        voucher=tokens.signed(call.session, KIND, claims),
        points=body.points,
        expires_at=until,
        balance=balance(call.session, member),
    )


@operation(
    "GET",
    "/vouchers/keys",
    scope="points:spend",
    about=N_("The public keys by which a till checks a voucher while its line is down"),
    gives=Keys,
)
def read_keys(call: Call) -> Keys:
    """The tenant's key, its public half."""
    return Keys(keys=[signing_key(call.session).as_dict(private=False)])


def held_by(call: Call, member: Member, voucher: str) -> UUID:
    """What a voucher of the member's, given to this participant, has set aside; Refusal("voucher_invalid")."""
    claims = tokens.read_signed(call.session, KIND, voucher)
    if (
        claims is None
        or claims["sub"] != str(member.id)
        or claims["participant"] != call.caller.participant_id
    ):
        raise Refusal("voucher_invalid")
    return UUID(claims["jti"])
