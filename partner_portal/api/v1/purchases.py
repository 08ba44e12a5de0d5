"""Purchases of a till: the sale itself, paid with points in part or not."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from coalition.ledger.queries import balance_of
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.redemption.models import Redemption
from coalition.redemption.tills import paid_for
from coalition.transactions.models import Purchase
from coalition.transactions.online.selling import Found
from coalition.transactions.sales import sale_of
from coalition.transactions.tills import sell
from coalition.webhooks.kinds import PointsSpent, PurchaseBooked
from coalition.webhooks.telling import Happened, tell
from partner_portal.api.operations import Answer, Call, Short, operation, written
from partner_portal.api.v1 import short_sales
from partner_portal.api.v1.cheques import PROBLEMS, shown
from partner_portal.api.v1.codes import For, with_proof
from partner_portal.api.v1.codes import Given as CodeGiven
from partner_portal.api.v1.explanations import Given, given
from partner_portal.api.v1.members import Balance, balance, member_of
from partner_portal.api.v1.sales import SaleBody, beside, points_in, receipt_text, sale_told
from partner_portal.api.v1.vouchers import held_by
from tenants.branding.words import Words
from tenants.translations import N_

SPENDING = (
    "points_not_taken",
    "points_over_limit",
    "not_enough_points",
    "worth_nothing",
    "code_needed",
    "code_wrong",
    "code_over",
    "voucher_invalid",
    "voucher_over",
    "voucher_too_small",
)
"""Why points are not taken."""


class HoldBody(SaleBody):
    """A sale at the prices before points, of which `points` pay a part; a `code` shows that they are hers."""

    points: Annotated[int, Field(ge=0, lt=10**15)] = 0
    code: CodeGiven | None = None


class PurchaseBody(HoldBody):
    """The same, where a `voucher` may have set the points aside."""

    voucher: Annotated[str, Field(max_length=2_000)] | None = None


class PaidWithPoints(Answer):
    """Points that pay a part of a sale, and the money they are worth; the points by line, where there are lines."""

    points: int
    amount: int
    points_by_line: list[int]


class Sold(Answer):
    """A sale as it was booked: `amount` is what money pays, `paid` what points have paid of it."""

    id: UUID
    reference: str
    occurred_at: datetime
    amount: int
    paid: PaidWithPoints | None
    points: int
    gives: list[Given]
    balance: Balance
    receipt_text: list[str]


def _shortly(short: Short) -> bytes | None:
    body = short.body
    assert isinstance(body, PurchaseBody), "what the operation takes"
    if body.points:
        return None
    sale = short_sales.asked(short, body, body.member, **beside(body))

    def told_of(found: Found, number: UUID) -> bytes:
        gives, has = short_sales.gives(found, short.lang), short_sales.balance(found, after=True)
        words, at = short_sales.reasons_in(found, short.lang).words, body.occurred_at.astimezone(UTC)
        return written(_told(words, number, body.reference, at, body.amount, gives, has))

    return short_sales.booked(short, sale, told_of, 201) if sale else None


@operation(
    "POST",
    "/purchases",
    scope="purchases:write",
    about=N_(
        "Book a sale, paid with points in part or not. The same `reference` of the same client is the same sale, "
        "for ever. What was held for the reference is spent"
    ),
    takes=PurchaseBody,
    gives=Sold,
    status=201,
    problems=(*PROBLEMS, *SPENDING, "card_blocked"),
    writes=True,
    short=_shortly,
)
def record_purchase(call: Call, body: PurchaseBody) -> Sold:
    """Book a sale, or find the one that has its reference already."""
    if body.points:
        call.caller.must("points:spend")
    sold = sale_of(call.session, source=call.caller.client_id, reference=body.reference) or _sell(call, body)
    programme = programme_by_id(call.session, call.caller.programme_id)
    answer = _sold(call, programme, body.reference, sold)
    if programme.webhooks:
        tell(call.session, programme, *_events(call, sold, answer))
    return answer


def _sell(call: Call, body: PurchaseBody) -> Purchase:
    member, proof = shown(call, body.member)
    voucher = held_by(call, member, body.voucher) if body.voucher and body.points else None
    sale = sale_told(call, body, member)
    return with_proof(
        call,
        member,
        proof,
        For("sale", body.reference, body.points),
        body.code,
        lambda known: sell(
            call.session,
            call.caller.actor,
            programme_id=call.caller.programme_id,
            source=call.caller.client_id,
            told=sale,
            points=body.points,
            shown=known,
            voucher=voucher,
        ),
    )


def _sold(call: Call, programme: Programme, reference: str, sale: Purchase) -> Sold:
    session = call.session
    has = balance(session, member_of(session, call.caller, sale.member_id))
    gives = given(session, programme, sale.reason, call.lang)
    paid = paid_for(session, sale.member_id, [sale.key]).get(sale.key)
    return _told(
        words_in(call.lang, programme),
        sale.id,
        reference,
        sale.occurred_at,
        sale.amount,
        gives,
        has,
        paid_with(paid) if paid else None,
    )


def _told(
    words: Words,
    number: UUID,
    reference: str,
    at: datetime,
    amount: int,
    gives: list[Given],
    has: Balance,
    paid: PaidWithPoints | None = None,
) -> Sold:
    points = points_in(gives)
    return Sold(
        id=number,
        reference=reference,
        occurred_at=at,
        amount=amount,
        paid=paid,
        points=points,
        gives=gives,
        balance=has,
        receipt_text=receipt_text(words, points, has, paid.points if paid else 0),
    )


def _events(call: Call, sale: Purchase, answer: Sold) -> list[Happened]:
    """What is told of a sale: that it was booked, and that points paid for it."""
    whose = {"participant_id": call.caller.participant_id, "client_id": call.caller.told_as()}
    about: dict[str, Any] = {
        "purchase_id": sale.id,
        "reference": answer.reference,
        "member_id": sale.member_id,
        "balance_version": balance_of(call.session, sale.member_id).version,
    }
    booked = PurchaseBooked(**about, occurred_at=sale.occurred_at, amount=sale.amount, points=answer.points)
    events = [Happened(booked, sale.id, sale.booked_at, **whose)]
    if answer.paid:
        spent = PointsSpent(**about, points=answer.paid.points, amount=answer.paid.amount)
        events.append(Happened(spent, sale.id, sale.booked_at, **whose))
    return events


def paid_with(paid: Redemption) -> PaidWithPoints:
    """What points pay, as the API tells it."""
    return PaidWithPoints(points=paid.points, amount=paid.minor, points_by_line=paid.choice["by_line"])
