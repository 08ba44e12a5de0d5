"""Points that wait for a condition: what becomes of their lots when it is met, and when they are taken back.

Such a lot has no activation day. When its condition is met it is used up, and what it held goes on as a new lot by the
same transfer; when its last day has passed `Book.settle` lets it lapse. Whether a condition is met is not decided here.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Lot, Purpose, Transfer
from coalition.ledger.post import Book, Cause
from tenants.runtime.db import tenant_of


def meet(book: Book, lot: Lot, *, at: datetime, expires_on: date) -> None:
    """The lot's condition is met: what waits of it, lapsed or not, goes on as a lot with its own last day."""
    _revive(book, lot, lapsed(book.session, lot.member_id, [lot.id]).get(lot.id, 0))
    if not lot.remaining:
        return  # all of it was taken back meanwhile
    cause = Cause(Purpose.ACTIVATE, lot.id, at)
    points = lot.remaining
    transfer = book.move(
        Account.PENDING,
        Account.AVAILABLE,
        points,
        cause,
        funder_id=lot.funder_id,
        uses=[(lot, points)],
        part=book.balance.version,
    )
    book.new_lot(transfer, points, lot.funder_id, book.today, expires_on, pending=False)
    book.repay_debt(cause)


def recall(book: Book, lots: Sequence[UUID], own: Collection[UUID], points: int) -> list[UUID]:
    """Make so many points of lots that wait ready to be taken back, where they are the `own` of who takes them.

    Lapsed ones wait again; what went on as another lot is found there. Returns the lots in the order of taking.
    """
    named = {lot.id: lot for lot in book.lots}
    mine = [named[lot] for lot in lots if lot in own and lot in named]
    session, member_id, numbers = book.session, book.balance.member_id, [lot.id for lot in mine]
    gone, after = lapsed(session, member_id, numbers), successors(session, member_id, numbers)
    found: list[UUID] = []
    for number in lots:
        lot = named.get(number)
        if lot in mine and lot is not None:
            points -= lot.remaining
            again = max(min(gone.get(number, 0), points), 0)
            _revive(book, lot, again)
            points -= again + sum(named[one].remaining for one in after.get(number, ()) if one in named)
        found += [number, *after.get(number, ())]
    return found


def _revive(book: Book, lot: Lot, points: int) -> None:
    """So many lapsed points of a lot wait again."""
    if points:
        book.move(
            Account.EXPIRED,
            Account.PENDING,
            points,
            Cause(Purpose.LAPSE, lot.id, book.booked_at),
            funder_id=lot.funder_id,
            uses=[(lot, -points)],
            part=book.balance.version,
        )


def lapsed(session: Session, member_id: UUID, lots: Collection[UUID]) -> dict[UUID, int]:
    """What of each of a member's lots has lapsed."""
    found: dict[UUID, int] = {}
    for transfer in _caused_by(session, member_id, lots, Purpose.LAPSE):
        points = transfer.points if transfer.to_account == Account.EXPIRED else -transfer.points
        found[transfer.cause_id] = found.get(transfer.cause_id, 0) + points
    return found


def successors(session: Session, member_id: UUID, lots: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The lots that each of a member's went on as when its condition was met."""
    found: dict[UUID, list[UUID]] = {}
    for transfer in _caused_by(session, member_id, lots, Purpose.ACTIVATE):
        found.setdefault(transfer.cause_id, []).append(transfer.id)
    return found


def _caused_by(
    session: Session, member_id: UUID, lots: Collection[UUID], purpose: Purpose
) -> Sequence[Transfer]:
    if not lots:
        return ()
    return session.scalars(
        select(Transfer).where(
            Transfer.tenant_id == tenant_of(session),
            Transfer.member_id == member_id,
            Transfer.cause_id.in_(set(lots)),
            Transfer.purpose == purpose,
        )
    ).all()
