"""Promotions compiled without a database, and purchases put to them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from coalition.promotions.awards import Award
from coalition.promotions.case import Facts, Line, Receipt, Setting, Units
from coalition.promotions.compiling import compile_index
from coalition.promotions.document import Document
from coalition.promotions.engine import evaluate
from coalition.promotions.index import Codes, Index, Published, microseconds
from coalition.promotions.kinds import OperationKind

CODES = Codes({"nerpa": 1, "sopka": 2}, {"payroll": 0, "pension": 1, "premium": 2}, {"bank": 1, "shop": 2})
LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)


def document(mechanic: dict[str, object], **more: Any) -> Document:
    funding = [{"participant": "bank", "share": 100}]
    title = {"ru": "А", "en": "O"}
    return Document.model_validate({"title": title, "mechanic": mechanic, "funding": funding} | more)


def index_of(
    *documents: Document, scale: int = 0, order: Sequence[int] | None = None, ends_at: datetime | None = None
) -> Index:
    """Version n is the n-th document, from 1; `order` is how they lie in storage."""
    published = [
        Published(number, 100 + number, LONG_AGO, ends_at, LONG_AGO, document)
        for number, document in enumerate(documents, 1)
    ]
    stored = [published[i] for i in order] if order else published
    return compile_index(stored, number=1, setting=Setting(Units(scale, 2)), codes=CODES, delay_days=0)


def member(opened_on: date | None = None, segments: int = 0) -> Facts:
    return Facts(UUID(int=1), segments, opened_on)


def buy(
    index: Index,
    amount: int,
    facts: Facts | None = None,
    *,
    day: date = date(2026, 11, 22),
    kind: OperationKind = OperationKind.PURCHASE,
    partner: int = 0,
    mcc: int = -1,
    receipt: Receipt | None = None,
) -> list[Award]:
    """The awards of one purchase at noon (UTC) of the day; the amount in minor units."""
    at = microseconds(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    line = Line(at, day.year * 100 + day.month, kind, amount, partner, mcc)
    return evaluate(index, facts or member(), line, day, receipt)


def points(*args: Any, **more: Any) -> int:
    return sum(award.points for award in buy(*args, **more))
