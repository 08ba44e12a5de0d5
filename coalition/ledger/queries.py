"""Reads of the ledger. A member's reach ends at her own rows; the door passes her id from her sign-in."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Balance, Lot, Purpose, Transfer
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


def richest(session: Session, limit: int = 3) -> Sequence[UUID]:
    """Members with most to spend: whom a demo suggests to sign in as, wherever it does."""
    return session.scalars(
        select(Balance.member_id)
        .where(Balance.tenant_id == tenant_of(session))
        .order_by(Balance.available.desc(), Balance.member_id)
        .limit(limit)
    ).all()


def lots_by_id(session: Session, member_id: UUID, lots: Collection[UUID]) -> Sequence[Lot]:
    """These lots of a member, spent or not."""
    if not lots:
        return ()
    return session.scalars(
        select(Lot).where(
            Lot.tenant_id == tenant_of(session), Lot.member_id == member_id, Lot.id.in_(set(lots))
        )
    ).all()


def burnt(
    session: Session, member_id: UUID, lots: Collection[UUID] | None = None
) -> dict[UUID, list[tuple[UUID, int]]]:
    """What has burnt of each lot, or of these, and was not taken back since: what burnt it, and points."""
    by_lot = Transfer.purpose == Purpose.EXPIRE
    if lots is not None:
        by_lot &= Transfer.cause_id.in_(set(lots))
    taken: dict[UUID, int] = {}
    expiries: list[Transfer] = []
    for transfer in session.scalars(
        select(Transfer)
        .where(
            Transfer.tenant_id == tenant_of(session),
            Transfer.member_id == member_id,
            by_lot | (Transfer.from_account == Account.EXPIRED),
        )
        .order_by(Transfer.id)
    ):
        if transfer.purpose == Purpose.EXPIRE:
            expiries.append(transfer)
        elif transfer.reverses is not None:
            taken[transfer.reverses] = taken.get(transfer.reverses, 0) + transfer.points
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    for expiry in expiries:
        if left := expiry.points - taken.get(expiry.id, 0):
            found.setdefault(expiry.cause_id, []).append((expiry.id, left))
    return found
