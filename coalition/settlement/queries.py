"""Closed months and their statements."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.settlement.models import PartyTerms, Settlement, Statement, StatementLine
from coalition.settlement.terms import Legal, OperatorTerms
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


def months_closed(session: Session, programme_id: int) -> Sequence[tuple[date, int, int, int]]:
    """Each month that has statements, the newest first: how many, what is owed to the operator in all, and by it."""
    rows = session.execute(
        select(Statement.month, func.count(), func.sum(Statement.owes), func.sum(Statement.owed))
        .where(Statement.tenant_id == tenant_of(session), Statement.programme_id == programme_id)
        .group_by(Statement.month)
        .order_by(Statement.month.desc())
    )
    return [(month, count, int(owes), int(owed)) for month, count, owes, owed in rows]


def next_month(session: Session, programme_id: int) -> date | None:
    """The month that is closed next; None where nobody operates the programme or has terms."""
    settlement = session.get(Settlement, (tenant_of(session), programme_id))
    if settlement is not None and settlement.closed_until is not None:
        return settlement.closed_until + timedelta(days=1)
    return session.scalar(
        select(func.min(PartyTerms.since)).where(
            PartyTerms.tenant_id == tenant_of(session), PartyTerms.programme_id == programme_id
        )
    )


def legal_of(session: Session, programme_id: int) -> Legal:
    """The legal entity that operates the programme, as acts name it; an empty one where nobody has said."""
    settlement = session.get(Settlement, (tenant_of(session), programme_id))
    return OperatorTerms.model_validate(settlement.terms).legal if settlement is not None else Legal()


def statements_of(session: Session, programme_id: int, month: date) -> Sequence[Statement]:
    """A month's statements, by their numbers."""
    return session.scalars(
        select(Statement)
        .where(
            Statement.tenant_id == tenant_of(session),
            Statement.programme_id == programme_id,
            Statement.month == month,
        )
        .order_by(Statement.number)
    ).all()


def statement_of(session: Session, programme_id: int, month: date, participant_id: int) -> Statement:
    """One statement; NotFound("statement_unknown")."""
    found = session.get(Statement, (tenant_of(session), programme_id, month, participant_id))
    if found is None:
        raise NotFound("statement_unknown")
    return found


def lines_of(session: Session, statement: Statement) -> Sequence[StatementLine]:
    """Its lines, what the participant owes first."""
    return session.scalars(
        select(StatementLine)
        .where(
            StatementLine.tenant_id == tenant_of(session),
            StatementLine.programme_id == statement.programme_id,
            StatementLine.month == statement.month,
            StatementLine.participant_id == statement.participant_id,
        )
        .order_by(StatementLine.side, StatementLine.place)
    ).all()
