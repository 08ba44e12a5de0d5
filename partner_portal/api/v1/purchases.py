"""Purchases and returns of a till: what a sale would give, the sale itself, and goods that come back."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy.orm import Session

from coalition.members.models import Member
from coalition.partners.models import Outlet, Partner
from coalition.partners.queries import all_outlets, all_partners
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.promotions.awards import explained
from coalition.promotions.case import Item, Receipt
from coalition.promotions.queries import outlets_by_code
from coalition.redemption.paying import payable, terms_of
from coalition.transactions.dry_run import dry_run
from coalition.transactions.recording import Told, record
from coalition.transactions.sales import points_moved, return_of, sale_of
from partner_portal.api.callers import Caller
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.v1.explanations import Given, given
from partner_portal.api.v1.members import Balance, Handle, balance, found_by, member_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.language import translate

LINES_MAX = 1_000
Minor = Annotated[int, Field(ge=0, lt=10**15)]
Quantity = Annotated[Decimal, Field(gt=0, lt=10**9, decimal_places=3, strict=False)]
Code = Annotated[str, Field(min_length=1, max_length=64)]


class Line(Body):
    """A line of the receipt: `amount` is what it costs as a whole, in minor units, after its discounts."""

    sku: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Quantity = Decimal(1)
    amount: Minor
    discount: Minor = 0
    brand: Annotated[str, Field(max_length=64)] = ""
    category: Annotated[str, Field(max_length=64)] = ""
    tags: Annotated[list[Code], Field(max_length=50)] = []


class Payment(Body):
    """How much was paid in one way."""

    type: Literal["cash", "card", "instant", "gift_card", "other"]
    amount: Minor


class Discount(Body):
    """What the till took off the price by a promotion."""

    promotion: Code
    amount: Minor


class ById(Body):
    """A member that was found before."""

    id: Annotated[UUID, Field(strict=False)]


class SaleBody(Body):
    """A sale. Amounts in minor units; `amount` is to be paid, after all discounts and before points."""

    member: Handle | ById
    reference: Annotated[str, Field(min_length=1, max_length=64)]
    occurred_at: Annotated[AwareDatetime, Field(strict=False)]
    amount: Annotated[int, Field(gt=0, lt=10**15)]
    outlet: Code | None = None
    partner: Code | None = None
    lines: Annotated[list[Line], Field(max_length=LINES_MAX)] = []
    payments: Annotated[list[Payment], Field(max_length=20)] = []
    discounts: Annotated[list[Discount], Field(max_length=50)] = []
    channel: Annotated[str, Field(max_length=32)] = ""


class ReturnBody(Body):
    """Goods brought back. Where the sale with the reference `original` is known, the member need not be named."""

    member: Handle | ById | None = None
    reference: Annotated[str, Field(min_length=1, max_length=64)]
    original: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    occurred_at: Annotated[AwareDatetime, Field(strict=False)]
    amount: Annotated[int, Field(gt=0, lt=10**15)]
    outlet: Code | None = None
    partner: Code | None = None
    lines: Annotated[list[Line], Field(max_length=LINES_MAX)] = []


class Payable(Answer):
    """The most that points may pay of the sale."""

    points: int
    amount: int
    by_line: list[int]


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
    """A sale as it was booked."""

    id: UUID
    reference: str
    occurred_at: datetime
    amount: int
    points: int
    gives: list[Given]
    balance: Balance
    receipt_text: list[str]


class Returned(Answer):
    """A return. It is `applied` to the sale it undoes, or `waiting` for one that is not known yet."""

    id: UUID
    reference: str
    state: str
    purchase_id: UUID | None
    points: int
    balance: Balance


_SALE_PROBLEMS = (
    "member_unknown",
    "too_many_tries",
    "sum_mismatch",
    "in_the_future",
    "partner_unknown",
    "outlet_unknown",
    "discounts_invalid",
    "receipt_invalid",
)


@operation(
    "POST",
    "/purchases/quote",
    scope="purchases:write",
    about="What a sale would give and how much of it points may pay. It has no effect",
    takes=SaleBody,
    gives=Quote,
    problems=_SALE_PROBLEMS,
)
def quote_purchase(call: Call, body: SaleBody) -> Quote:
    """Price a sale by the code that would book it."""
    session, programme = call.session, programme_by_id(call.session, call.caller.programme_id)
    member = _member(call, body.member)
    told = _told(session, call.caller, body, member)
    found = dry_run(session, call.caller.actor, programme_id=programme.id, told=told)
    has = balance(session, member)
    items = found.receipt.items if found.receipt else ()
    terms = terms_of(programme)
    most = (
        payable(terms, found.amount, items, (programme.value_points, programme.value_minor), has.available)
        if terms
        else None
    )
    return Quote(
        to_pay=found.amount,
        discounts_by_line=[item.discount for item in items],
        points=found.points,
        gives=given(session, programme, explained(found.awards), call.lang),
        payable=Payable(
            points=most.points if most else 0,
            amount=most.minor if most else 0,
            by_line=list(most.by_line) if most else [],
        ),
        balance=has,
        receipt_text=_text(programme, found.points, has, call.lang),
    )


@operation(
    "POST",
    "/purchases",
    scope="purchases:write",
    about="Book a sale. The same `reference` of the same client is the same sale, for ever",
    takes=SaleBody,
    gives=Sold,
    status=201,
    problems=_SALE_PROBLEMS,
    writes=True,
)
def record_purchase(call: Call, body: SaleBody) -> Sold:
    """Book a sale, or find the one that has its reference already."""
    session, programme = call.session, programme_by_id(call.session, call.caller.programme_id)
    member = _member(call, body.member)
    told = _told(session, call.caller, body, member)
    record(session, call.caller.actor, programme_id=programme.id, source=call.caller.client_id, told=[told])
    return _sold(call, programme, body.reference)


@operation(
    "POST",
    "/returns",
    scope="purchases:write",
    about="Take goods back. What the sale gave for them is undone exactly",
    takes=ReturnBody,
    gives=Returned,
    status=201,
    problems=(*_SALE_PROBLEMS, "purchase_unknown"),
    writes=True,
)
def record_return(call: Call, body: ReturnBody) -> Returned:
    """Book a return; of a sale that nobody knows it waits for that."""
    session, programme = call.session, programme_by_id(call.session, call.caller.programme_id)
    source = call.caller.client_id
    known = sale_of(session, source=source, reference=body.original) if body.original else None
    if body.member is not None:
        member = _member(call, body.member)
    elif known is not None:
        member = member_of(session, call.caller, known.member_id)
    else:
        raise NotFound("purchase_unknown")
    told = _told(session, call.caller, body, member)
    record(session, call.caller.actor, programme_id=programme.id, source=source, told=[told])
    back = return_of(session, source=source, reference=body.reference)
    assert back is not None, "it has just been booked"
    return Returned(
        id=back.id,
        reference=body.reference,
        state=back.state,
        purchase_id=back.purchase_id,
        points=points_moved(session, member.id, back.id),
        balance=balance(session, member),
    )


def _member(call: Call, named: Handle | ById) -> Member:
    if isinstance(named, ById):
        return member_of(call.session, call.caller, named.id)
    return found_by(call.session, call.caller, named.handle)


def _told(session: Session, caller: Caller, body: SaleBody | ReturnBody, member: Member) -> Told:
    """The sale or return as the house books it; refuses sums that do not match and places that are not the caller's."""
    lines = sum(line.amount for line in body.lines)
    if body.lines and lines != body.amount:
        raise Refusal("sum_mismatch", lines=lines, amount=body.amount)
    partner, outlet = _place(session, caller, body)
    refund = isinstance(body, ReturnBody)
    receipt = Receipt(
        items=tuple(_item(line) for line in body.lines),
        payments=() if isinstance(body, ReturnBody) else tuple((p.type, p.amount) for p in body.payments),
        channel="" if isinstance(body, ReturnBody) else body.channel,
        outlet=outlets_by_code(session)[outlet.code] if outlet else None,
        discounts=()
        if isinstance(body, ReturnBody)
        else tuple((d.promotion, d.amount) for d in body.discounts),
    )
    return Told(
        reference=body.reference,
        member_id=member.id,
        occurred_at=body.occurred_at,
        amount=body.amount,
        seller=partner.name.get("ru") or partner.code,
        partner=partner.code,
        receipt=receipt if receipt != Receipt() else None,
        refund=refund,
        original=body.original if isinstance(body, ReturnBody) else None,
    )


