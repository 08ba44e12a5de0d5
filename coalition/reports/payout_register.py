"""A payout register as its payee needs it: whom to pay how much. Personal data only where money goes to a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import Handle, HandleKind
from coalition.members.queries import person_of
from coalition.redemption.kinds.cashback import PAYEE as CASHBACK
from coalition.redemption.models import PayoutRegister
from coalition.redemption.payouts import register_lines
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@dataclass(frozen=True)
class RegisterLine:
    """One payout. Name, phone and token are empty for gifts: a fund is told sums, not givers.

    The phone is its E.164 digits without the plus, which a spreadsheet would take for the start of a formula.
    The tail is that of the card's token, as the bank wrote it: rarely the digits of the card itself.
    Of a member who was erased all three are empty, which `erased` tells.
    """

    payout: UUID
    name: str
    phone: str
    token_tail: str
    minor: int
    state: str
    erased: bool = False


def register_for_payee(session: Session, actor: Actor, *, register_id: int) -> Sequence[RegisterLine]:
    """The lines of a register, with the client of each cashback; NotFound("register_unknown")."""
    actor.must(Permission.DESK_PAYOUT_SETTLE)
    register = session.get(PayoutRegister, (tenant_of(session), register_id))
    if register is None:
        raise NotFound("register_unknown")
    lines = []
    record(session, actor, "payout.download", f"register {register_id}")
    for payout in register_lines(session, register_id):
        name, phone, tail, erased = "", "", "", False
        if register.payee == CASHBACK:
            try:
                person = person_of(session, payout.member_id)
            except NotFound:
                erased = True
            else:
                name, phone = person.name, (person.phone or "").lstrip("+")
                tail = _token_tail(session, payout.member_id)
        lines.append(RegisterLine(payout.id, name, phone, tail, payout.minor, payout.state, erased))
    return lines


def _token_tail(session: Session, member_id: UUID) -> str:
    """The end of the token of the card that was linked first: the one that cashback goes to."""
    return (
        session.scalars(
            select(Handle.hint)
            .where(
                Handle.tenant_id == tenant_of(session),
                Handle.member_id == member_id,
                Handle.kind == HandleKind.CARD_TOKEN,
            )
            .order_by(Handle.linked_at, Handle.digest)
            .limit(1)
        ).first()
        or ""
    )
