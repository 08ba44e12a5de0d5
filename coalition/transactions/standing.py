"""What stands for a purchase, in numbers: who has paid it, and what corrections had to leave. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from coalition.promotions.awards import WRITTEN_OFF, drawn, parts_of
from coalition.promotions.case import EVER, Facts, seat_of
from coalition.promotions.explain import entries
from coalition.promotions.index import Index, Rule


class WrittenOff(NamedTuple):
    """Points of a version that a correction could not take back: their payer's loss, while `amount` was left to pay."""

    version: int
    funder_id: int
    points: int
    amount: int


def kept(flat: Sequence[int]) -> Iterator[WrittenOff]:
    """Write-offs as a row keeps them: flat fours."""
    return (WrittenOff(*flat[i : i + 4]) for i in range(0, len(flat), 4))


def written_off(flat: Sequence[int], net: int) -> list[int]:
    """Write-offs as entries of a reason; they shrink with what is left of the purchase, and are gone with it."""
    found: list[int] = []
    for version, funder_id, points, amount in kept(flat):
        if left := points * min(net, amount) // amount:
            found += (version, funder_id, left, 0, WRITTEN_OFF)
    return found


def paid(index: Index, reason: Sequence[int]) -> dict[tuple[int, int], int]:
    """(version, pool) -> points, as a reason stands: of an award each funder's share, of a write-off all its own."""
    found: dict[tuple[int, int], int] = {}
    for version, base, points, _cut, _step, cut_by in entries(reason):
        rule = index.rules[version]
        parts = (
            [(_pool_of(index, rule, base), points)] if cut_by == WRITTEN_OFF else parts_of(rule, 0, points)
        )
        for pool, part in parts:
            found[version, pool] = found.get((version, pool), 0) + part
    return found


Dated = tuple[int, Sequence[int]]
"""When a purchase was booked (microseconds since 1970), and a reason of it."""


def kept_back(index: Index, reasons: Iterable[Dated]) -> dict[int, int]:
    """What such reasons have of each hard bound, places for members apart.

    An award takes of its promotion's budget and, for each payer's share, of that payer's deposit; what a correction
    wrote off is of the budget, and of the deposit of who has lost it.
    """
    rooms = dict.fromkeys(index.purses, 0)
    for booked, reason in reasons:
        for version, base, points, _cut, _step, cut_by in entries(reason):
            rule = index.rules[version]
            lost = cut_by == WRITTEN_OFF
            for purse, taken in (
                _lost(index, rule, base, points, booked) if lost else drawn(rule, points, booked)
            ):
                rooms[purse] += taken
    return rooms


def held(index: Index, facts: Facts, reasons: Iterable[Dated]) -> dict[int, int]:
    """The same with the member's places among the first."""
    told = list(reasons)
    rooms = kept_back(index, told)
    for _, reason in told:
        for version, _base, points, _cut, _step, cut_by in entries(reason):
            rule = index.rules[version]
            if rule.seats and points and cut_by != WRITTEN_OFF:
                rooms[rule.seats] = facts.counters.get((EVER, seat_of(rule.promotion)), 0)
    return rooms


def _lost(index: Index, rule: Rule, funder_id: int, points: int, booked: int) -> Iterator[tuple[int, int]]:
    if rule.budget:
        yield rule.promotion, points
    payers = [index.pools[pool].funder_id for pool, _ in rule.pools]
    for purse, since, places in rule.deposits:
        if since <= booked and funder_id in {payers[place] for place in places}:
            yield purse, points


def _pool_of(index: Index, rule: Rule, funder_id: int) -> int:
    return next(pool for pool, _ in rule.pools if index.pools[pool].funder_id == funder_id)
