"""Money for agreed statements: orders of the operator's for its bank, and what the bank's statement shows as paid.

Of each pair of operator and participant the net of a statement is paid, by whoever owes it. Every payment has a
reference that is derived from its statement: the order has it, and what comes from a participant is known by it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.models import Participant
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.settlement.answering import step_paid
from coalition.settlement.camt import Entry, entries
from coalition.settlement.models import PaymentOrder, Settlement, Statement, StatementPayment
from coalition.settlement.pain import Message, Order, line, written
from coalition.settlement.queries import statements_of, states_in
from coalition.settlement.states import State
from coalition.settlement.terms import OperatorTerms, settlement_of, terms_in
from tenants.actor import Actor
from tenants.audit import record
from tenants.branding.formats import precision
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

ENTRY_MOST = 140
_REFERENCE = re.compile(r"ST([0-9]{1,9})-([0-9]{4})([0-9]{2})-([0-9]{1,9})")


@dataclass(frozen=True)
class Misfit:
    """A payment on the account that marks nothing as paid, and why: a code of `WHY`."""

    entry: Entry
    why: str


@dataclass(frozen=True)
class Marked:
    """What a bank's statement showed: statements paid now, those it had shown before, and what did not fit."""

    paid: Sequence[StatementPayment]
    known: int
    misfits: Sequence[Misfit]


WHY = ("reference", "unknown", "state", "paid", "direction", "currency", "sum", "not_booked", "reversal")
"""No reference, one of no statement, not agreed, paid already, the wrong way, another currency or sum, and so on."""


def reference_of(statement: Statement) -> str:
    """The reference of its payment, at most 35 characters: ST1-202610-118."""
    return f"ST{statement.programme_id}-{statement.month:%Y%m}-{statement.participant_id}"


def order_payments(session: Session, actor: Actor, *, programme_id: int, month: date) -> bytes:
    """Orders for what the operator owes by agreed statements of a month, as `pain.001`.

    A statement is in one message: where some were agreed since the last one they are a new message, and where none were
    the last one is written again, byte for byte. Raises Refusal("nothing_to_pay", month=...), and
    Refusal("account_missing", who=...) where the account, the BIC or the name of one of the two is not known.
    """
    actor.must(Permission.DESK_SETTLEMENT_PAY)
    settlement, programme = settlement_of(session, programme_id), programme_by_id(session, programme_id)
    known = _orders(session, programme_id, month)
    states = states_in(session, programme_id, month)
    ordered = {one.participant_id for one in known}
    fresh = [
        one
        for one in statements_of(session, programme_id, month)
        if one.owed > one.owes
        and one.participant_id not in ordered
        and states.get(one.participant_id) == State.AGREED
    ]
    if fresh:
        made = _made(session, settlement, month, fresh, max((one.message for one in known), default=0) + 1)
        told = {"month": f"{month:%Y-%m}", "count": len(made), "minor": sum(one.minor for one in made)}
        record(session, actor, "settlement.order", f"programme {programme_id}", after=told)
    elif known:
        last = max(one.message for one in known)
        made = [one for one in known if one.message == last]
    else:
        raise Refusal("nothing_to_pay", month=f"{month:%Y-%m}")
    return _message(programme, month, made)


def mark_paid(session: Session, actor: Actor, *, programme_id: int, content: bytes) -> Marked:
    """Mark statements as paid by a bank's statement: by the reference and the exact sum, each once for ever.

    The same file again changes nothing. Raises Refusal("camt_unclear", why=...), which changes nothing either.
    """
    actor.must(Permission.DESK_SETTLEMENT_PAY)
    _settlement, programme = settlement_of(session, programme_id), programme_by_id(session, programme_id)
    paid: list[StatementPayment] = []
    misfits: list[Misfit] = []
    known = 0
    for entry in entries(content):
        statement = _statement(session, programme_id, entry)
        if statement is None:
            misfits.append(Misfit(entry, "unknown" if entry.end_to_end else "reference"))
            continue
        before = _payment(session, statement)
        if before is not None and (before.entry, before.paid_on) == (entry.id[:ENTRY_MOST], entry.day):
            known += 1
            continue
        why = "paid" if before is not None else _why(session, programme, statement, entry)
        if why:
            misfits.append(Misfit(entry, why))
            continue
        paid.append(_paid(session, actor, statement, entry))
    if paid:
        told = {"count": len(paid), "minor": sum(one.minor for one in paid)}
        record(session, actor, "settlement.paid", f"programme {programme_id}", after=told)
    return Marked(paid, known, misfits)


