"""Sales at tills: in one step or in two (points set aside, then the sale), paid with points in part or not at all.

A sale has its source's reference, and that is its identity in both steps: the sale takes what was set aside for its
reference. What was set aside and not taken is let go after a quarter of an hour, and set aside anew if the sale comes
later than that.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from coalition import money
from coalition.ledger.post import Book, open_book
from coalition.members.queries import member_by_id
from coalition.partners.queries import merchants_by_name, partner_by_code, partners_by_code
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.case import Receipt
from coalition.redemption import tills
from coalition.redemption.models import Redemption
from coalition.redemption.paying import Payable, payable, terms_of
from coalition.transactions.models import Purchase
from coalition.transactions.recording import Told, checked, record
from coalition.transactions.sales import key_of, sale_of
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import digest


class Shown(IntEnum):
    """What showed that the points are the buyer's own; more shows more."""

    NOTHING = 0
    CARD = 1
    CODE = 2


_ENOUGH = {"never": Shown.NOTHING, "phone": Shown.CARD, "always": Shown.CODE}  # by the terms' `code`


class Paid(NamedTuple):
    """A sale less what points pay of it, and what they pay: together and, where there are lines, by line."""

    told: Told
    payable: Payable
    points_by_line: Sequence[int]


class _KnownAfterAll(Exception):
    """The sale is booked already; raised to undo what was taken for it."""


def sell(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    source: str,
    told: Told,
    points: int = 0,
    shown: Shown = Shown.NOTHING,
    voucher: UUID | None = None,
) -> Purchase:
    """Book a sale at the prices before points, of which `points` are spent; one that is booked stays as it is.

    What is set aside for it, or by a `voucher`, was shown to be hers already. Raises what `record` raises,
    Refusal("points_not_taken"), "points_over_limit" (most=...), "not_enough_points", "code_needed", "voucher_over" for
    one that is used or has ended, or "voucher_too_small" (most=...).
    """
    actor.must(Permission.DESK_PURCHASE_RECORD)
    if points:
        actor.must(Permission.DESK_POINTS_SPEND)
    known = sale_of(session, source=source, reference=told.reference)
    if known is not None:
        return known
    programme = programme_by_id(session, programme_id)
    try:
        with session.begin_nested():
            paid = _take(session, programme, source, told, points, shown, voucher)
            outcome = record(session, actor, programme_id=programme_id, source=source, told=[paid])
            if not len(outcome.posted):
                raise _KnownAfterAll
    except _KnownAfterAll:
        pass
    booked = sale_of(session, source=source, reference=told.reference)
    assert booked is not None, "it has just been booked, by us or beside us"
    return booked


def _take(
    session: Session,
    programme: Programme,
    source: str,
    told: Told,
    points: int,
    shown: Shown,
    voucher: UUID | None,
) -> Told:
    """Take the points for the sale, from what is set aside for it or else now; the answer is what money pays."""
    key = key_of(source, told.reference)
    if not points and tills.held_for(session, told.member_id, key) is None:
        return told
    (told,) = checked(session, programme.id, [told], partners_by_code(session))
    merchants_by_name(session, [told.seller])  # a new one's number comes before a balance, as in `record`
    book = open_book(session, member_id=told.member_id, zone=programme.zone)
    if sale_of(session, source=source, reference=told.reference) is not None:
        raise _KnownAfterAll
    held = tills.held_for(session, told.member_id, key)  # from here on nobody else takes it or lets it go
    if held is None and voucher is not None and points:
        held = _vouched(session, book, voucher, points)
    held = _fitting(book, held, points, key)
    if not points:
        return told
    paid = with_points(programme, told, points)
    held = held or _aside(session, programme, book, key, paid, shown)
    tills.take(book, held, minor=paid.payable.minor, by_line=paid.points_by_line)
    session.flush()
    return paid.told


def _vouched(session: Session, book: Book, voucher: UUID, points: int) -> Redemption:
    """What a voucher has set aside, which must be enough."""
    held = tills.vouched(session, book.balance.member_id, voucher)
    if held is None:
        raise Refusal("voucher_over")
    if points > held.points:
        raise Refusal("voucher_too_small", most=held.points)
    return held


def _fitting(book: Book, held: Redemption | None, points: int, key: UUID) -> Redemption | None:
    """What is set aside, made to fit; too little or for nothing is let go.

    Enough is never let go and set aside anew: its lots may have burnt meanwhile, and the goods may be gone.
    """
    if held is None:
        return None
    if not points or held.points < points:
        tills.let_go(book, held)
        return None
    tills.keep(book, held, points, key)
    return held


