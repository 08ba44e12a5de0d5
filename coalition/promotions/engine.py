"""The one engine: purchases of one member, in the order they were booked, against the compiled index. Pure.

It serves files, single purchases, dry runs, returns, corrections and replays of past months alike. What a member has is
a function of everything known about her: when something known changes, `replay` works all of it out anew, and only the
differences are posted. So every undo is exact, whatever a promotion counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from coalition import money
from coalition.promotions.case import (
    EVER,
    PAID_AT,
    PAID_TIMES,
    Case,
    Counters,
    Facts,
    Failed,
    Line,
    Occasion,
    Receipt,
    promotion_of,
    slot_of,
)
from coalition.promotions.index import FAR, Index, Lane, Rule
from coalition.promotions.periods import period_in

CUT_BY_PURCHASE, CUT_BY_PERIOD, CUT_BY_BUDGET, CUT_BY_LANE, CUT_BY_RIVAL = range(1, 6)


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


def evaluate(
    index: Index,
    facts: Facts,
    line: Line,
    day: date,
    receipt: Receipt | None = None,
    *,
    booked: int = FAR,
    told: list[tuple[Rule, Failed]] | None = None,
    occasion: Occasion | None = None,
) -> list[Award]:
    """Every award of one purchase, or of the occasion alone; `facts.counters` move on.

    Only versions published until it was `booked` count. With `told`, the versions that give nothing are added to it,
    each with the first condition that failed.
    """
    awards: list[Award] = []
    rivals: list[tuple[Lane, Award]] = []
    late: list[Rule] = []
    at, period, kind, amount, partner, mcc = line
    bit, segments = 1 << kind, facts.segments
    case = None
    if index.tiers is not None:
        facts.tier = index.tiers.held(facts.counters, day)
    for rule in index.of(partner, mcc) if occasion is None else index.by_occasion.get(occasion.kind, ()):
        if not (rule.kinds & bit and rule.starts <= at < rule.ends and amount >= rule.amount_from) or (
            rule.segments and not rule.segments & segments
        ):
            if told is not None and rule.published <= booked and (failed := rule.unmet(facts, line)):
                told.append((rule, failed))
            continue
        if rule.published > booked:
            continue  # it was not there when this was booked
        step = 0
        if rule.linear is not None:
            flat, unit, numerator, denominator = rule.linear
            base, raw = amount, flat + amount // unit * numerator // denominator
        elif rule.late:
            late.append(rule)
            continue
        else:
            case = case or Case(
                line, facts, day, index.setting.zone, receipt, facts.profile_at(booked), occasion=occasion
            )
            found = rule.worth(case)
            if isinstance(found, Failed):
                if told is not None:
                    told.append((rule, found))
                continue
            base, raw, step = found
        if not raw:
            if told is not None:
                told.append((rule, Failed("too_little", None, base)))
            continue
        if rule.lane is not None:
            rivals.append((rule.lane, Award(rule, base, raw, 0, step)))
        elif rule.monthly:
            awards.append(_within_month(rule, base, raw, facts, period))
        elif rule.counted:
            awards.append(_counted(_limited(rule, base, raw, step, facts, period, day), facts, line, day))
        elif raw > rule.limit_purchase:
            awards.append(
                Award(rule, base, rule.limit_purchase, raw - rule.limit_purchase, step, CUT_BY_PURCHASE)
            )
        else:
            awards.append(Award(rule, base, raw, 0, step))
    if rivals:
        awards += _chosen(rivals, facts, line, day)
    if late:
        awards += _on_top(
            late,
            awards,
            case or Case(line, facts, day, index.setting.zone, receipt, facts.profile_at(booked)),
            told,
        )
    if index.tiers is not None and occasion is None:  # levels go by what was bought
        index.tiers.count(facts, line, day, sum(award.points for award in awards))
    return awards


def explained(awards: Iterable[Award]) -> list[int]:
    """The awards as they are kept: version, base, points, cut, and step with what cut it, one after the other."""
    found: list[int] = []
    for rule, base, points, cut, step, cut_by in awards:
        found += (rule.version, base, points, cut, step << 3 | cut_by)
    return found


class Past(NamedTuple):
    """A purchase that was booked, as it is known today: `line.amount` and the receipt are net of its returns."""

    line: Line
    day: date
    booked: int
    segments: int
    receipt: Receipt | None = None


def replay(index: Index, facts: Facts, purchases: Iterable[Past]) -> Iterator[list[Award]]:
    """What each purchase of a member gives, from her first one on; one of which nothing is left never happened.

    `facts.counters` start as `without_purchases` and stand after each purchase as they stood then, and so does
    `facts.tier`.
    """
    for line, day, booked, segments, receipt in purchases:
        facts.segments = segments
        yield evaluate(index, facts, line, day, receipt, booked=booked) if line.amount > 0 else []


def without_purchases(index: Index, counters: Counters) -> Counters:
    """The counters with which a replay of a member's purchases begins: those of occasions stand as they are."""
    return {
        (period, slot): value
        for (period, slot), value in counters.items()
        if promotion_of(slot) in index.occasional
    }


