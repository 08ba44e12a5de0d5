"""What a version gives, after its limits, how it is kept, and whose it is to pay. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from coalition import money
from coalition.promotions.case import EVER, PAID_AT, PAID_TIMES, Facts, Line, seat_of, slot_of
from coalition.promotions.gives import Giving
from coalition.promotions.index import FAR, Rule
from coalition.promotions.periods import period_in

CUT_BY_PURCHASE, CUT_BY_PERIOD, CUT_BY_BUDGET, CUT_BY_LANE, CUT_BY_RIVAL, CUT_BY_DEPOSIT = range(1, 7)
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


def points_of(awards: Iterable[Award]) -> int:
    """Points that the awards give together; discounts and benefits are none."""
    return sum(award.points for award in awards if award.rule.giving is Giving.POINTS)


def parts_of(rule: Rule, old: int, new: int) -> list[tuple[int, int]]:
    """What each of a rule's pools gives (or, negative, gets back) when an award moves from `old` to `new` points.

    The whole is shared, and then the difference taken: so whatever way a total has come, every funder has paid exactly
    its share of it, and of nothing it has paid nothing. What is no points moves none.
    """
    if not rule.pools:
        return []
    weights = [weight for _, weight in rule.pools]
    before, after = money.share(old, weights), money.share(new, weights)
    moves = [(pool, after[i] - before[i]) for i, (pool, _) in enumerate(rule.pools)]
    return [(pool, points) for pool, points in moves if points]


def by_pool(awards: Iterable[Award]) -> dict[int, int]:
    """Points that awards take from each pool that pays them, exactly."""
    pools: dict[int, int] = {}
    for award in awards:
        rule, points = award.rule, award.points
        if len(rule.pools) == 1:
            pool = rule.pools[0][0]
            pools[pool] = pools.get(pool, 0) + points
            continue
        for pool, part in parts_of(rule, 0, points):
            pools[pool] = pools.get(pool, 0) + part
    return {pool: points for pool, points in pools.items() if points}


def _room(rule: Rule, facts: Facts, period: int, day: date) -> int:
    """Points that the limits per period still leave to the rule."""
    counters, slot = facts.counters, _slot(rule, facts)
    left = FAR
    for limit in rule.limits:
        left = min(left, limit.points - counters.get((limit.period(period, day), slot), 0))
    return max(left, 0)


def _slot(rule: Rule, facts: Facts) -> int:
    """Where the rule's points are counted: at this purchase's outlet, if at each of them."""
    return slot_of(rule.promotion, 0, facts.outlet) if rule.per_outlet else rule.slot


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
    if rule.seats and points and not _seated(rule, facts) and facts.rooms.get(rule.seats, FAR) < 1:
        points, by = 0, CUT_BY_BUDGET  # its places are what it has to give
    if rule.deposits and (covered := _covered(rule, points, facts)) < points:
        points, by = covered, CUT_BY_DEPOSIT
    if rule.sides is not None and points < raw:
        points = 0  # both sides or none
    return Award(rule, base, points, raw - points, step, by)


def drawn(rule: Rule, points: int, booked: int) -> Iterator[tuple[int, int]]:
    """What an award of so many points takes from each purse."""
    if rule.budget:
        yield rule.promotion, points
    if rule.deposits:
        parts = money.share(points, [weight for _, weight in rule.pools])
        for purse, since, places in rule.deposits:
            if since <= booked:
                yield purse, sum(parts[place] for place in places)


def _seated(rule: Rule, facts: Facts) -> bool:
    """Whether the member has a place among the first."""
    return bool(facts.counters.get((EVER, seat_of(rule.promotion)), 0))


def _covered(rule: Rule, points: int, facts: Facts) -> int:
    """The most points, up to so many, of which every deposit has its share."""
    weights = [weight for _, weight in rule.pools]
    bounds = [
        (facts.rooms.get(purse, FAR), places)
        for purse, since, places in rule.deposits
        if since <= facts.booked and facts.rooms.get(purse, FAR) < points
    ]
    for room, places in bounds:  # a part is less than a unit below its exact share
        points = min(points, (room + len(places)) * sum(weights) // sum(weights[place] for place in places))
    while points:
        parts = money.share(points, weights)
        if all(sum(parts[place] for place in places) <= room for room, places in bounds):
            break
        points -= 1
    return points


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
            _add(facts, limit.period(line.period, day), _slot(rule, facts), points)
        for span in rule.times:
            outlet = facts.outlet if rule.per_outlet else 0
            _add(facts, period_in(span, day), slot_of(rule.promotion, PAID_TIMES, outlet), 1)
        if rule.seats and not _seated(rule, facts):
            _add(facts, EVER, seat_of(rule.promotion), 1)
            facts.rooms[rule.seats] = facts.rooms.get(rule.seats, FAR) - 1
        if rule.spaced:
            key = (EVER, slot_of(rule.promotion, PAID_AT))
            facts.counters[key] = max(facts.counters.get(key, 0), line.at)
            facts.touched.add(EVER)
        for purse, taken in drawn(rule, points, facts.booked):
            facts.rooms[purse] = facts.rooms.get(purse, FAR) - taken
    return award


def _add(facts: Facts, period: int, slot: int, step: int) -> None:
    facts.counters[period, slot] = facts.counters.get((period, slot), 0) + step
    facts.touched.add(period)