def vouch(
    session: Session,
    actor: Actor,
    *,
    participant_id: int,
    source: str,
    reference: str,
    member_id: UUID,
    points: int,
    shown: Shown,
) -> tuple[Redemption, datetime]:
    """Set points aside for a sale at a till whose line is down; with them comes until when.

    The same reference of the same source is the same voucher, for ever; Conflict("request_reused") for other points.

    Raises Refusal("vouchers_not_given"), "voucher_too_large" (most=...), "worth_nothing", "not_enough_points" or
    "code_needed".
    """
    actor.must(Permission.DESK_POINTS_SPEND)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    terms = terms_of(programme)
    if terms is None or terms.offline is None:
        raise Refusal("vouchers_not_given")
    book = open_book(session, member_id=member_id, zone=programme.zone)
    request = UUID(bytes=digest("voucher", source, reference))
    lasts = timedelta(hours=terms.offline.hours)
    known = tills.asked_by(session, member_id, request)
    if known is not None:
        if known.choice["asked"] != points:
            raise Conflict("request_reused")
        return known, known.made_at + lasts
    if points > terms.offline.points:
        raise Refusal("voucher_too_large", most=terms.offline.points)
    if shown < _ENOUGH[terms.code]:
        raise Refusal("code_needed")
    minor = money.worth(points, programme.value_minor, programme.value_points)
    if not minor:
        raise Refusal("worth_nothing", points=points)
    made = tills.set_aside(
        session,
        book,
        sale_key=None,
        participant_id=participant_id,
        paid=Payable(points, minor, ()),
        by_line=(),
        lasts=lasts,
        request=request,
    )
    made.choice = made.choice | {"asked": points}
    return made, made.made_at + lasts


def hold(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    source: str,
    told: Told,
    points: int,
    shown: Shown = Shown.NOTHING,
) -> Redemption:
    """Set points aside for a sale that is told later by the same reference; the same hold again is the same.

    Raises Conflict("sale_is_booked"), and what `sell` raises.
    """
    actor.must(Permission.DESK_POINTS_SPEND)
    (told,) = checked(session, programme_id, [told], partners_by_code(session))
    programme = programme_by_id(session, programme_id)
    paid = with_points(programme, told, points)
    book = open_book(session, member_id=told.member_id, zone=programme.zone)
    _must_be_open(session, source, told.reference)
    key = key_of(source, told.reference)
    held = tills.held_for(session, told.member_id, key)
    return _fitting(book, held, points, key) or _aside(session, programme, book, key, paid, shown)


def _aside(
    session: Session, programme: Programme, book: Book, key: UUID, paid: Paid, shown: Shown
) -> Redemption:
    terms = terms_of(programme)
    if terms is not None and shown < _ENOUGH[terms.code]:
        raise Refusal("code_needed")
    return tills.set_aside(
        session,
        book,
        sale_key=key,
        participant_id=_participant(session, paid.told),
        paid=paid.payable,
        by_line=paid.points_by_line,
    )


def void(
    session: Session, actor: Actor, *, programme_id: int, source: str, member_id: UUID, reference: str
) -> None:
    """Let go what is set aside for a sale that does not take place; nothing if nothing is any more.

    Raises Conflict("sale_is_booked"): only a return undoes it then.
    """
    actor.must(Permission.DESK_POINTS_SPEND)
    book = open_book(session, member_id=member_id, zone=programme_by_id(session, programme_id).zone)
    _must_be_open(session, source, reference)
    held = tills.held_for(session, member_id, key_of(source, reference))
    if held is not None:
        tills.let_go(book, held)


def _must_be_open(session: Session, source: str, reference: str) -> None:
    if sale_of(session, source=source, reference=reference) is not None:
        raise Conflict("sale_is_booked")


def with_points(programme: Programme, told: Told, points: int) -> Paid:
    """The sale less what so many points pay of it, spread over the lines that allow it.

    Raises Refusal("points_not_taken"), "points_over_limit" (most=...), or "worth_nothing".
    """
    terms = terms_of(programme)
    if terms is None:
        raise Refusal("points_not_taken")
    items = told.receipt.items if told.receipt else ()
    most = payable(terms, told.amount, items, (programme.value_points, programme.value_minor), points)
    if most.points < points:
        raise Refusal("points_over_limit", most=most.points)
    if not most.minor:
        raise Refusal("worth_nothing", points=points)
    left = tuple(
        item._replace(amount=item.amount - off) for item, off in zip(items, most.by_line, strict=True)
    )
    receipt = replace(told.receipt or Receipt(), items=left, points_spent=points)
    return Paid(
        replace(told, amount=told.amount - most.minor, receipt=receipt),
        most,
        money.share(points, most.by_line) if items else (),
    )


def _participant(session: Session, told: Told) -> int:
    """Who takes the points, and is owed for them."""
    if told.partner is None:
        raise NotFound("partner_unknown")
    return partner_by_code(session, told.partner).participant_id
