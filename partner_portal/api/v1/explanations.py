"""Why a purchase gave what it gave, and why other promotions gave nothing: readable for ever."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.partners.queries import all_partners
from coalition.programmes.models import Programme
from coalition.promotions.document import Document
from coalition.promotions.explain import Applied, entries
from coalition.promotions.queries import versions_by_id
from coalition.reports.reasons import Reasons, reasons_in
from coalition.reports.why import Why, why
from partner_portal.api.operations import Answer, Call, operation
from partner_portal.api.v1.members import member_of
from tenants.runtime import clock
from tenants.runtime.errors import NotFound
from tenants.translations import N_


class Measure(Answer):
    """A whole number of what it counts; the last `exponent` of its digits are the fraction.

    `kind` is points, money, benefit, percent or count, `unit` what of it: a currency, a benefit's code, what it counts.
    """

    value: int
    exponent: int
    kind: str
    unit: str
    name: str
    text: str


class Given(Answer):
    """What a promotion gives, how much of it a limit cut, what it looked at, and how long its points can be spent."""

    promotion: str
    version: int
    title: str
    given: Measure
    cut: Measure | None
    cut_by: str | None
    counted: Measure
    valid: str | None
    text: str


class Missed(Answer):
    """A promotion that gave nothing: the first condition that failed, what it wanted and what there was."""

    promotion: str
    version: int
    title: str
    code: str
    wanted: Measure | Any
    actual: Measure | Any
    text: str


class Days(Answer):
    """Points that a purchase gave, with the first and the last day they can be spent; no end is null."""

    points: int
    remaining: int
    active_on: date
    last_day: date | None


class OtherTelling(Answer):
    """The same sale as the other channel told it: the bank's file, or a till; `pays` where it is that one that pays."""

    id: UUID
    by: Literal["till", "bank"]
    occurred_at: datetime
    amount: int
    pays: bool


class Explanation(Answer):
    """A purchase explained. `points` is what it gave when it was booked, `net_points` what stands of it now.

    With `same_sale` two channels told it, and one of the two gives points.
    """

    id: UUID
    occurred_at: datetime
    amount: int
    points: int
    net_points: int
    gives: list[Given]
    missed: list[Missed]
    lots: list[Days]
    same_sale: OtherTelling | None


@operation(
    "GET",
    "/members/{member_id}/purchases/{purchase_id}",
    scope="purchases:read",
    about=N_("Why a purchase at one of the client's partners gave what it gave, and why not more"),
    gives=Explanation,
    problems=("member_unknown", "purchase_unknown"),
)
def explain_purchase(call: Call, member_id: UUID, purchase_id: UUID) -> Explanation:
    """The kept explanation of a purchase at a partner of the caller's participant."""
    session = call.session
    member = member_of(session, call.caller, member_id)
    found = why(session, member_id=member.id, purchase_id=purchase_id)
    own = {row.id for row in all_partners(session) if row.participant_id == call.caller.participant_id}
    if found.purchase.partner_id not in own:
        raise NotFound("purchase_unknown")
    versions = {one.version for one in found.applied} | {one.version for one, _ in found.missed}
    reasons = reasons_in(call.lang, session, found.programme, versions)
    return Explanation(
        id=found.purchase.id,
        occurred_at=found.purchase.occurred_at,
        amount=found.purchase.amount,
        points=found.points,
        net_points=found.net_points,
        gives=[Given.model_validate(reasons.gave(one), from_attributes=True) for one in found.applied],
        missed=[
            Missed.model_validate(reasons.missed(one, document), from_attributes=True)
            for one, document in found.missed
        ],
        lots=[
            Days(
                points=lot.points,
                remaining=lot.remaining,
                active_on=lot.active_on,
                last_day=None if lot.expires_on == date.max else lot.expires_on,
            )
            for lot in found.lots
        ],
        same_sale=_other(found),
    )


def _other(found: Why) -> OtherTelling | None:
    other = found.told_twice
    if other is None:
        return None
    return OtherTelling(
        id=other.id,
        by="bank" if other.file_id else "till",
        occurred_at=other.occurred_at,
        amount=other.amount,
        pays=found.paid_there,
    )


def given(session: Session, programme: Programme, reason: Sequence[int], lang: str) -> list[Given]:
    """What a kept explanation says was given; what gave nothing is left out."""
    versions = {version for version, _, points, *_ in entries(reason) if points}
    documents = versions_by_id(session, versions)
    return told_given(reasons_in(lang, session, programme, versions), documents, reason)


def told_given(reasons: Reasons, documents: Mapping[int, Document], reason: Sequence[int]) -> list[Given]:
    """The same, where the documents are at hand."""
    return [
        Given.model_validate(
            reasons.gave(Applied(version, documents[version], clock.now(), *rest)), from_attributes=True
        )
        for version, *rest in entries(reason)
        if rest[1]
    ]
