"""What a version gives, after its limits, how it is kept, and whose it is to pay. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from coalition import money
from coalition.promotions.case import EVER, PAID_AT, PAID_TIMES, Facts, Line, slot_of
from coalition.promotions.index import FAR, Rule
from coalition.promotions.periods import period_in

CUT_BY_PURCHASE, CUT_BY_PERIOD, CUT_BY_BUDGET, CUT_BY_LANE, CUT_BY_RIVAL = range(1, 6)
WRITTEN_OFF = (
    7  # in the place of what cut: no award, but points that a correction had to leave; the base is the payer
)


class Award(NamedTuple):
    """What one version gives for one line: points after the limits, what they cut, and which limit cut last.

    `base` and `step` are the mechanic's own (`Worth`). An award of no points tells why: what cut it.
    """

    rule: Rule
    base: int
    points: int
    cut: int
    step: int = 0
    cut_by: int = 0


def explained(awards: Iterable[Award]) -> list[int]:
    """The awards as they are kept: version, base, points, cut, and step with what cut it, one after the other."""
    found: list[int] = []
    for rule, base, points, cut, step, cut_by in awards:
        found += (rule.version, base, points, cut, step << 3 | cut_by)
    return found


def parts_of(rule: Rule, old: int, new: int) -> list[tuple[int, int]]:
    """What each of a rule's pools gives (or, negative, gets back) when an award moves from `old` to `new` points.

    The whole is shared, and then the difference taken: so whatever way a total has come, every funder has paid exactly
    its share of it, and of nothing it has paid nothing.
    """
    weights = [weight for _, weight in rule.pools]
    before, after = money.share(old, weights), money.share(new, weights)
    moves = [(pool, after[i] - before[i]) for i, (pool, _) in enumerate(rule.pools)]
    return [(pool, points) for pool, points in moves if points]


def _room(rule: Rule, facts: Facts, period: int, day: date) -> int:
    """Points that the limits per period still leave to the rule."""
    counters = facts.counters
    left = FAR
    for limit in rule.limits:
        left = min(left, limit.points - counters.get((limit.period(period, day), rule.slot), 0))
    return max(left, 0)


def limited(
    rule: Rule, base: int, raw: int, step: int, facts: Facts, period: int, day: date, most: int = FAR
) -> Award:
    """An award after all its limits, and `most`; no counter moves."""
    points, by = raw, 0
    for left, cut_by in (
        (rule.limit_purchase, CUT_BY_PURCHASE),
        (most, CUT_BY_LANE),
        (_room(rule, facts, period, day), CUT_BY_PERIOD),
        (facts.rooms.get(rule.promotion, FAR) if rule.budget else FAR, CUT_BY_BUDGET),
    ):
        if points > left:
            points, by = left, cut_by
    return Award(rule, base, points, raw - points, step, by)


def within_month(rule: Rule, base: int, raw: int, facts: Facts, period: int) -> Award:
    """As `limited` and `counted`, for the most frequent case alone: a limit per month, and per purchase at most."""
    points, by = raw, 0
    if points > rule.limit_purchase:
        points, by = rule.limit_purchase, CUT_BY_PURCHASE
    key = (period, rule.slot)
    used = facts.counters.get(key, 0)
    if points > rule.monthly - used:
        points, by = max(rule.monthly - used, 0), CUT_BY_PERIOD
    if points:
        facts.counters[key] = used + points
        facts.touched.add(period)
    return Award(rule, base, points, raw - points, 0, by)


def counted(award: Award, facts: Facts, line: Line, day: date) -> Award:
    """Move the counters and the budget on by what an award gives, how often it is given, and when."""
    rule, points = award.rule, award.points
    if points:
        for limit in rule.limits:
            _add(facts, limit.period(line.period, day), rule.slot, points)
        for span in rule.times:
            _add(facts, period_in(span, day), slot_of(rule.promotion, PAID_TIMES), 1)
        if rule.spaced:
            key = (EVER, slot_of(rule.promotion, PAID_AT))
            facts.counters[key] = max(facts.counters.get(key, 0), line.at)
            facts.touched.add(EVER)
        if rule.budget:
            facts.rooms[rule.promotion] = facts.rooms.get(rule.promotion, FAR) - points
    return award


def _add(facts: Facts, period: int, slot: int, step: int) -> None:
    facts.counters[period, slot] = facts.counters.get((period, slot), 0) + step
    facts.touched.add(period)
