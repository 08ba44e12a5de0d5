"""Payout registers: what the bank pays to members' cards, and to each fund, and what became of it.

A register takes every payout that waits for its payee; its total is the sum of its lines. A payout that the bank
returns undoes its redemption: the points go back to the lots they came from.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from coalition.ledger.post import open_book
from coalition.members.queries import member_by_id
from coalition.programmes.queries import programme_by_id
from coalition.redemption.actions import undo
from coalition.redemption.models import Payout, PayoutRegister
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.ids import next_numbers

# {(state, event): state}; anything else is a Conflict.
STATES = {("sent", "pay"): "paid", ("sent", "return"): "returned"}


def make_register(session: Session, actor: Actor, *, payee: str) -> PayoutRegister | None:
    """Put every payout that waits for the payee into a new register; None when nothing waits."""
    actor.must(Permission.DESK_PAYOUT_SETTLE)
    tenant_id = tenant_of(session)
    waiting = session.scalars(
        select(Payout)
        .where(Payout.tenant_id == tenant_id, Payout.payee == payee, Payout.state == "waiting")
        .order_by(Payout.id)
        .with_for_update()
    ).all()
    if not waiting:
        return None
    register = PayoutRegister(
        tenant_id=tenant_id,
        id=next_numbers(session, "payout_register"),
        payee=payee,
        made_at=clock.now(),
        count=len(waiting),
        minor=sum(payout.minor for payout in waiting),
    )
    session.add(register)
    session.flush()  # its payouts refer to it
    for payout in waiting:
        payout.state, payout.register_id = "sent", register.id
    told = {"payee": payee, "count": register.count, "minor": register.minor}
    record(session, actor, "payout.register", f"register {register.id}", after=told)
    return register


def mark_paid(session: Session, actor: Actor, *, register_id: int) -> int:
    """The bank has paid the register: every payout of it that was not returned. Returns how many."""
    actor.must(Permission.DESK_PAYOUT_SETTLE)
    paid = session.execute(
        update(Payout)
        .where(
            Payout.tenant_id == tenant_of(session),
            Payout.register_id == register_id,
            Payout.state == "sent",
        )
        .values(state=STATES["sent", "pay"], ended_at=clock.now())
        .returning(Payout.id)
    ).all()
    if paid:
        told = {"count": len(paid), "state": "paid"}
        record(session, actor, "payout.paid", f"register {register_id}", before={"state": "sent"}, after=told)
    return len(paid)


def mark_returned(session: Session, actor: Actor, *, register_id: int, payout_id: UUID) -> Payout:
    """The bank could not pay this one: its redemption is cancelled and the points go back."""
    actor.must(Permission.DESK_PAYOUT_SETTLE)
    payout = session.scalars(
        select(Payout).where(
            Payout.tenant_id == tenant_of(session),
            Payout.register_id == register_id,
            Payout.id == payout_id,
        )
    ).one_or_none()
    if payout is None:
        raise NotFound("payout_unknown")
    # The balance before the payout, as everywhere: a member who cancels at the same moment waits, and nobody deadlocks.
    programme = programme_by_id(session, member_by_id(session, payout.member_id).programme_id)
    open_book(session, member_id=payout.member_id, zone=programme.zone)
    session.refresh(payout, with_for_update=True)
    after = STATES.get((payout.state, "return"))
    if after is None:
        raise Conflict("payout_ended", state=payout.state)
    payout.state, payout.ended_at = after, clock.now()
    session.flush()  # the cancellation reads it
    undo(session, payout.member_id, payout.id)
    told = {"state": after, "minor": payout.minor, "register": register_id}
    record(session, actor, "payout.returned", f"payout {payout.id}", before={"state": "sent"}, after=told)
    return payout


def registers(session: Session) -> Sequence[PayoutRegister]:
    """All registers, newest first."""
    return session.scalars(
        select(PayoutRegister)
        .where(PayoutRegister.tenant_id == tenant_of(session))
        .order_by(PayoutRegister.id.desc())
    ).all()


def register_lines(session: Session, register_id: int) -> Sequence[Payout]:
    """The payouts of a register."""
    return session.scalars(
        select(Payout)
        .where(Payout.tenant_id == tenant_of(session), Payout.register_id == register_id)
        .order_by(Payout.id)
    ).all()


def waiting_by_payee(session: Session) -> dict[str, tuple[int, int]]:
    """How many payouts wait for each payee, and their sum in minor units."""
    rows = session.execute(
        select(Payout.payee, func.count(), func.sum(Payout.minor))
        .where(Payout.tenant_id == tenant_of(session), Payout.state == "waiting")
        .group_by(Payout.payee)
    )
    return {payee: (count, int(minor)) for payee, count, minor in rows}
