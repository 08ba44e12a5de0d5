"""The one engine: purchases of one member, in the order they were booked, against the compiled index. Pure.

It serves files, single purchases, dry runs, returns and replays of past months alike. What a member has is a function
of everything known about her: when something known changes, `replay` works all of it out anew, and only the differences
are posted. So every undo is exact, whatever a promotion counts.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from coalition.promotions.awards import (
    CUT_BY_PURCHASE,
    Award,
    counted,
    limited,
    points_of,
    within_month,
)
from coalition.promotions.case import (
    Case,
    Counters,
    Facts,
    Failed,
    Line,
    Occasion,
    Receipt,
    Worth,
    promotion_of,
)
from coalition.promotions.discounts import before_discounts, taken
from coalition.promotions.gives import Giving
from coalition.promotions.index import EVERYBODY, FAR, Index, Lane, Rule
from coalition.promotions.lanes import chosen

Told = list[tuple[Rule, Failed]] | None
"""Where versions that give nothing are told, if anybody asks."""
EVERY: Container[int] = range(1 << 30)
"""All promotions: their numbers are below that."""


def evaluate(
    index: Index,
    facts: Facts,
    line: Line,
    day: date,
    receipt: Receipt | None = None,
    *,
    booked: int = FAR,
    told: Told = None,
    occasion: Occasion | None = None,
    asking: Container[int] = (),
) -> list[Award]:
    """Every award of one purchase, or of the occasion alone; `facts.counters` move on.

    Only versions published until it was `booked` count. With `told`, the versions that give nothing are added to it,
    each with the first condition that failed. `asking` is for a sale that is not made yet: those promotions offer
    their discounts, which else are only vouched for.
    """
    awards: list[Award] = []
    rivals: list[tuple[Lane, Award]] = []
    late: list[Rule] = []
    off: list[Rule] = []
    amount, case = line.amount, None
    if index.deposits:
        facts.booked = booked
    if index.tiers is not None:
        facts.tier = index.tiers.held(facts.counters, day, booked)
    for rule in _met(index, facts, line, booked, told, occasion):
        step = 0
        if rule.linear is not None:
            flat, unit, numerator, denominator = rule.linear
            base, raw = amount, flat + amount // unit * numerator // denominator
        else:
            case = case or Case(
                line,
                facts,
                day,
                index.setting.zone,
                receipt,
                facts.profile_at(booked),
                occasion=occasion,
                booked=booked,
            )
            if rule.late or rule.giving is Giving.DISCOUNT:
                (late if rule.late else off).append(rule)
                continue
            worth = _worth(rule, case, told)
            if worth is None:
                continue
            base, raw, step = worth
        if not raw:
            _tell(told, rule, Failed("too_little", None, base))
        elif rule.lane is not None:
            rivals.append((rule.lane, Award(rule, base, raw, 0, step)))
        else:
            awards.append(_alone(rule, base, raw, step, facts, line, day))
    if rivals:
        awards += chosen(rivals, facts, line, day)
    if late and case is not None:
        awards += _on_top(late, awards, case, told)
    if off and case is not None:
        awards += _taken_off(index, off, case, told, asking)
    if index.tiers is not None and occasion is None:  # levels go by what was bought
        index.tiers.count(facts, line, day, points_of(awards), booked)
    return awards


class Past(NamedTuple):
    """A purchase that was booked, as it is known today: `line.amount` and the receipt are net of its returns."""

    line: Line
    day: date
    booked: int
    segments: int
    receipt: Receipt | None = None


def replay(
    index: Index, facts: Facts, purchases: Iterable[Past], *, told: Told = None
) -> Iterator[list[Award]]:
    """What each purchase of a member gives, from her first one on; one of which nothing is left never happened.

    `facts.counters` start as `without_purchases` and stand after each purchase as they stood then, and so does
    `facts.tier`. With `told`, what gives nothing is added to it as `evaluate` does.
    """
    for line, day, booked, segments, receipt in purchases:
        facts.segments = segments
        yield evaluate(index, facts, line, day, receipt, booked=booked, told=told) if line.amount > 0 else []


def without_purchases(index: Index, counters: Counters) -> Counters:
    """The counters with which a replay of a member's purchases begins: those of occasions stand as they are."""
    return {
        (period, slot): value
        for (period, slot), value in counters.items()
        if promotion_of(slot) in index.occasional
    }


