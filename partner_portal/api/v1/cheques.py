"""What sales and returns tell alike: whose, where, when, how much, and the lines of the cheque."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from coalition.cards.models import CardState
from coalition.members.models import HandleKind, Member
from coalition.partners.models import Outlet, Partner
from coalition.partners.queries import all_outlets, all_partners
from coalition.promotions.case import Item, Receipt
from coalition.promotions.case import Outlet as Spot
from coalition.promotions.queries import outlets_by_code
from coalition.transactions.recording import Told
from coalition.transactions.tills import Shown
from partner_portal.api.callers import Caller
from partner_portal.api.operations import Body, Call
from partner_portal.api.v1.members import Handle, card_state, found_by, member_of
from tenants.runtime.errors import Conflict, NotFound, Refusal

LINES_MAX = 1_000
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def written(value: object) -> object:
    """A moment is written as a text: a number might be seconds or milliseconds of anything."""
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "Input should be a valid string")
    return value


def within(value: datetime) -> datetime:
    """A moment of this century, as the database and every calendar can have it."""
    if not FIRST <= value <= LAST:
        raise PydanticCustomError("moment_range", "Must lie between 2000 and 2100")
    return value


Minor = Annotated[int, Field(ge=0, lt=10**15)]
Quantity = Annotated[Decimal, Field(gt=0, lt=10**9, decimal_places=3, strict=False)]
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(written), AfterValidator(within)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
PROBLEMS = (
    "member_unknown",
    "too_many_tries",
    "sum_mismatch",
    "amount_invalid",
    "in_the_future",
    "partner_unknown",
    "outlet_unknown",
    "discounts_invalid",
    "receipt_invalid",
)
"""Why a cheque is not taken."""


class Line(Body):
    """A line of the receipt: `amount` is what it costs as a whole, in minor units, after its discounts."""

    sku: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Quantity = Decimal(1)
    amount: Minor
    discount: Minor = 0
    brand: Annotated[str, Field(max_length=64)] = ""
    category: Annotated[str, Field(max_length=64)] = ""
    tags: Annotated[list[Code], Field(max_length=50, default_factory=list)]


class ById(Body):
    """A member that was found before."""

    id: Annotated[UUID, Field(strict=False)]


class Cheque(Body):
    """A sale or a return. Amounts in minor units; `amount` is what its lines cost together, after all discounts."""

    reference: Code
    occurred_at: Moment
    amount: Minor
    outlet: Code | None = None
    partner: Code | None = None
    lines: Annotated[list[Line], Field(max_length=LINES_MAX, default_factory=list)]


def named(call: Call, who: Handle | ById) -> Member:
    """The member who is named, by a blocked card too: what undoes a sale asks no more; NotFound("member_unknown")."""
    if isinstance(who, ById):
        return member_of(call.session, call.caller, who.id)
    return member_of(call.session, call.caller, found_by(call.session, call.caller, who.handle).member_id)


def shown(call: Call, who: Handle | ById) -> tuple[Member, Shown]:
    """The member who is named, and whether a card that is in use named her; an issued one shows nothing yet.

    NotFound("member_unknown"), Conflict("card_blocked").
    """
    if isinstance(who, ById):
        return member_of(call.session, call.caller, who.id), Shown.NOTHING
    known = found_by(call.session, call.caller, who.handle)
    state = card_state(call.session, known, who.handle)
    if state is CardState.BLOCKED:
        raise Conflict("card_blocked")
    card = known.kind == HandleKind.CARD_TOKEN or state is CardState.ACTIVE
    return member_of(call.session, call.caller, known.member_id), Shown.CARD if card else Shown.NOTHING


def told(
    session: Session,
    caller: Caller,
    cheque: Cheque,
    member: Member,
    *,
    original: str | None = None,
    refund: bool = False,
    **known: Any,
) -> Told:
    """The cheque as the house books it; `known` is what the receipt has beside lines and outlet.

    Refuses a sum that is not that of the lines, and places that are not the caller's.
    """
    if not adds_up(cheque):
        raise Refusal("sum_mismatch", lines=_of_lines(cheque), amount=cheque.amount)
    partner, outlet = _place(session, caller, cheque)
    if caller.channel:
        known["channel"] = caller.channel
    receipt = receipt_told(cheque, outlets_by_code(session)[outlet.code] if outlet else None, **known)
    return Told(
        reference=cheque.reference,
        member_id=member.id,
        occurred_at=cheque.occurred_at,
        amount=cheque.amount,
        seller=partner.name.get("ru") or partner.code,
        partner=partner.code,
        receipt=receipt,
        refund=refund,
        original=original,
    )


def adds_up(cheque: Cheque) -> bool:
    """Whether the lines cost what the cheque says, where there are any."""
    return not cheque.lines or _of_lines(cheque) == cheque.amount


def _of_lines(cheque: Cheque) -> int:
    return sum(line.amount for line in cheque.lines)


def receipt_told(cheque: Cheque, outlet: Spot | None, **known: Any) -> Receipt | None:
    """What the cheque tells beside its sum, if anything."""
    receipt = Receipt(items=tuple(_item(line) for line in cheque.lines), outlet=outlet, **known)
    return receipt if receipt != Receipt() else None


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


def _place(session: Session, caller: Caller, cheque: Cheque) -> tuple[Partner, Outlet | None]:
    """The seller: the outlet that is named or the client's own, else the partner named, else its only one."""
    own = {row.id: row for row in all_partners(session) if row.participant_id == caller.participant_id}
    outlets: Sequence[Outlet] = [row for row in all_outlets(session) if row.partner_id in own]
    if caller.outlet_id is not None:
        outlets = [row for row in outlets if row.id == caller.outlet_id]
    if cheque.outlet is not None or caller.outlet_id is not None:
        outlet = next((row for row in outlets if cheque.outlet in (None, row.code)), None)
        if outlet is None:
            raise NotFound("outlet_unknown")
        if cheque.partner not in (None, own[outlet.partner_id].code):
            raise NotFound("partner_unknown")
        return own[outlet.partner_id], outlet
    named = [row for row in own.values() if cheque.partner in (None, row.code)]
    if len(named) != 1:
        raise NotFound("partner_unknown")
    return named[0], None
