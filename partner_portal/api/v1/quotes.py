"""Quotes: what a sale would give and cost, told before it is made."""

from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.promotions.awards import explained
from coalition.promotions.case import Receipt
from coalition.redemption.paying import payable, terms_of
from coalition.transactions.dry_run import dry_run
from coalition.transactions.online.selling import quoted
from partner_portal.api.operations import Answer, Call, Short, operation, written
from partner_portal.api.v1 import short_sales
from partner_portal.api.v1.cheques import PROBLEMS, shown
from partner_portal.api.v1.explanations import Given, given
from partner_portal.api.v1.members import Balance, balance
from partner_portal.api.v1.sales import SaleBody, beside, points_in, receipt_text, sale_told
from tenants.branding.words import Words
from tenants.translations import N_


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


def _shortly(short: Short) -> bytes | None:
    body = short.body
    assert isinstance(body, SaleBody), "what the operation takes"
    sale = short_sales.asked(short, body, body.member, **beside(body))
    found = quoted(sale) if sale else None
    if found is None:
        return None
    gives, has = short_sales.gives(found, short.lang), short_sales.balance(found, after=False)
    valued = found.valued
    words = short_sales.reasons_in(found, short.lang).words
    return written(_quote(found.terms.programme, words, valued.amount, valued.receipt, gives, has))


@operation(
    "POST",
    "/purchases/quote",
    scope="purchases:write",
    about=N_("What a sale would give and how much of it points may pay. It has no effect"),
    takes=SaleBody,
    gives=Quote,
    problems=(*PROBLEMS, "card_blocked"),
    short=_shortly,
)
def quote_purchase(call: Call, body: SaleBody) -> Quote:
    """Price a sale by the code that would book it."""
    session, programme = call.session, programme_by_id(call.session, call.caller.programme_id)
    member, _ = shown(call, body.member)
    found = dry_run(session, call.caller.actor, programme_id=programme.id, told=sale_told(call, body, member))
    gives = given(session, programme, explained(found.awards), call.lang)
    words = words_in(call.lang, programme)
    return _quote(programme, words, found.amount, found.receipt, gives, balance(session, member))


def _quote(
    programme: Programme, words: Words, amount: int, receipt: Receipt | None, gives: list[Given], has: Balance
) -> Quote:
    items = receipt.items if receipt else ()
    terms, points = terms_of(programme), points_in(gives)
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
        receipt_text=receipt_text(words, points, has),
    )
