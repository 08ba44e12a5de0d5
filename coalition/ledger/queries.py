"""Reads of the ledger. A member's reach ends at her own rows; the door passes her id from her sign-in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Balance, Lot, Transfer
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


def balance_of(session: Session, member_id: UUID) -> Balance:
    """A member's balance as last posted; NotFound("member_unknown")."""
    balance = session.get(Balance, (tenant_of(session), member_id))
    if balance is None:
        raise NotFound("member_unknown")
    return balance


def open_lots(session: Session, member_id: UUID) -> Sequence[Lot]:
    """Lots with points left, in the order they are spent, those not active yet among them."""
    return session.scalars(
        select(Lot)
        .where(Lot.tenant_id == tenant_of(session), Lot.member_id == member_id, Lot.remaining > 0)
        .order_by(Lot.expires_on, Lot.id)
    ).all()


def transfers_of(
    session: Session, member_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Sequence[Transfer]:
    """A member's transfers, newest event first, from before the transfer `before`."""
    query = select(Transfer).where(Transfer.tenant_id == tenant_of(session), Transfer.member_id == member_id)
    if before is not None:
        query = query.where(Transfer.id < before)
    return session.scalars(query.order_by(Transfer.id.desc()).limit(limit)).all()


def transfers_for(session: Session, member_id: UUID, cause_id: UUID) -> Sequence[Transfer]:
    """The transfers that one cause made."""
    return session.scalars(
        select(Transfer)
        .where(
            Transfer.tenant_id == tenant_of(session),
            Transfer.member_id == member_id,
            Transfer.cause_id == cause_id,
        )
        .order_by(Transfer.id)
    ).all()
