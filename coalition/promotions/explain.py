"""Why so many points: an explanation read back from what was stored, and why not more.

What a purchase met stands on the purchase as fours of version, base, points and cut; the version's document tells the
rest for ever. What it did not meet is worked out afresh from the versions that were live at its time, with the first
condition that failed, what it wanted and what there was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coalition.promotions.document import Document
from coalition.promotions.engine import Facts, Line
from coalition.promotions.index import EVER, FAR, Index, Rule


@dataclass(frozen=True)
class Applied:
    """A version that the purchase met: `points` after the limits, `cut` by them."""

    version: int
    document: Document
    starts_at: datetime
    base: int
    points: int
    cut: int


@dataclass(frozen=True)
class Missed:
    """A version that could have given more: the condition in the way, wanted and actual in its own units."""

    version: int
    condition: str  # "amount", "segment", "once", "month_limit"
    wanted: int
    actual: int


def missed(index: Index, facts: Facts, line: Line, met: Sequence[int]) -> list[Missed]:
    """Live versions at the seller that gave nothing, with the first condition that failed. Pure."""
    found = []
    for rule in index.of(line.partner, line.mcc):
        if rule.version in met or not rule.starts <= line.at < rule.ends:
            continue
        reason = _first_failed(rule, facts, line)
        if reason is not None:
            found.append(Missed(rule.version, *reason))
    return found


def _first_failed(rule: Rule, facts: Facts, line: Line) -> tuple[str, int, int] | None:
    if not rule.kinds >> line.kind & 1:
        return None  # telling a buyer that transfers earn too would be noise
    if line.amount < rule.amount_from:
        return "amount", rule.amount_from, line.amount
    if rule.segments and not rule.segments & facts.segments:
        return "segment", rule.segments, facts.segments
    if rule.once and facts.counters.get((EVER, rule.promotion)):
        return "once", 1, 1
    if rule.limit_month != FAR and facts.counters.get((line.period, rule.promotion), 0) >= rule.limit_month:
        return "month_limit", rule.limit_month, rule.limit_month
    return None