def _made(
    session: Session, settlement: Settlement, month: date, fresh: Sequence[Statement], number: int
) -> list[PaymentOrder]:
    today = clock.business_day(programme_by_id(session, settlement.programme_id).zone)
    terms = terms_in(session, settlement.programme_id, today.replace(day=1))
    debtor = OperatorTerms.model_validate(settlement.terms).legal.model_dump()
    _complete(session, settlement.operator_id, debtor)
    made = []
    for one in fresh:
        creditor = terms[one.participant_id].legal.model_dump()
        _complete(session, one.participant_id, creditor)
        made.append(
            PaymentOrder(
                tenant_id=one.tenant_id, programme_id=one.programme_id, month=month, participant_id=one.participant_id,
                message=number, made_at=clock.now(), pay_on=max(today, min(one.pay_by for one in fresh)),
                reference=reference_of(one), minor=one.owed - one.owes,
                parties={"debtor": debtor, "creditor": creditor, "contract": terms[one.participant_id].contract},
            )
        )  # fmt: skip
    session.add_all(made)
    session.flush()
    return made


def _complete(session: Session, participant_id: int, legal: Mapping[str, str]) -> None:
    if not (line(legal["name"]).strip() and legal["account"] and legal["bic"]):
        who = session.get_one(Participant, (tenant_of(session), participant_id))
        raise Refusal("account_missing", who=who.code)


def _message(programme: Programme, month: date, orders: Sequence[PaymentOrder]) -> bytes:
    first = orders[0]
    return written(
        Message(
            number=f"ST{programme.id}-{month:%Y%m}-M{first.message}",
            made_at=first.made_at,
            pay_on=first.pay_on,
            debtor=first.parties["debtor"],
            currency=programme.currency,
            exponent=precision(programme.currency),
            orders=[
                Order(one.reference, one.minor, one.parties["creditor"], _purpose(one)) for one in orders
            ],
        )
    )


def _purpose(one: PaymentOrder) -> str:
    contract = f", {one.parties['contract']}" if one.parties["contract"] else ""
    return f"{one.reference}{contract}"


def _orders(session: Session, programme_id: int, month: date) -> Sequence[PaymentOrder]:
    return session.scalars(
        select(PaymentOrder)
        .where(
            PaymentOrder.tenant_id == tenant_of(session),
            PaymentOrder.programme_id == programme_id,
            PaymentOrder.month == month,
        )
        .order_by(PaymentOrder.participant_id)
    ).all()


def _statement(session: Session, programme_id: int, entry: Entry) -> Statement | None:
    """The statement that a reference names."""
    found = _REFERENCE.fullmatch(entry.end_to_end)
    if found is None or int(found[1]) != programme_id or not 1 <= int(found[3]) <= 12 or found[2] == "0000":
        return None
    month = date(int(found[2]), int(found[3]), 1)
    return session.get(Statement, (tenant_of(session), programme_id, month, int(found[4])))


def _payment(session: Session, one: Statement) -> StatementPayment | None:
    return session.get(StatementPayment, (one.tenant_id, one.programme_id, one.month, one.participant_id))


def _why(session: Session, programme: Programme, statement: Statement, entry: Entry) -> str:
    """Why a payment does not pay the statement that it names; nothing where it does."""
    net = statement.owes - statement.owed
    state = states_in(session, programme.id, statement.month).get(statement.participant_id)
    if not entry.booked:
        return "not_booked"
    if entry.reversal:
        return "reversal"
    if state != State.AGREED:
        return "state"
    if entry.currency != programme.currency:
        return "currency"
    if entry.credit != (net > 0):
        return "direction"
    return "" if entry.amount == Decimal(abs(net)).scaleb(-precision(programme.currency)) else "sum"


def _paid(session: Session, actor: Actor, statement: Statement, entry: Entry) -> StatementPayment:
    step_paid(session, actor, statement=statement)
    made = StatementPayment(
        tenant_id=statement.tenant_id, programme_id=statement.programme_id, month=statement.month,
        participant_id=statement.participant_id, entry=entry.id[:ENTRY_MOST], paid_on=entry.day,
        minor=abs(statement.owes - statement.owed), at=clock.now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made