def _met(
    index: Index, facts: Facts, line: Line, booked: int, told: Told, occasion: Occasion | None
) -> Iterator[Rule]:
    """The versions whose own conditions hold: those that a purchase shows, or those for the occasion."""
    at, _period, kind, amount, partner, mcc = line
    bit, segments = 1 << kind, facts.segments
    asked = segments if told is None else EVERYBODY  # what is missed is told of other segments, too
    for rule in (
        index.of(partner, mcc, asked) if occasion is None else index.by_occasion.get(occasion.kind, ())
    ):
        if rule.published > booked:
            continue  # it was not there when this was booked
        if (
            rule.kinds & bit
            and rule.starts <= at < rule.ends
            and amount >= rule.amount_from
            and (not rule.segments or rule.segments & segments)
        ):
            yield rule
        elif told is not None and (failed := rule.unmet(facts, line)):
            told.append((rule, failed))


def _worth(rule: Rule, case: Case, told: Told) -> Worth | None:
    """What the rule makes of the case, before its limits; what fails is told."""
    found = rule.worth(case)
    if isinstance(found, Failed):
        _tell(told, rule, found)
        return None
    return found


def _tell(told: Told, rule: Rule, failed: Failed) -> None:
    if told is not None:
        told.append((rule, failed))


def _alone(rule: Rule, base: int, raw: int, step: int, facts: Facts, line: Line, day: date) -> Award:
    """The award of a rule that stands in no lane, the most frequent kinds first."""
    if rule.monthly:
        return within_month(rule, base, raw, facts, line.period)
    if rule.counted:
        return counted(limited(rule, base, raw, step, facts, line.period, day), facts, line, day)
    if raw > rule.limit_purchase:
        return Award(rule, base, rule.limit_purchase, raw - rule.limit_purchase, step, CUT_BY_PURCHASE)
    return Award(rule, base, raw, 0, step)


def _on_top(late: Sequence[Rule], awards: Sequence[Award], case: Case, told: Told) -> list[Award]:
    """What promotions add that look at what the others gave."""
    added: list[Award] = []
    for number in (1, 2):
        case.given = [
            (award.rule.promotion, award.points)
            for award in (*awards, *added)
            if award.rule.giving is Giving.POINTS
        ]
        for rule in late:
            worth = _worth(rule, case, told) if rule.late == number else None
            if worth is None:
                continue
            if worth.points:
                added.append(_alone(rule, *worth, case.facts, case.line, case.day))
            else:
                _tell(told, rule, Failed("too_little", None, worth.base))
    return added


def _taken_off(
    index: Index, off: Iterable[Rule], case: Case, told: Told, asking: Container[int]
) -> list[Award]:
    """Discounts of the prices before them: what is offered, or as much of what the till took off as the terms give.

    Lanes decide what is offered, and so what is vouched for.
    """
    gross = before_discounts(case)
    facts, line, day = gross.facts, gross.line, gross.day
    awards: list[Award] = []
    rivals: list[tuple[Lane, Award]] = []
    for rule in off:
        worth = _worth(rule, gross, told)
        if worth is None:
            continue
        base, most, step = worth
        offered = rule.promotion in asking
        raw = most if offered else min(most, taken(case.receipt, index.setting.promotions, rule.promotion))
        if not raw:
            _tell(told, rule, Failed("not_taken" if most else "too_little", most, base))
        elif rule.lane is not None:
            rivals.append((rule.lane, Award(rule, base, raw, 0, step)))
        else:
            awards.append(_alone(rule, base, raw, step, facts, line, day))
    return awards + chosen(rivals, facts, line, day) if rivals else awards