def parts_of(rule: Rule, old: int, new: int) -> list[tuple[int, int]]:
    """What each of a rule's pools gives (or, negative, gets back) when an award moves from `old` to `new` points.

    The whole is shared, and then the difference taken: so whatever way a total has come, every funder has paid exactly
    its share of it, and of nothing it has paid nothing.
    """
    weights = [weight for _, weight in rule.pools]
    before, after = money.share(old, weights), money.share(new, weights)
    moves = [(pool, after[i] - before[i]) for i, (pool, _) in enumerate(rule.pools)]
    return [(pool, points) for pool, points in moves if points]


def room(rule: Rule, facts: Facts, period: int, day: date) -> int:
    """Points that the limits per period still leave to the rule."""
    counters = facts.counters
    left = FAR
    for limit in rule.limits:
        left = min(left, limit.points - counters.get((limit.period(period, day), rule.slot), 0))
    return max(left, 0)


def _limited(
    rule: Rule, base: int, raw: int, step: int, facts: Facts, period: int, day: date, most: int = FAR
) -> Award:
    """An award after all its limits, and `most`; no counter moves."""
    points, by = raw, 0
    for left, cut_by in (
        (rule.limit_purchase, CUT_BY_PURCHASE),
        (most, CUT_BY_LANE),
        (room(rule, facts, period, day), CUT_BY_PERIOD),
        (facts.rooms.get(rule.promotion, FAR) if rule.budget else FAR, CUT_BY_BUDGET),
    ):
        if points > left:
            points, by = left, cut_by
    return Award(rule, base, points, raw - points, step, by)


def _within_month(rule: Rule, base: int, raw: int, facts: Facts, period: int) -> Award:
    """As `_limited` and `_counted`, for the most frequent case alone: a limit per month, and per purchase at most."""
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


def _counted(award: Award, facts: Facts, line: Line, day: date) -> Award:
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


class _Rival(NamedTuple):
    """An award that stands in a lane: before its limits, and what they would leave of it alone."""

    lane: Lane
    raw: Award
    alone: Award

    @property
    def rank(self) -> tuple[bool, bool, int, int, int]:
        """Who comes first: who pays at all, the exclusive, the higher priority, more points, the older version."""
        lane, points = self.lane, self.alone.points
        return (not points, lane.combine != "exclusive", -lane.priority, -points, self.raw.rule.version)


def _chosen(rivals: Sequence[tuple[Lane, Award]], facts: Facts, line: Line, day: date) -> list[Award]:
    """What the promotions of each lane give together.

    An exclusive one that pays is alone in its lane; else those that compete leave only the best of them, and the others
    add up, all under the lane's share of the amount. Those that get nothing stay, with no points, to be told.
    """
    lanes: dict[str, list[_Rival]] = {}
    for lane, raw in rivals:
        alone = _limited(raw.rule, raw.base, raw.points, raw.step, facts, line.period, day)
        lanes.setdefault(lane.name, []).append(_Rival(lane, raw, alone))
    awards: list[Award] = []
    for name in sorted(lanes):
        left = min(rival.lane.ceiling(line.amount) for rival in lanes[name])
        over = competed = False
        for lane, raw, alone in sorted(lanes[name], key=lambda rival: rival.rank):
            if not alone.points:
                awards.append(alone)
            elif over or (competed and lane.combine == "best"):
                awards.append(Award(raw.rule, raw.base, 0, raw.points, raw.step, CUT_BY_RIVAL))
            else:
                given = _limited(raw.rule, raw.base, raw.points, raw.step, facts, line.period, day, left)
                awards.append(_counted(given, facts, line, day))
                left -= given.points
                over, competed = lane.combine == "exclusive", competed or lane.combine == "best"
    return awards


def _on_top(
    late: Iterable[Rule],
    awards: Sequence[Award],
    case: Case,
    told: list[tuple[Rule, Failed]] | None,
) -> list[Award]:
    """What promotions add that look at what the others gave."""
    case.given = [(award.rule.promotion, award.points) for award in awards]
    added = []
    for rule in late:
        found = rule.worth(case)
        if isinstance(found, Failed):
            if told is not None:
                told.append((rule, found))
        elif not found.points:
            if told is not None:
                told.append((rule, Failed("too_little", None, found.base)))
        else:
            award = _limited(
                rule, found.base, found.points, found.step, case.facts, case.line.period, case.day
            )
            added.append(_counted(award, case.facts, case.line, case.day))
    return added
