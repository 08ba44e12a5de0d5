"""Of two tellings of one sale one pays: the other is undone, and stays with the word whose sale it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from coalition.ledger.models import Purpose
from coalition.ledger.post import Cause
from coalition.programmes.models import Programme
from coalition.promotions.counters import save_counters
from coalition.promotions.index import Index
from coalition.transactions.corrections.valuing import being_posted, correct
from coalition.transactions.models import Purchase, PurchaseReturn, SuspectSale
from coalition.transactions.moved import note_moved
from coalition.transactions.opening import opened
from coalition.transactions.revaluing import revalue
from coalition.transactions.standing_back import row_of
from coalition.transactions.two_channels.finding import Same, Twice
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import digest


class Undone(NamedTuple):
    """A telling that is undone, and the one that pays."""

    row: PurchaseReturn
    same: Same


def undo(session: Session, programme: Programme, index: Index, same: Sequence[Same]) -> list[Undone]:
    """Take back what stored sales gave that stand back from now on; `name_payers` says for whom.

    The returns that they had look for their purchase anew (`returns.settle_returns`).
    """
    found = [Undone(_told_again(session, programme, sale), one) for one, sale in _stored(session, same)]
    if not found:
        return []
    session.flush()  # what stands is read from the tables
    members = opened(session, programme, index, {one.same.member_id for one in found})
    corrections = being_posted(session, programme)
    changed: set[tuple[UUID, int]] = set()
    for member_id, (book, facts) in members.items():
        for correction in corrections:
            changed |= correct(session, programme, index, correction, book, facts)
        for row, one in found:
            if one.member_id == member_id:
                cause = Cause(Purpose.RETURN, row.id, row.occurred_at)
                changed |= revalue(session, programme, index, book, facts, cause, {one.stands_back})
    save_counters(session, {member: one.facts.counters for member, one in members.items()}, changed)
    session.flush()  # sales are posted past the session
    return found


def settle(
    session: Session, programme: Programme, twice: Twice, undone: Sequence[Undone], booked_at: datetime
) -> None:
    """After new sales are posted: say whose the ones are that do not pay, and put suspects into the queue."""
    named = {one.same for one in undone}
    new = [one for one in twice.same if one not in named]
    undone = [
        *undone,
        *(Undone(_told_again(session, programme, sale), one) for one, sale in _stored(session, new)),
    ]
    name_payers(session, undone)
    if twice.suspects:
        rows = [
            {"tenant_id": tenant_of(session), "found_at": booked_at, **one._asdict()}
            for one in twice.suspects
        ]
        session.execute(insert(SuspectSale), rows)
    session.flush()


def name_payers(session: Session, undone: Sequence[Undone]) -> None:
    """Say of each whose sale it is; what else was suspected of either of the two is decided with it."""
    for row, one in undone:
        row.same_as = one.pays
    both = {sale for _, one in undone for sale in (one.pays, one.stands_back)}
    session.execute(
        update(SuspectSale)
        .where(
            SuspectSale.tenant_id == tenant_of(session),
            SuspectSale.member_id.in_({one.member_id for _, one in undone}),
            or_(SuspectSale.sale_id.in_(both), SuspectSale.line_id.in_(both)),
            SuspectSale.decision.is_(None),
        )
        .values(decision="two", decided_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    session.flush()


def _stored(session: Session, same: Sequence[Same]) -> list[tuple[Same, Purchase]]:
    """Those of which the one that stands back is in the table, with it."""
    if not same:
        return []
    rows = {
        sale.id: sale
        for sale in session.scalars(
            select(Purchase).where(
                Purchase.tenant_id == tenant_of(session),
                Purchase.member_id.in_({one.member_id for one in same}),
                Purchase.id.in_([one.stands_back for one in same]),
            )
        )
    }
    return [(one, rows[one.stands_back]) for one in same if one.stands_back in rows]


def _told_again(session: Session, programme: Programme, sale: Purchase) -> PurchaseReturn:
    """The row by which a sale stands back; returns of its own that were applied wait for their purchase again.

    For an order it does so no longer: the sale that pays for both does (`of_orders`).
    """
    own = session.scalars(
        select(PurchaseReturn).where(
            PurchaseReturn.tenant_id == sale.tenant_id,
            PurchaseReturn.member_id == sale.member_id,
            PurchaseReturn.purchase_id == sale.id,
        )
    ).all()
    note_moved(session, own)
    for back in own:
        if back.same_order is not None:
            back.state = "same"
        else:
            back.state, back.purchase_id = "waiting", None
    row = row_of(programme, sale, digest("told again", sale.key))
    session.add(row)
    return row
