"""Holds: points set aside for something that is being fulfilled, then captured or released."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from coalition.ledger.models import Account, Hold, Lot, Purpose, Transfer
from coalition.ledger.post import Book, Cause
from tenants.runtime.errors import Conflict, NotFound

# {(state, event): state}; anything else is a Conflict.
STATES = {
    ("open", "capture"): "captured",
    ("open", "release"): "released",
    ("captured", "cancel"): "released",
}


def hold(book: Book, *, hold_id: UUID, points: int, expires_at: datetime) -> Hold:
    """Set points aside for `hold_id`; Refusal("not_enough_points") leaves nothing changed."""
    book.spend(Cause(Purpose.HOLD, hold_id, book.booked_at), points, Account.HELD)
    made = Hold(
        tenant_id=book.balance.tenant_id,
        member_id=book.balance.member_id,
        id=hold_id,
        points=points,
        state="open",
        expires_at=expires_at,
    )
    book.session.add(made)
    return made


def capture(book: Book, *, hold_id: UUID) -> None:
    """Turn held points into redeemed ones; Conflict("hold_not_open") when they are not held any more."""
    held = _step(book, hold_id, "capture")
    book.pass_on(Cause(Purpose.CAPTURE, hold_id, book.booked_at), held.points, Account.HELD, Account.REDEEMED)


def release(book: Book, *, hold_id: UUID) -> None:
    """Give held points back to the very lots they came from."""
    held = _step(book, hold_id, "release")
    _back(book, Account.HELD, hold_id, Cause(Purpose.RELEASE, hold_id, book.booked_at), held.points, 0)


def shrink(book: Book, *, hold_id: UUID, points: int) -> None:
    """Hold so many points and no more: what is too much goes back, the rest stays held whatever became of its lots."""
    held = book.session.get_one(
        Hold, (book.balance.tenant_id, book.balance.member_id, hold_id), populate_existing=True
    )
    if held.state != "open":
        raise Conflict("hold_not_open", state=held.state)
    if points < held.points:
        before, held.points = held.points, points
        _back(book, Account.HELD, hold_id, Cause(Purpose.RELEASE, hold_id, book.booked_at), before, points)


def cancel(book: Book, *, hold_id: UUID) -> None:
    """Undo a capture: redeemed points return to the very lots they came from."""
    held = _step(book, hold_id, "cancel")
    _back(book, Account.REDEEMED, hold_id, Cause(Purpose.CANCEL, hold_id, book.booked_at), held.points, 0)


def cancel_part(
    book: Book, *, hold_id: UUID, cause: Cause, stands: int, left: int, over_until: date | None = None
) -> None:
    """Undo a part of a capture: of `stands` points that are still spent all but `left` come back.

    Where a lot's last day has passed, its points burn at once, or with `over_until` go on as a new lot of the same
    funder with that last day.
    """
    assert 0 <= left < stands, (left, stands)
    _back(book, Account.REDEEMED, hold_id, cause, stands, left, over_until)
    if left == 0:
        _step(book, hold_id, "cancel")


def _back(
    book: Book,
    source: Account,
    hold_id: UUID,
    cause: Cause,
    stands: int,
    left: int,
    over_until: date | None = None,
) -> None:
    """Of `stands` points of a hold all but `left` return; what was taken last returns first, to the lot it is from."""
    spent = _spending(book, hold_id)
    own: list[tuple[Lot, int]] = []
    before = 0
    for lot, used in book.uses_of(spent.id):
        back = min(before + used, stands) - max(before, left)
        before += used
        if back <= 0:
            continue
        if over_until is None or lot.expires_on >= book.today:
            own.append((lot, back))
            continue
        book.renew(cause, source, spent.id, lot, back, over_until)
    if own:
        book.put_back(cause, source, spent.id, own)


def _step(book: Book, hold_id: UUID, event: str) -> Hold:
    held = book.session.get(
        Hold, (book.balance.tenant_id, book.balance.member_id, hold_id), populate_existing=True
    )
    if held is None:
        raise NotFound("hold_unknown")
    after = STATES.get((held.state, event))
    if after is None:
        raise Conflict("hold_not_open", state=held.state)
    held.state = after
    return held


def _spending(book: Book, hold_id: UUID) -> Transfer:
    return book.session.scalars(
        select(Transfer).where(
            Transfer.tenant_id == book.balance.tenant_id,
            Transfer.member_id == book.balance.member_id,
            Transfer.cause_id == hold_id,
            Transfer.purpose == Purpose.HOLD,
        )
    ).one()
