"""Purchases told in full, put to one promotion that gives 10 points for each that pays."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from coalition.promotions.calendar import known_always
from coalition.promotions.case import (
    Facts,
    Failed,
    Item,
    Known,
    Line,
    Outlet,
    Profile,
    Receipt,
    Setting,
    Units,
)
from coalition.promotions.compiling import compile_index
from coalition.promotions.engine import evaluate
from coalition.promotions.index import Index, Published, Rule, microseconds
from coalition.promotions.kinds import OperationKind
from coalition.promotions.tiers import TierTerms
from tests.promotions.offers import CODES, LONG_AGO, document, member

PROMOTION = 101
TEN = {"kind": "fixed", "points": "10"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday


def offer(
    *where: dict[str, Any],
    holidays: Iterable[date] = (),
    tiers: TierTerms | None = None,
    mechanic: dict[str, Any] = TEN,
    **more: Any,
) -> Index:
    """A tenant with one promotion under these further conditions."""
    published = Published(
        1, PROMOTION, LONG_AGO, None, LONG_AGO, document(mechanic, where=list(where), **more)
    )
    setting = Setting(Units(0, 2), holidays=known_always(holidays))
    return compile_index([published], number=1, setting=setting, codes=CODES, delay_days=0, tiers=tiers)


def known(**profile: Any) -> Facts:
    """A member of whom more is known."""
    facts = member()
    facts.known = (Known(0, Profile(**profile)),)
    return facts


def line_of(at: datetime, amount: int, partner: int = 0) -> Line:
    """A purchase for so many kopecks."""
    day = at.astimezone(UTC).date()
    return Line(microseconds(at), day.year * 100 + day.month, OperationKind.PURCHASE, amount, partner, -1)


def sell(
    index: Index,
    facts: Facts | None = None,
    at: datetime = NOON,
    *,
    amount: int = 100_000,
    receipt: Receipt | None = None,
    partner: int = 0,
) -> int | Failed:
    """What one purchase gives, or the condition that it failed; the business day is that of UTC."""
    day = at.astimezone(UTC).date()
    line = line_of(at, amount, partner)
    told: list[tuple[Rule, Failed]] = []
    awards = evaluate(index, facts or member(), line, day, receipt, told=told)
    return told[0][1] if told else sum(award.points for award in awards)


def sell_all(index: Index, times: Iterable[datetime], facts: Facts | None = None, **more: Any) -> list[bool]:
    """Which of a member's purchases pay, in the order in which they became known."""
    facts = facts or member()
    return [sell(index, facts, at, **more) == 10 for at in times]


def days(*numbers: int) -> list[datetime]:
    """Noon, so many days after the first noon."""
    return [NOON + timedelta(days=number) for number in numbers]


def bought(*items: Item, **more: Any) -> Receipt:
    """A receipt with these lines."""
    return Receipt(items=items, **more)


def item(amount: int, quantity: int = 1000, **more: Any) -> Item:
    """A line for so many kopecks."""
    return Item(more.pop("sku", "a"), quantity, amount, **more)


def sold_at(zone: str = "UTC", **codes: str) -> Receipt:
    """A receipt of an outlet."""
    names = {"code": "o1", "region": "south", "brand": "b1", "franchise": "f1"} | codes
    return Receipt(outlet=Outlet(zone=zone, **names))
