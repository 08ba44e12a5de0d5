"""What an order's truth comes to in the ledger: the one place where orders give points or take them back.

An order is wholly waiting, wholly spendable or nothing. `settle_order` compares what stands of it with what its last
known truth is worth and posts the difference, under the lock of the member's balance; so however often, late or out of
order a network tells something, the sum is that of its last word.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.ledger.conditional import meet, successors
from coalition.ledger.models import Account, Lot, Purpose
from coalition.ledger.post import Book, Cause
from coalition.ledger.queries import lots_by_id, transfers_for
from coalition.offers.models import Order
from coalition.offers.worth import Standing, Terms, points_for, standing
from coalition.programmes.models import Programme
from coalition.programmes.terms import NEVER, expires_on


def wanted_of(order: Order, terms: Terms) -> Standing:
    """What the order's truth is worth: nothing while there is a problem with it, or a sale pays for it."""
    if order.problem is not None or order.stands_back:
        return 0, 0
    return standing(order.state, points_for(order.commission, terms), terms.activation)


def settle_order(session: Session, book: Book, programme: Programme, order: Order, terms: Terms) -> bool:
    """Post what is missing between what stands and what should; whether anything was. `book` is the member's."""
    wanted, has = wanted_of(order, terms), (order.pending, order.active)
    if wanted == has:
        return False
    order.settled += 1
    _Posting(session, book, programme, order, terms).move(has, wanted)
    order.pending, order.active = wanted
    session.flush()  # the next order of this member reads what was posted
    return True


class _Posting:
    """One settlement of one order."""

    def __init__(
        self, session: Session, book: Book, programme: Programme, order: Order, terms: Terms
    ) -> None:
        self.session, self.book, self.programme, self.order, self.terms = (
            session,
            book,
            programme,
            order,
            terms,
        )

    def move(self, has: Standing, wanted: Standing) -> None:
        """From what stands to what should."""
        pending, active = has
        if active and wanted[0]:  # approved, and not any more: it waits again
            self._take(active, self._lots(spendable=True))
            active = 0
        if pending and wanted[1]:
            self._take(max(pending - wanted[1], 0), self._lots(spendable=False))
            for lot in self._waiting():
                meet(self.book, lot, at=self._at(), expires_on=expires_on(self.programme, self.book.today))
            self.session.flush()  # what went on as another lot is looked for below
            pending, active = 0, min(pending, wanted[1])
        more = (wanted[0] - pending) if wanted[0] or pending else (wanted[1] - active)
        if more > 0:
            self._give(more, waits=wanted[0] > 0)
        elif more < 0:
            self._take(-more, self._lots(spendable=not pending))

    def _give(self, points: int, *, waits: bool) -> None:
        today = self.book.today
        self.book.earn(
            Cause(Purpose.ORDER, self.order.id, self._at()),
            points,
            funder_id=self.terms.funder_id,
            active_on=NEVER if waits else today,
            expires_on=NEVER if waits else expires_on(self.programme, today),
            part=self.order.settled,
        )

    def _take(self, points: int, lots: Sequence[UUID]) -> None:
        if points:
            self.book.take_back(
                Cause(Purpose.ORDER_BACK, self.order.id, self._at()),
                points,
                funder_id=self.terms.funder_id,
                first=lots,
                part=self.order.settled,
            )

    def _at(self) -> datetime:
        """When it happened: the order itself at first, then what the network says of its changes."""
        told = self.order.ordered_at if self.order.settled == 1 else self.order.amended_at
        return min(told, self.book.booked_at)  # a network's clock may be ahead of ours

    def _own(self) -> list[UUID]:
        """The lots that the order gave, oldest first."""
        moved = transfers_for(self.session, self.order.member_id, self.order.id)
        return [one.id for one in moved if one.from_account == Account.ISSUED]

    def _lots(self, *, spendable: bool) -> list[UUID]:
        """Of them and of what they went on as: those that can be spent, or those that wait; newest first.

        Spent ones are known to the book, too: what has burnt of them is not taken twice.
        """
        own = self._own()
        numbers = [*own, *(one for after in self._after(own) for one in after)]
        found = lots_by_id(self.session, self.order.member_id, numbers)
        known = {lot.id for lot in self.book.lots}
        self.book.lots += [lot for lot in found if lot.id not in known]
        return [lot.id for lot in sorted(found, key=_place, reverse=True) if lot.pending != spendable]

    def _after(self, own: Sequence[UUID]) -> list[list[UUID]]:
        return list(successors(self.session, self.order.member_id, own).values())

    def _waiting(self) -> list[Lot]:
        own = set(self._own())
        return [lot for lot in self.book.lots if lot.id in own and lot.pending and lot.remaining]


def _place(lot: Lot) -> tuple[bool, UUID]:
    return lot.remaining > 0, lot.id
