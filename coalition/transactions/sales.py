"""Sales and returns by the reference that their source gave them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Account
from coalition.ledger.queries import transfers_for
from coalition.redemption.tills import paid_for
from coalition.transactions.lines import reference_key
from coalition.transactions.models import Purchase, PurchaseReturn
from tenants.runtime.db import tenant_of


def sale_of(session: Session, *, source: str, reference: str) -> Purchase | None:
    """The sale that the source told by this reference, if there is one."""
    return session.scalars(
        select(Purchase).where(
            Purchase.tenant_id == tenant_of(session), Purchase.key == key_of(source, reference)
        )
    ).one_or_none()


def return_of(session: Session, *, source: str, reference: str) -> PurchaseReturn | None:
    """The return that the source told by this reference, if there is one."""
    return session.scalars(
        select(PurchaseReturn)
        .where(
            PurchaseReturn.tenant_id == tenant_of(session),
            PurchaseReturn.key == key_of(source, reference, refund=True),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def points_moved(session: Session, member_id: UUID, cause_id: UUID) -> int:
    """Points that one cause gave the member, less those that it took back; what had burnt she had lost already."""
    moved = transfers_for(session, member_id, cause_id)
    return sum(
        row.points if row.from_account == Account.ISSUED else -row.points
        for row in moved
        if Account.ISSUED in (row.from_account, row.to_account) and row.from_account != Account.EXPIRED
    )


def points_given_back(session: Session, member_id: UUID, return_id: UUID) -> int:
    """Points that had paid for what one return brought back, and are the member's again."""
    moved = transfers_for(session, member_id, return_id)
    return sum(row.points for row in moved if row.from_account == Account.REDEEMED)


def points_paid(session: Session, member_id: UUID, purchase_id: UUID) -> int:
    """Points that paid a part of a sale when it was made, whatever became of them since."""
    sale = session.get_one(Purchase, (tenant_of(session), member_id, purchase_id))
    paid = paid_for(session, member_id, [sale.key]).get(sale.key)
    return paid.points if paid else 0


def key_of(source: str, reference: str, *, refund: bool = False) -> UUID:
    """The identity of a sale or a return, as its row has it."""
    return UUID(bytes=reference_key(source, refund, reference))
