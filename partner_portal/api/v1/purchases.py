"""Purchases of a till: what a sale would give, and the sale itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from coalition.ledger.queries import balance_of
from coalition.members.models import Member
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.promotions.awards import explained
from coalition.promotions.case import Receipt
from coalition.redemption.models import Redemption
from coalition.redemption.paying import payable, terms_of
from coalition.redemption.tills import paid_for
from coalition.transactions.dry_run import dry_run
from coalition.transactions.models import Purchase
from coalition.transactions.online.selling import Found, quoted
from coalition.transactions.recording import Told
from coalition.transactions.sales import sale_of
from coalition.transactions.tills import sell
from coalition.webhooks.telling import Happened, tell
from partner_portal.api.operations import Answer, Body, Call, Short, operation, written
from partner_portal.api.v1 import short_sales
from partner_portal.api.v1.cheques import PROBLEMS, ById, Cheque, Code, Minor, shown, told
from partner_portal.api.v1.codes import For, with_proof
from partner_portal.api.v1.codes import Given as CodeGiven
from partner_portal.api.v1.explanations import Given, given
from partner_portal.api.v1.members import Balance, Handle, balance, member_of
from partner_portal.api.v1.vouchers import held_by
from tenants.runtime.language import translate
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


class Payment(Body):
    """How much was paid in one way."""

    type: Literal["cash", "card", "instant", "gift_card", "other"]
    amount: Minor


class Discount(Body):
    """What the till took off the price by a promotion."""

    promotion: Code
    amount: Minor


class SaleBody(Cheque):
    """A sale: `amount` is to be paid, after all discounts and before points."""

    member: Handle | ById
    payments: Annotated[list[Payment], Field(max_length=20)] = []
    discounts: Annotated[list[Discount], Field(max_length=50)] = []
    channel: Annotated[str, Field(max_length=32)] = ""


class HoldBody(SaleBody):
    """A sale at the prices before points, of which `points` pay a part; a `code` shows that they are hers."""

    points: Annotated[int, Field(ge=0, lt=10**15)] = 0
    code: CodeGiven | None = None


class PurchaseBody(HoldBody):
    """The same, where a `voucher` may have set the points aside."""

    voucher: Annotated[str, Field(max_length=2_000)] | None = None


class Payable(Answer):
    """The most that points may pay of the sale."""

    points: int
    amount: int
    by_line: list[int]


class PaidWithPoints(Answer):
    """Points that pay a part of a sale, and the money they are worth; the points by line, where there are lines."""

    points: int
    amount: int
    points_by_line: list[int]


class Quote(Answer):
    """What the sale would give and cost. `discounts_by_line` add up to what is taken off, to the last minor unit."""

    to_pay: int
    discounts_by_line: list[int]
    points: int
    gives: list[Given]
    payable: Payable
    balance: Balance
    receipt_text: list[str]


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


def _quoted_shortly(short: Short) -> bytes | None:
    body = short.body
    assert isinstance(body, SaleBody), "what the operation takes"
    sale = short_sales.asked(short, body, body.member, **_beside(body))
    found = quoted(sale) if sale else None
    if found is None:
        return None
    gives, has = short_sales.gives(found, short.lang), short_sales.balance(found, after=False)
    valued = found.valued
    return written(_quote(found.terms.programme, valued.amount, valued.receipt, gives, has, short.lang))


@operation(
    "POST",
    "/purchases/quote",
    scope="purchases:write",
    about=N_("What a sale would give and how much of it points may pay. It has no effect"),
    takes=SaleBody,
    gives=Quote,
    problems=(*PROBLEMS, "card_blocked"),
    short=_quoted_shortly,
)
def quote_purchase(call: Call, body: SaleBody) -> Quote:
    """Price a sale by the code that would book it."""
    session, programme = call.session, programme_by_id(call.session, call.caller.programme_id)
    member, _ = shown(call, body.member)
    found = dry_run(session, call.caller.actor, programme_id=programme.id, told=sale_told(call, body, member))
    gives = given(session, programme, explained(found.awards), call.lang)
    return _quote(programme, found.amount, found.receipt, gives, balance(session, member), call.lang)


def _quote(
    programme: Programme, amount: int, receipt: Receipt | None, gives: list[Given], has: Balance, lang: str
) -> Quote:
    items = receipt.items if receipt else ()
    terms, points = terms_of(programme), _points_in(gives)
    most = (
        payable(terms, amount, items, (programme.value_points, programme.value_minor), has.available)
        if terms
        else None
    )
    return Quote(
        to_pay=amount,
        discounts_by_line=[item.discount for item in items],
        points=points,
        gives=gives,
        payable=Payable(
            points=most.points if most else 0,
            amount=most.minor if most else 0,
            by_line=list(most.by_line) if most else [],
        ),
        balance=has,
        receipt_text=_text(programme, points, has, lang),
    )


def _booked_shortly(short: Short) -> bytes | None:
    body = short.body
    assert isinstance(body, PurchaseBody), "what the operation takes"
    if body.points:
        return None
    sale = short_sales.asked(short, body, body.member, **_beside(body))

    def told_of(found: Found, number: UUID) -> bytes:
        programme, gives = found.terms.programme, short_sales.gives(found, short.lang)
        points, has = _points_in(gives), short_sales.balance(found, after=True)
        return written(
            Sold(
                id=number,
                reference=body.reference,
                occurred_at=body.occurred_at.astimezone(UTC),
                amount=body.amount,
                paid=None,
                points=points,
                gives=gives,
                balance=has,
                receipt_text=_text(programme, points, has, short.lang),
            )
        )

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
    short=_booked_shortly,
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


def sale_told(call: Call, body: SaleBody, member: Member) -> Told:
    """The sale as the house books it, at the prices before points."""
    return told(
        call.session,
        call.caller,
        body,
        member,
        **_beside(body),
    )


def _beside(body: SaleBody) -> dict[str, Any]:
    """What the receipt has beside its lines."""
    return {
        "payments": tuple((one.type, one.amount) for one in body.payments),
        "discounts": tuple((one.promotion, one.amount) for one in body.discounts),
        "channel": body.channel,
    }


def _points_in(gives: Sequence[Given]) -> int:
    """Points among what is given."""
    return sum(one.given.value for one in gives if one.given.kind == "points")


def _sold(call: Call, programme: Programme, reference: str, sale: Purchase) -> Sold:
    session = call.session
    has = balance(session, member_of(session, call.caller, sale.member_id))
    gives = given(session, programme, sale.reason, call.lang)
    points = _points_in(gives)
    paid = paid_for(session, sale.member_id, [sale.key]).get(sale.key)
    return Sold(
        id=sale.id,
        reference=reference,
        occurred_at=sale.occurred_at,
        amount=sale.amount,
        paid=paid_with(paid) if paid else None,
        points=points,
        gives=gives,
        balance=has,
        receipt_text=_text(programme, points, has, call.lang, paid.points if paid else 0),
    )


def _events(call: Call, sale: Purchase, answer: Sold) -> list[Happened]:
    """What is told of a sale: that it was booked, and that points paid for it."""
    whose = {"participant_id": call.caller.participant_id, "client_id": call.caller.client_id}
    about = {
        "purchase_id": sale.id,
        "reference": answer.reference,
        "member_id": sale.member_id,
        "balance_version": balance_of(call.session, sale.member_id).version,
    }
    booked = about | {"occurred_at": sale.occurred_at, "amount": sale.amount, "points": answer.points}
    events = [Happened("purchase.booked", sale.id, sale.booked_at, booked, **whose)]
    if answer.paid:
        spent = about | {"points": answer.paid.points, "amount": answer.paid.amount}
        events.append(Happened("points.spent", sale.id, sale.booked_at, spent, **whose))
    return events


def paid_with(paid: Redemption) -> PaidWithPoints:
    """What points pay, as the API tells it."""
    return PaidWithPoints(points=paid.points, amount=paid.minor, points_by_line=paid.choice["by_line"])


def _text(programme: Programme, points: int, has: Balance, lang: str, paid: int = 0) -> list[str]:
    """Lines for the receipt: what points have paid, what the sale gives, and what she has then."""
    words = words_in(lang, programme)
    spent = [translate(lang, "Paid with points: %(points)s", points=words.points(paid))] if paid else []
    return [
        *spent,
        translate(lang, "For this purchase: %(points)s", points=words.points(points, signed=True)),
        translate(lang, "You have %(points)s", points=words.points(has.available)),
    ]
