"""Coupons, certificates, privileges and game units: what a member has of them, and a till that honours one."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coalition.benefits.actions import give_code_back, use_code
from coalition.benefits.held import Had
from coalition.benefits.models import Benefit as Stored
from coalition.benefits.models import BenefitKind
from coalition.benefits.queries import grant_by_code, granted_by, grants_of
from coalition.programmes.queries import programme_by_id
from coalition.programmes.terms import NEVER
from coalition.programmes.words import words_in
from coalition.promotions.measures import Measure as Measured
from coalition.promotions.measures import money
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.v1.cheques import Code
from partner_portal.api.v1.explanations import Measure
from partner_portal.api.v1.members import guessing, member_of
from tenants.branding.words import Words
from tenants.translations import N_

GrantCode = Annotated[str, Field(min_length=12, max_length=40)]


class Benefit(Answer):
    """Something of a member's: `kind` is coupon, certificate, privilege, units or ticket.

    `code` is what a till needs to honour it; units and tickets have none. What is `left` is money of a certificate,
    else pieces or times; a privilege that can be used without end has null, and so has one without a last day.
    """

    benefit: str
    kind: str
    name: str
    code: str | None
    left: Measure | None
    last_day: date | None


class Benefits(Answer):
    """What can be used today."""

    benefits: list[Benefit]


class AfterReturn(Answer):
    """A benefit that a sale had granted, as it is after a return.

    It `stands`, or was `taken_back`, or is `kept`: more was used of it than stands, and that is `owed`: nothing of the
    same benefit can be used until the member is granted as much again. A privilege without end is never owed.
    """

    benefit: str
    kind: str
    name: str
    state: Literal["stands", "taken_back", "kept"]
    stands: Measure
    used: Measure
    owed: Measure


class Use(Body):
    """A code and how much of it to use: pieces, times, or minor units of a certificate.

    `reference` is the use's own: sent again it is the same use.
    """

    code: GrantCode
    reference: Code
    quantity: Annotated[int, Field(ge=1, lt=10**15)] = 1


class GivingBack(Body):
    """A use whose goods came back."""

    code: GrantCode
    reference: Code


class Used(Answer):
    """What was used, and what the member has then; a certificate gives what it still has, if that is less."""

    member_id: UUID
    used: Measure
    benefit: Benefit


class GivenBack(Answer):
    """What the member has after a use was undone."""

    member_id: UUID
    benefit: Benefit


@operation(
    "GET",
    "/members/{member_id}/benefits",
    scope="members:read",
    about=N_(
        "Coupons, certificates, privileges and game units that a member can use today, with the codes for tills"
    ),
    gives=Benefits,
    problems=("member_unknown",),
)
def read_benefits(call: Call, member_id: UUID) -> Benefits:
    """What a member has beside points."""
    member, words = member_of(call.session, call.caller, member_id), _words(call)
    return Benefits(
        benefits=[_told(one, words) for one in grants_of(call.session, member.id) if one.usable(words.today)]
    )


@operation(
    "POST",
    "/benefits/use",
    scope="benefits:use",
    about=N_("Honour a coupon, certificate or privilege by its code. The same `reference` is the same use"),
    takes=Use,
    gives=Used,
    problems=("grant_unknown", "grant_expired", "grant_used_up", "request_reused", "too_many_tries"),
    writes=True,
)
def use_benefit(call: Call, body: Use) -> Used:
    """Use a benefit."""
    with guessing(call.session, call.caller, "grant_unknown"):
        used = use_code(
            call.session,
            call.caller.actor,
            code=body.code,
            quantity=body.quantity,
            request_id=_request(call, body.reference),
            programme_id=call.caller.programme_id,
        )
    found, words = grant_by_code(call.session, body.code), _words(call)
    return Used(
        member_id=found.grant.member_id,
        used=Measure.model_validate(_measured(used, found.benefit, words), from_attributes=True),
        benefit=_told(found, words),
    )


@operation(
    "POST",
    "/benefits/give-back",
    scope="benefits:use",
    about=N_("Undo a use, when the goods that it was for come back; twice is once"),
    takes=GivingBack,
    gives=GivenBack,
    problems=("grant_unknown", "too_many_tries"),
    writes=True,
)
def give_benefit_back(call: Call, body: GivingBack) -> GivenBack:
    """Give a benefit back."""
    with guessing(call.session, call.caller, "grant_unknown"):
        give_code_back(
            call.session,
            call.caller.actor,
            code=body.code,
            request_id=_request(call, body.reference),
            programme_id=call.caller.programme_id,
        )
    found = grant_by_code(call.session, body.code)
    return GivenBack(member_id=found.grant.member_id, benefit=_told(found, _words(call)))


def after_return(call: Call, member_id: UUID, purchase_id: UUID) -> list[AfterReturn]:
    """What has become of the benefits that a sale had granted."""
    words = _words(call)
    found = []
    for grant, benefit in granted_by(call.session, member_id, purchase_id):
        owed = max(grant.used - grant.quantity, 0)
        stands, used, owing = (
            Measure.model_validate(_measured(units, benefit, words), from_attributes=True)
            for units in (grant.quantity, grant.used, owed)
        )
        found.append(
            AfterReturn(
                benefit=benefit.code,
                kind=benefit.kind,
                name=benefit.name[words.lang],
                state="kept" if owed else "stands" if grant.quantity else "taken_back",
                stands=stands,
                used=used,
                owed=owing,
            )
        )
    return found


def _request(call: Call, reference: str) -> str:
    return f"{call.caller.client_id}|{reference}"


def _words(call: Call) -> Words:
    return words_in(call.lang, programme_by_id(call.session, call.caller.programme_id))


def _told(one: Had, words: Words) -> Benefit:
    last_day = one.grant.last_day
    left = None if one.left is None else _measured(one.left, one.benefit, words)
    return Benefit(
        benefit=one.benefit.code,
        kind=one.benefit.kind,
        name=one.benefit.name[words.lang],
        code=one.code,
        left=left and Measure.model_validate(left, from_attributes=True),
        last_day=None if last_day == NEVER else last_day,
    )


def _measured(units: int, benefit: Stored, words: Words) -> Measured:
    match BenefitKind(benefit.kind):
        case BenefitKind.CERTIFICATE:
            return money(units, words)
        case BenefitKind.PRIVILEGE:
            return Measured(units, 0, "count", "times", "times", words.number(units))
        case _:
            return Measured(units, 0, "count", "pieces", "pieces", words.number(units))
