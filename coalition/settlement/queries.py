"""Closed months and their statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.settlement.models import (
    Objection,
    ObjectionAnswer,
    PartyTerms,
    Settlement,
    Statement,
    StatementLine,
    StatementStep,
)
from coalition.settlement.states import State
from coalition.settlement.terms import Legal, OperatorTerms
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@dataclass(frozen=True)
class Disputed:
    """An objection with its answer, if it has one."""

    objection: Objection
    answer: ObjectionAnswer | None


def months_closed(
    session: Session, programme_id: int, only: int | None = None
) -> Sequence[tuple[date, int, int, int]]:
    """Each month that has statements, the newest first: how many, what is owed to the operator in all, and by it.

    With `only`, of that participant alone.
    """
    query = (
        select(Statement.month, func.count(), func.sum(Statement.owes), func.sum(Statement.owed))
        .where(Statement.tenant_id == tenant_of(session), Statement.programme_id == programme_id)
        .group_by(Statement.month)
        .order_by(Statement.month.desc())
    )
    rows = session.execute(query if only is None else query.where(Statement.participant_id == only))
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


def line_at(session: Session, statement: Statement, side: int, place: int) -> StatementLine:
    """One line of a statement; NotFound("line_unknown")."""
    key = (statement.programme_id, statement.month, statement.participant_id)
    found = session.get(StatementLine, (tenant_of(session), *key, side, place))
    if found is None:
        raise NotFound("line_unknown")
    return found


def steps_of(session: Session, statement: Statement) -> Sequence[StatementStep]:
    """The way that a statement has gone, from its beginning."""
    return session.scalars(
        select(StatementStep)
        .where(
            StatementStep.tenant_id == tenant_of(session),
            StatementStep.programme_id == statement.programme_id,
            StatementStep.month == statement.month,
            StatementStep.participant_id == statement.participant_id,
        )
        .order_by(StatementStep.number)
    ).all()


def states_in(session: Session, programme_id: int, month: date) -> dict[int, State]:
    """Where each statement of a month is, by participant; who is not there is as it was drawn up."""
    rows = session.execute(
        select(StatementStep.participant_id, StatementStep.state)
        .where(
            StatementStep.tenant_id == tenant_of(session),
            StatementStep.programme_id == programme_id,
            StatementStep.month == month,
        )
        .order_by(StatementStep.number)
    )
    return {participant: State(state) for participant, state in rows}


def objections_of(session: Session, statement: Statement) -> Sequence[Disputed]:
    """What was said against a statement's lines, in the order in which it was said."""
    rows = session.execute(
        select(Objection, ObjectionAnswer)
        .outerjoin(
            ObjectionAnswer,
            (ObjectionAnswer.tenant_id == Objection.tenant_id)
            & (ObjectionAnswer.programme_id == Objection.programme_id)
            & (ObjectionAnswer.month == Objection.month)
            & (ObjectionAnswer.participant_id == Objection.participant_id)
            & (ObjectionAnswer.number == Objection.number),
        )
        .where(
            Objection.tenant_id == tenant_of(session),
            Objection.programme_id == statement.programme_id,
            Objection.month == statement.month,
            Objection.participant_id == statement.participant_id,
        )
        .order_by(Objection.number)
    )
    return [Disputed(*row) for row in rows]
