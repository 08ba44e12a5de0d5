"""The one engine: purchases of one member, in the order of their time, against the compiled index. Pure.

It serves files (many lines of a member) and single purchases alike. What a promotion limits per period is counted raw,
that is before the limit and net of returns; what it gives in total is min(limit, raw). So a purchase gives
min(limit, raw after) - min(limit, raw before), a return takes the same difference back, and the sum never depends on
the order in which they became known.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from coalition import money
from coalition.promotions.index import EVER, FAR, Index, Rule

Counters = dict[tuple[int, int], int]  # (period, promotion) -> raw points; for `once` the mark of the holder


class Line(NamedTuple):
    """A purchase as the engine reads it. No partner is 0, no MCC is -1; `period` is yyyymm of the business day.

    `mark` tells the member's purchases apart (`mark_of`): the one that has `once` is kept by it.
    """

    at: int  # microseconds since 1970, UTC
    period: int
    kind: int
    amount: int
    partner: int
    mcc: int
    mark: int


@dataclass(slots=True)
class Facts:
    """What promotions may ask of a member."""

    member_id: UUID
    segments: int
    opened_on: date | None
    counters: Counters = field(default_factory=dict)


class Award(NamedTuple):
    """What one version gives for one line: points after the limits, and what they cut.

    `before` is what a version with a limit per month had given in it before: funders share the month's total.
    """

    rule: Rule
    base: int
    points: int
    cut: int
    before: int = 0


def evaluate(index: Index, facts: Facts, line: Line, day: date | None) -> list[Award]:
    """Every award of one purchase; `facts.counters` move on. `day` may be None when no rule is special."""
    awards: list[Award] = []
    at, period, kind, amount, partner, mcc, mark = line
    bit, segments, counters = 1 << kind, facts.segments, facts.counters
    for rule in index.of(partner, mcc):
        if not (rule.kinds & bit and rule.starts <= at < rule.ends and amount >= rule.amount_from):
            continue
        if rule.segments and not rule.segments & segments:
            continue
        base, raw = _raw(rule, facts, amount, day)
        if not raw:
            continue
        kept = raw if raw < rule.limit_purchase else rule.limit_purchase
        before = 0
        if rule.once:
            key = (EVER, rule.promotion)
            if counters.get(key):
                continue
            counters[key] = mark
            given = kept
        elif rule.limit_month != FAR:
            key = (period, rule.promotion)
            counted = counters.get(key, 0)
            counters[key] = counted + kept
            before = min(rule.limit_month, counted)
            given = min(rule.limit_month, counted + kept) - before
        else:
            given = kept
        awards.append(Award(rule, base, given, raw - given, before))
    return awards


class Change(NamedTuple):
    """What a purchase's new net amount does to one version's points: `old` becomes `new`."""

    rule: Rule
    base: int
    old: int
    new: int


def revalue(
    facts: Facts, met: Iterable[tuple[Rule, int]], period: int, mark: int, *, before: int, after: int
) -> list[Change]:
    """What changes when a purchase's net amount moves from `before` to `after`.

    `met` are the rules that the purchase met when it was booked, each with the points it gave before its limits: they
    count whatever is live now. The net amount can rise again, when a return turns out to belong elsewhere. Counters
    move on.
    """
    changes: list[Change] = []
    counters = facts.counters
    for rule, raw_given in met:
        old, new = _kept(rule, raw_given, before), _kept(rule, raw_given, after)
        if rule.once:
            key = (EVER, rule.promotion)
            holder = counters.get(key, 0)
            if holder not in (0, mark) or (old and not holder):
                continue  # another purchase has it, or had it after this one: not a second time, nor from this one
            counters[key] = mark if new else 0
        elif rule.limit_month != FAR:
            key = (period, rule.promotion)
            raw = counters.get(key, 0)
            counters[key] = raw + new - old
            old, new = min(rule.limit_month, raw), min(rule.limit_month, raw + new - old)
        if new != old:
            changes.append(Change(rule, after, old, new))
    return changes


def parts_of(rule: Rule, old: int, new: int) -> list[tuple[int, int]]:
    """What each of a rule's pools gives (or, negative, gets back) when its total moves from `old` to `new` points.

    The total is shared, and then the difference taken: so whatever way a total has come, every funder has paid exactly
    its share of it, and of nothing it has paid nothing. With a limit per month the total is the month's.
    """
    weights = [weight for _, weight in rule.pools]
    before, after = money.share(old, weights), money.share(new, weights)
    moves = [(pool, after[i] - before[i]) for i, (pool, _) in enumerate(rule.pools)]
    return [(pool, points) for pool, points in moves if points]


def _kept(rule: Rule, raw_given: int, net: int) -> int:
    """Points for a net amount before limits per period; those not counted from it stay until nothing is left."""
    if net <= 0 or net < rule.amount_from:
        return 0
    if rule.once or rule.linear is None:
        return min(raw_given, rule.limit_purchase)
    flat, unit, numerator, denominator = rule.linear
    return min(flat + net // unit * numerator // denominator, rule.limit_purchase)


def _raw(rule: Rule, facts: Facts, amount: int, day: date | None) -> tuple[int, int]:
    """(base, points) before any limit."""
    if rule.linear is not None:
        flat, unit, numerator, denominator = rule.linear
        return amount, flat + amount // unit * numerator // denominator
    assert rule.special is not None, rule
    assert day is not None, "a special rule asks for the business day"
    return rule.special.points(facts.opened_on, day)
