"""What waits for a person, and which telling of a sale pays for which."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from coalition.transactions.models import Purchase, PurchaseReturn, SuspectSale
from tenants.runtime.db import tenant_of


class Suspected(NamedTuple):
    """A till's sale and a bank's line that may be one sale."""

    suspect: SuspectSale
    sale: Purchase
    line: Purchase


def suspects(session: Session, *, limit: int = 200) -> Sequence[Suspected]:
    """What a person has to decide about, the oldest first."""
    rows = session.scalars(
        select(SuspectSale)
        .where(SuspectSale.tenant_id == tenant_of(session), SuspectSale.decision.is_(None))
        .order_by(SuspectSale.found_at, SuspectSale.sale_id, SuspectSale.line_id)
        .limit(limit)
    ).all()
    return [_with_both(session, row) for row in rows]


def suspect_by_ids(session: Session, member_id: UUID, sale_id: UUID, line_id: UUID) -> Suspected | None:
    """One of them, decided or not."""
    row = session.get(SuspectSale, (tenant_of(session), member_id, sale_id, line_id))
    return _with_both(session, row) if row else None


def suspects_count(session: Session) -> int:
    """How many wait for a decision."""
    waiting = (SuspectSale.tenant_id == tenant_of(session), SuspectSale.decision.is_(None))
    return session.scalar(select(func.count()).select_from(SuspectSale).where(*waiting)) or 0


def _with_both(session: Session, row: SuspectSale) -> Suspected:
    sale, line = (
        session.get_one(Purchase, (row.tenant_id, row.member_id, number))
        for number in (row.sale_id, row.line_id)
    )
    return Suspected(row, sale, line)


def other_tellings(
    session: Session, member_id: UUID, purchases: Collection[UUID]
) -> dict[UUID, tuple[Purchase, bool]]:
    """By purchase that both channels told: the other channel's telling, and whether it is that one that pays."""
    rows = session.execute(
        select(PurchaseReturn.purchase_id, PurchaseReturn.same_as).where(
            PurchaseReturn.tenant_id == tenant_of(session),
            PurchaseReturn.member_id == member_id,
            PurchaseReturn.same_as.is_not(None),
            or_(PurchaseReturn.purchase_id.in_(purchases), PurchaseReturn.same_as.in_(purchases)),
        )
    ).all()
    pairs = [(other, pays) for other, pays in rows if other is not None and pays is not None]
    both = {number for pair in pairs for number in pair}
    sales = {
        sale.id: sale
        for sale in session.scalars(
            select(Purchase).where(
                Purchase.tenant_id == tenant_of(session),
                Purchase.member_id == member_id,
                Purchase.id.in_(both),
            )
        )
    }
    found = {other: (sales[pays], True) for other, pays in pairs}
    return found | {pays: (sales[other], False) for other, pays in pairs}
