"""Sales as a till tells them, and drafts tried on them that give something else than points."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from coalition.backtests import jobs
from coalition.backtests.actions import start_backtest
from coalition.backtests.queries import backtest_by_id
from coalition.backtests.tally import Tally
from coalition.promotions.case import Item, Receipt
from coalition.transactions.dry_run import dry_run
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.ledger.house import House, drain

JOBS = (jobs,)  # imported for the jobs it declares
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
OFF = {"kind": "discount"}
COFFEE = {"goods": {"categories": ["coffee"]}}


def goods(*amounts: int, category: str = "") -> tuple[Item, ...]:
    return tuple(
        Item(f"{category}{number}", 1000, amount, category=category) for number, amount in enumerate(amounts)
    )


def sale(member: UUID, reference: str, *amounts: int, days: int = 0, **more: Any) -> Told:
    receipt = Receipt(goods(*amounts)) if amounts else None
    total = {"receipt": receipt, "amount": sum(amounts)} | more
    amount = total.pop("amount")
    return Told(reference, member, NOW - timedelta(days=days), amount, "shop", **total)


def told(bank: House, *sales: Told) -> None:
    with db.transaction(bank.tenant) as session:
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=sales)


def sold(bank: House, asked: Told) -> int:
    """The way of a till: ask, take off, tell; what was taken off."""
    with db.transaction(bank.tenant) as session:
        answer = dry_run(session, SYSTEM, programme_id=bank.programme, told=asked)
    told(bank, replace(asked, amount=answer.amount, receipt=answer.receipt))
    return asked.amount - answer.amount


def backtest(bank: House, document: dict[str, Any], code: str = "draft", **asked: Any) -> Tally:
    """The whole tally; `own` holds the document's own unit."""
    days = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 30)}
    with db.transaction(bank.tenant) as session:
        number = start_backtest(
            session, SYSTEM, programme_id=bank.programme, code=code, document=document, **days | asked
        ).id
    drain(bank.tenant)
    with db.transaction(bank.tenant) as session:
        found = backtest_by_id(session, number)
    assert found.finished
    assert found.tally.own is not None
    return found.tally


def own(tally: Tally) -> Tally:
    assert tally.own is not None
    return tally.own
