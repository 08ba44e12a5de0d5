"""What quotes, holds and purchases tell alike of a sale, and are told."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from coalition.members.models import Member
from coalition.transactions.recording import Told
from partner_portal.api.operations import Body, Call
from partner_portal.api.v1.cheques import ById, Cheque, Code, Minor, told
from partner_portal.api.v1.explanations import Given
from partner_portal.api.v1.members import Balance, Handle
from tenants.branding.words import Words
from tenants.runtime.language import translate


class Payment(Body):
    """How much was paid in one way."""

    type: Literal["cash", "card", "instant", "gift_card", "other"]
    amount: Minor


class Discount(Body):
    """What the till took off the price by a promotion."""

    promotion: Code
    amount: Minor


class PaidBy(Body):
    """The card that paid, by its last four digits, and the payment, by the bank's own reference of it (RRN)."""

    last_four: Annotated[str, Field(pattern="^([0-9]{4})?$")] = ""
    reference: Annotated[str, Field(max_length=64)] = ""


class SaleBody(Cheque):
    """A sale: `amount` is to be paid, after all discounts and before points.

    By `card` the bank's own line of the same payment is known again, where the programme lets one of them pay.
    """

    member: Handle | ById
    payments: Annotated[list[Payment], Field(max_length=20, default_factory=list)]
    discounts: Annotated[list[Discount], Field(max_length=50, default_factory=list)]
    channel: Annotated[str, Field(max_length=32)] = ""
    card: PaidBy = PaidBy()


def sale_told(call: Call, body: SaleBody, member: Member) -> Told:
    """The sale as the house books it, at the prices before points."""
    return told(call.session, call.caller, body, member, **beside(body))


def beside(body: SaleBody) -> dict[str, Any]:
    """What the receipt has beside its lines."""
    return {
        "payments": tuple((one.type, one.amount) for one in body.payments),
        "discounts": tuple((one.promotion, one.amount) for one in body.discounts),
        "channel": body.channel,
        "card_reference": body.card.reference,
        "card_last_four": body.card.last_four,
    }


def points_in(gives: Sequence[Given]) -> int:
    """Points among what is given."""
    return sum(one.given.value for one in gives if one.given.kind == "points")


def receipt_text(words: Words, points: int, has: Balance, paid: int = 0) -> list[str]:
    """Lines for the receipt: what points have paid, what the sale gives, and what she has then."""
    lang = words.lang
    spent = [translate(lang, "Paid with points: %(points)s", points=words.points(paid))] if paid else []
    return [
        *spent,
        translate(lang, "For this purchase: %(points)s", points=words.points(points, signed=True)),
        translate(lang, "You have %(points)s", points=words.points(has.available)),
    ]
