"""One-time codes: a member without her card shows by her phone that the points are hers."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, TypeVar
from uuid import UUID

from pydantic import Field

from coalition.members.models import Member
from coalition.members.queries import person_of
from coalition.messages.actions import send_text, texts_go_out
from coalition.messages.models import What
from coalition.programmes.queries import programme_by_id
from coalition.redemption.paying import terms_of
from coalition.transactions.tills import Shown
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.v1.members import member_of
from tenants.auth import codes
from tenants.auth.codes import Verdict
from tenants.runtime import db, settings
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.translations import N_

SENT_PER_HOUR, TRIED_PER_HOUR = 600, 1_200
"""So many codes one client sends and tries: it may be all tills of a chain."""


Purpose = Literal["sale", "voucher", "card"]
Done = TypeVar("Done")


class For(NamedTuple):
    """What a code is for: a sale or a voucher by its reference and points, or another card of the member's."""

    purpose: Purpose
    reference: str = ""
    points: int = 0


class CodeFor(Body):
    """What the code is for: a sale or a voucher with its reference and points, or another card, which needs neither."""

    purpose: Purpose = "sale"
    reference: Annotated[str, Field(max_length=64)] = ""
    points: Annotated[int, Field(ge=0, lt=10**15)] = 0


class Sent(Answer):
    """A code on its way to the member's phone. Only a demo tells it here, too."""

    code_id: UUID
    expires_at: datetime
    demo_code: str | None = None


class Given(Body):
    """The code as the member has read it."""

    code_id: Annotated[UUID, Field(strict=False)]
    code: Annotated[str, Field(min_length=1, max_length=12)]


@operation(
    "POST",
    "/members/{member_id}/codes",
    scope="points:spend",
    about=N_("Send a one-time code to the member's phone. It is right for what it is sent for alone"),
    takes=CodeFor,
    gives=Sent,
    status=201,
    problems=("member_unknown", "phone_missing", "codes_not_sent", "too_many_codes"),
    writes=True,
)
def send_code(call: Call, body: CodeFor, member_id: UUID) -> Sent:
    """Make a code and have it sent."""
    demo = settings.current().demo
    if not (demo or texts_go_out()):
        raise Refusal("codes_not_sent")
    member = member_of(call.session, call.caller, member_id)
    phone = person_of(call.session, member.id).phone
    if not phone:
        raise Refusal("phone_missing")
    sent = codes.send_code(
        call.session,
        phone=phone,
        member_id=member.id,
        about=_about(call, member, For(body.purpose, body.reference, body.points)),
        **_from(call, SENT_PER_HOUR),
    )
    if sent is None:
        raise Refusal("too_many_codes")
    row, code = sent
    if texts_go_out():
        programme = programme_by_id(call.session, call.caller.programme_id)
        message = N_("%(programme)s: %(code)s is your code for the till. Read it to the cashier alone")
        send_text(
            call.session,
            programme,
            what=What.TILL_CODE,
            member_id=member.id,
            phone=phone,
            message=message,
            until=row.expires_at,
            code=code,
        )
    return Sent(code_id=row.id, expires_at=row.expires_at, demo_code=code if demo else None)


def with_proof(
    call: Call, member: Member, proof: Shown, what: For, given: Given | None, do: Callable[[Shown], Done]
) -> Done:
    """Do it by what the handle shows, and where that is not enough, by the code: it is asked for only then."""
    try:
        with call.session.begin_nested():
            return do(proof)
    except Refusal as refused:
        if refused.code != "code_needed" or given is None:
            raise
    must_be_right(call, member, what, given)
    return do(Shown.CODE)


def must_be_right(call: Call, member: Member, what: For, given: Given) -> None:
    """Refusal("code_wrong"), "code_over" or "too_many_tries" unless it is the code for this and nothing else.

    A try counts whatever becomes of the request, so it has a transaction of its own.
    """
    with db.transaction(tenant_of(call.session)) as counting:
        verdict, owner = codes.try_code(
            counting,
            code_id=given.code_id,
            code=given.code.strip(),
            about=_about(call, member, what),
            once=False,
            **_from(call, TRIED_PER_HOUR),
        )
    if verdict is Verdict.TOO_MANY:
        raise Refusal("too_many_tries")
    if verdict is not Verdict.RIGHT or owner != member.id:
        raise Refusal("code_wrong" if verdict is Verdict.WRONG else "code_over")


def must_be_her(call: Call, member: Member, given: Given | None) -> None:
    """Who is given a card can spend by it, so it must be her where spending needs a code.

    Raises Refusal("code_needed"), and what a code that is not right raises.
    """
    terms = terms_of(programme_by_id(call.session, call.caller.programme_id))
    if terms is None or terms.code == "never":
        return
    if given is None:
        raise Refusal("code_needed")
    must_be_right(call, member, For("card"), given)


def _from(call: Call, most: int) -> dict[str, Any]:
    return {"address": f"client {call.caller.client_id}", "most": most}


def _about(call: Call, member: Member, what: For) -> str:
    told = str(member.id) if what.purpose == "card" else f"{what.reference}|{what.points}"
    return f"{what.purpose}|{call.caller.client_id}|{told}"
