"""Deposits: what a participant has paid in for a programme, and what its share of all promotions has taken of it.

A deposit is a hard bound as a promotion's budget is (`budgets`), of the participant's share alone. It bounds what is
booked from its first payment on; an award is given only as far as every payer's share is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.models import Participant
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import raise_number
from coalition.promotions.budgets import add_room, left
from coalition.promotions.models import Deposit, DepositEntry
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import digest, next_numbers

UNITS = ("money", "points")
PAID_MOST = 10**15
NOTE_MAX = 200


@dataclass(frozen=True)
class Standing:
    """A deposit with whose it is, and the points that it still has."""

    deposit: Deposit
    participant: Participant
    left: int

    @property
    def taken(self) -> int:
        """Points that promotions have taken of it."""
        return self.deposit.points - self.left


def top_up(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    participant_id: int,
    unit: str,
    paid: int,
    request_id: str,
    note: str = "",
) -> Deposit:
    """Pay into a participant's deposit, in minor units of money or in points; the first payment opens it.

    The same request is the same payment. Raises NotFound("participant_unknown"), the first of what `refusals` finds,
    or Refusal("deposit_unit", unit=...) for another unit than the deposit is kept in.
    """
    actor.must(Permission.DESK_DEPOSIT_EDIT)
    tenant_id, programme = tenant_of(session), programme_by_id(session, programme_id)
    if session.get(Participant, (tenant_id, participant_id)) is None:
        raise NotFound("participant_unknown")
    for no in refusals(unit, paid, note):
        raise no
    deposit = _locked(session, programme_id, participant_id) or _opened(
        session, programme, participant_id, unit
    )
    if deposit.unit != unit:
        raise Refusal("deposit_unit", unit=deposit.unit)
    entry_id = UUID(bytes=digest("deposit", request_id))
    known = session.get(DepositEntry, (tenant_id, deposit.id, entry_id))
    if known is not None:
        if known.paid != paid:
            raise Conflict("request_reused")
        return deposit
    deposit.paid += paid
    points = _worth(programme, unit, deposit.paid) - deposit.points
    deposit.points += points
    session.add(
        DepositEntry(
            tenant_id=tenant_id,
            deposit_id=deposit.id,
            id=entry_id,
            at=clock.now(),
            paid=paid,
            points=points,
            note=note,
            staff_id=actor.id,
        )
    )
    add_room(session, -deposit.id, points)
    told = {"payer": participant_id, "unit": unit, "paid": paid, "points": points}
    record(session, actor, "deposit.pay_in", f"deposit {deposit.id}", after=told, reason=note)
    return deposit


def refusals(unit: str, paid: int, note: str) -> list[Refusal]:
    """Everything for which nothing can be paid in: "deposit_unit", "deposit_amount", "deposit_note"."""
    found = []
    if unit not in UNITS:
        found.append(Refusal("deposit_unit", unit=unit))
    if not 0 < paid <= PAID_MOST:
        found.append(Refusal("deposit_amount"))
    if len(note) > NOTE_MAX or not note.isprintable():
        found.append(Refusal("deposit_note"))
    return found


def deposits_of(session: Session, programme_id: int) -> list[Standing]:
    """The programme's deposits, by participant."""
    rows = session.execute(
        select(Deposit, Participant)
        .join(
            Participant,
            (Participant.tenant_id == Deposit.tenant_id) & (Participant.id == Deposit.participant_id),
        )
        .where(Deposit.tenant_id == tenant_of(session), Deposit.programme_id == programme_id)
        .order_by(Participant.code)
    )
    return [Standing(deposit, payer, left(session, -deposit.id)) for deposit, payer in rows]


def deposit_by_id(session: Session, deposit_id: int) -> Standing:
    """One deposit; NotFound("deposit_unknown")."""
    deposit = session.get(Deposit, (tenant_of(session), deposit_id))
    if deposit is None:
        raise NotFound("deposit_unknown")
    payer = session.get_one(Participant, (deposit.tenant_id, deposit.participant_id))
    return Standing(deposit, payer, left(session, -deposit.id))


def payments_of(session: Session, deposit_id: int, limit: int = 100) -> Sequence[DepositEntry]:
    """What was paid into a deposit, the newest first."""
    return session.scalars(
        select(DepositEntry)
        .where(DepositEntry.tenant_id == tenant_of(session), DepositEntry.deposit_id == deposit_id)
        .order_by(DepositEntry.at.desc(), DepositEntry.id)
        .limit(limit)
    ).all()


def _worth(programme: Programme, unit: str, paid: int) -> int:
    """Points that all that was paid is worth: floor of the whole, so nothing is lost between payments."""
    return paid if unit == "points" else paid * programme.value_points // programme.value_minor


def _locked(session: Session, programme_id: int, participant_id: int) -> Deposit | None:
    return session.scalars(
        select(Deposit)
        .where(
            Deposit.tenant_id == tenant_of(session),
            Deposit.programme_id == programme_id,
            Deposit.participant_id == participant_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _opened(session: Session, programme: Programme, participant_id: int, unit: str) -> Deposit:
    """A new deposit, empty. What is being booked meanwhile is booked before it was there."""
    raise_number(session)
    there = _locked(session, programme.id, participant_id)  # somebody may have opened it while we waited
    if there is not None:
        return there
    deposit = Deposit(
        tenant_id=programme.tenant_id,
        id=next_numbers(session, "deposit"),
        programme_id=programme.id,
        participant_id=participant_id,
        unit=unit,
        paid=0,
        points=0,
        opened_at=clock.now(),
    )
    session.add(deposit)
    session.flush()  # its payments and shards refer to it
    return deposit
