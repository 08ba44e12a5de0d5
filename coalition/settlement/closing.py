"""A month is closed: its statements are drawn up, once, of what was booked in it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.settlement.days import FINAL_AFTER, after, count_days, since_of, span_of, sums_of
from coalition.settlement.drawing_up import Drawn, drawn_up, totals
from coalition.settlement.models import Settlement, Statement, StatementLine
from coalition.settlement.queries import next_month, statements_of
from coalition.settlement.returns import count_moved
from coalition.settlement.sums import Sum
from coalition.settlement.terms import OperatorTerms, Terms, settlement_of, terms_in
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

YEAR_MOST = 2999


def close(session: Session, actor: Actor, *, programme_id: int, month: date) -> Sequence[Statement]:
    """Draw up a month's statements; a month that is closed gives those it has.

    Months are closed in their order, from the first one with terms on. Raises NotFound("settlement_unknown"),
    Refusal("settlement_month") for a day that begins none, Refusal("settlement_early", ...) until an hour after its
    end, Refusal("settlement_order", month=...) while an earlier one is open, Refusal("settlement_nobody").
    """
    actor.must(Permission.DESK_SETTLEMENT_CLOSE)
    if month.day != 1 or month.year > YEAR_MOST:
        raise Refusal("settlement_month")
    settlement, programme = settlement_of(session, programme_id), programme_by_id(session, programme_id)
    if settlement.closed_until is not None and month <= settlement.closed_until:
        return statements_of(session, programme_id, month)
    since = span_of(programme, month).over + FINAL_AFTER
    if clock.now() < since:
        raise Refusal("settlement_early", month=said(month), since=since)
    terms = terms_in(session, programme_id, month)
    if not terms:
        raise Refusal("settlement_nobody", month=said(month))
    _require_order(session, settlement, month)
    found = _draw_up(session, settlement, programme, month, terms)
    settlement.closed_until = _last_day(month)
    told = {"month": said(month), "statements": len(found), "owes": sum(one.owes for one in found)}
    told["owed"] = sum(one.owed for one in found)
    record(session, actor, "settlement.close", f"programme {programme_id}", after=told)
    return found


def said(month: date) -> str:
    """A month as people write it: 2026-10."""
    return f"{month:%Y-%m}"


def _draw_up(
    session: Session,
    settlement: Settlement,
    programme: Programme,
    month: date,
    terms: Mapping[int, Terms],
) -> Sequence[Statement]:
    operator, today = OperatorTerms.model_validate(settlement.terms), clock.business_day(programme.zone)
    happened: dict[int, dict[str, Sum]] = {number: {} for number in terms}
    count_days(session, programme, month, terms)
    count_moved(session, programme, span_of(programme, month), since_of(session, programme))
    for (number, kind), found in sums_of(session, programme, month, terms).items():
        happened[number][kind] = found
    made: list[Statement] = []
    rows: list[StatementLine] = []
    for number in sorted(terms):
        exchange, vat = (programme.value_minor, programme.value_points), operator.vat_on(_last_day(month))
        lines = drawn_up(terms[number], happened[number], exchange, vat)
        if not lines:
            continue
        owes, owed = totals(lines)
        documents: dict[str, Any] = {
            "operator": settlement.terms,
            "participant": terms[number].model_dump(mode="json"),
            "exchange": list(exchange),
        }
        statement = Statement(
            tenant_id=tenant_of(session),
            programme_id=programme.id,
            month=month,
            participant_id=number,
            number=len(made) + 1,
            operator_id=settlement.operator_id,
            closed_at=clock.now(),
            answer_by=today + timedelta(days=operator.answer_days),
            pay_by=today + timedelta(days=operator.pay_days),
            owes=owes,
            owed=owed,
            terms=documents,
            digest=_digest(month, number, documents, lines),
        )
        made.append(statement)
        rows += (_row(statement, place, line) for place, line in enumerate(lines, 1))
    session.add_all(made)
    session.flush()  # lines refer to them
    session.add_all(rows)
    session.flush()
    return made


def _row(statement: Statement, place: int, line: Drawn) -> StatementLine:
    return StatementLine(
        tenant_id=statement.tenant_id,
        programme_id=statement.programme_id,
        month=statement.month,
        participant_id=statement.participant_id,
        side=line.side,
        place=place,
        kind=line.kind,
        count=line.count,
        points=line.points,
        minor=line.minor,
        rate=line.rate,
        base=line.base,
    )


def _digest(month: date, number: int, documents: Mapping[str, Any], lines: Sequence[Drawn]) -> bytes:
    """SHA-256 of all that the statement says."""
    said = [month.isoformat(), number, documents, [vars(line) for line in lines]]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def _require_order(session: Session, settlement: Settlement, month: date) -> None:
    """No month before this one is open, from the first one with terms on."""
    following = next_month(session, settlement.programme_id)
    if month != following:
        raise Refusal("settlement_order", month=said(following) if following else "")


def _last_day(month: date) -> date:
    return after(month) - timedelta(days=1)