def _item(line: Line) -> Item:
    return Item(
        line.sku,
        int(line.quantity * 1000),
        line.amount,
        line.brand,
        line.category,
        frozenset(line.tags),
        line.discount,
    )


def _place(session: Session, caller: Caller, body: SaleBody | ReturnBody) -> tuple[Partner, Outlet | None]:
    """The seller: the outlet that is named or the client's own, else the partner named, else its only one."""
    own = {row.id: row for row in all_partners(session) if row.participant_id == caller.participant_id}
    outlets: Sequence[Outlet] = [row for row in all_outlets(session) if row.partner_id in own]
    if caller.outlet_id is not None:
        outlets = [row for row in outlets if row.id == caller.outlet_id]
    if body.outlet is not None or caller.outlet_id is not None:
        outlet = next((row for row in outlets if body.outlet in (None, row.code)), None)
        if outlet is None:
            raise NotFound("outlet_unknown")
        if body.partner not in (None, own[outlet.partner_id].code):
            raise NotFound("partner_unknown")
        return own[outlet.partner_id], outlet
    named = [row for row in own.values() if body.partner in (None, row.code)]
    if len(named) != 1:
        raise NotFound("partner_unknown")
    return named[0], None


def _sold(call: Call, programme: Programme, reference: str) -> Sold:
    session = call.session
    sale = sale_of(session, source=call.caller.client_id, reference=reference)
    assert sale is not None, "it has just been booked"
    has = balance(session, member_of(session, call.caller, sale.member_id))
    gives = given(session, programme, sale.reason, call.lang)
    points = sum(one.given.value for one in gives if one.given.kind == "points")
    return Sold(
        id=sale.id,
        reference=reference,
        occurred_at=sale.occurred_at,
        amount=sale.amount,
        points=points,
        gives=gives,
        balance=has,
        receipt_text=_text(programme, points, has, call.lang),
    )


def _text(programme: Programme, points: int, has: Balance, lang: str) -> list[str]:
    """Two lines for the receipt: what the sale gives, and what she has then."""
    words = words_in(lang, programme)
    return [
        translate(lang, "For this purchase: %(points)s", points=words.points(points, signed=True)),
        translate(lang, "You have %(points)s", points=words.points(has.available)),
    ]
