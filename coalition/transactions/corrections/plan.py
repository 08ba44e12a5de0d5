"""What a correction does to one member: pure, so that its preview and its posting cannot differ.

Per purchase and payer only the difference is moved. What is given covers what is taken. Beyond that points are taken
from the lots that the purchase itself gave; where these are spent, the member owes them if the terms allow debt, and
else they are written off to who paid: they go on standing for the purchase, in proportion to what is left of it.

Points that wait for the same condition by the wrong terms and by the right ones go on waiting, and so do not move those
whose conditions are both met. All others of the wrong terms are taken, and those of the right terms are given as they
would stand by now (`purse.Purse.standing`): they wait, can be spent, or have lapsed. What waits covers nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from coalition.promotions.awards import CUT_BY_BUDGET, CUT_BY_DEPOSIT, WRITTEN_OFF, Award, explained
from coalition.promotions.index import Index, microseconds
from coalition.transactions.corrections.purse import Purse, Standing, lots_for
from coalition.transactions.corrections.tally import Tally
from coalition.transactions.revaluing import Booked
from coalition.transactions.standing import Dated, kept_back, paid
from tenants.runtime import clock


class Move(NamedTuple):
    """Points of a pool that a purchase gives more (or, negative, less), and the version that is named with them.

    `waiting` and `lapsed` of them, without a sign, wait for a condition or have lapsed already.
    """

    pool: int
    points: int
    version: int
    lots: Sequence[UUID]  # from which they are taken first
    waiting: int = 0
    lapsed: int = 0

    @property
    def spendable(self) -> int:
        """Points of them that neither wait nor have lapsed; negative where they are taken."""
        rest = abs(self.points) - self.waiting - self.lapsed
        return rest if self.points > 0 else -rest


@dataclass
class Change:
    """What changes for one purchase: the reason that stands afterwards, and all its write-offs as flat fours."""

    booked: Booked
    reason: list[int]
    written_off: list[int]
    left: list[tuple[int, int]] = field(
        default_factory=list
    )  # (payer, points) that this correction writes off
    moves: list[Move] = field(default_factory=list)

    @property
    def asks_back(self) -> bool:
        """Whether something is no longer written off."""
        return self.booked.noted is not None and len(self.written_off) < len(self.booked.noted.written_off)

    @property
    def points(self) -> int:
        """What the purchase gives more, or less."""
        return sum(move.points for move in self.moves)


@dataclass
class Plan:
    """All changes of a member, in the order of her purchases; what she would owe, and what a budget would cut."""

    changes: list[Change]
    reasons: list[Dated]
    owed: int = 0
    short: int = 0

    def written_off(self, index: Index) -> dict[int, int]:
        """What hard bounds keep for write-offs, older ones too."""
        return kept_back(index, ((booked, _write_offs(reason)) for booked, reason in self.reasons))


class _Net(NamedTuple):
    """What pools whose points are alike give more, or less; the pool they are given or taken as, and how they stand."""

    points: int
    pool: int
    alike: frozenset[int]
    standing: Standing


def planned(
    index: Index,
    history: Sequence[Booked],
    awards: Sequence[Sequence[Award]],
    within: Collection[UUID],
    purse: Purse,
    *,
    debt: bool,
) -> Plan:
    """The plan of these purchases' awards; `within` are those of the span, whose earlier write-offs are asked back."""
    changes = [_change(index, booked, given, within) for booked, given in zip(history, awards, strict=True)]
    nets = [_nets(index, change, purse) for change in changes]
    gained = sum(
        max(one.points, 0)
        for net in nets
        for one in net
        if one.standing not in (Standing.WAITS, Standing.LAPSED)
    )
    left, spendable, owed = purse.left(), purse.spendable(), 0
    for change, net in zip(changes, nets, strict=True):
        for one in net:
            if one.points > 0:
                change.moves.append(_gain(index, change, one))
                continue
            lots = lots_for(index, change.booked, one.pool, purse, debt=debt)
            taken = left.take(lots, -one.points)
            covered = min(gained, taken.short)
            gained, short = gained - covered, taken.short - covered
            if debt and short:
                short = left.take(spendable, short).short
                owed += short
            elif short:
                _leave(index, change, one, short)
            if points := one.points + (0 if debt else short):
                version = _named(index, change, one.alike, points)
                change.moves.append(Move(one.pool, points, version, lots, taken.waiting, taken.lapsed))
    return Plan(
        [change for change in changes if change.reason != change.booked.standing],
        [(microseconds(change.booked.purchase.booked_at), change.reason) for change in changes],
        owed,
        sum(
            award.cut
            for given in awards
            for award in given
            if award.cut_by in (CUT_BY_BUDGET, CUT_BY_DEPOSIT)
        ),
    )


def _gain(index: Index, change: Change, net: _Net) -> Move:
    waiting, lapsed = (net.points * (net.standing is one) for one in (Standing.WAITS, Standing.LAPSED))
    return Move(net.pool, net.points, _named(index, change, net.alike, net.points), (), waiting, lapsed)


def told(index: Index, plan: Plan, zone: str, needs: Mapping[int, int]) -> Tally:
    """The plan in figures."""
    found = Tally(debt=plan.owed, short=plan.short)
    for change in plan.changes:
        day = clock.business_day(zone, change.booked.purchase.occurred_at).isoformat()
        for move in change.moves:
            sign = 1 if move.points > 0 else -1
            given, taken = max(move.points, 0), max(-move.points, 0)
            found.waiting, found.lapsed = (
                found.waiting + sign * move.waiting,
                found.lapsed + sign * move.lapsed,
            )
            found.given, found.taken = found.given + given, found.taken + taken
            _add(found.days, day, given, taken)
            _add(found.funders, str(index.pools[move.pool].funder_id), given, taken, 0)
        for funder_id, points in change.left:
            found.written_off += points
            _add(found.funders, str(funder_id), 0, 0, points)
    found.needs = {str(promotion): points for promotion, points in needs.items() if points}
    found.members = int(any(change.moves or change.left or change.asks_back for change in plan.changes))
    found.gainers, found.losers, found.owing = (
        int(found.lasting > 0),
        int(found.lasting < 0),
        int(found.debt > 0),
    )
    return found


def _change(index: Index, booked: Booked, given: Sequence[Award], within: Collection[UUID]) -> Change:
    reason, noted = explained(given), booked.noted
    if booked.purchase.id in within or noted is None:
        return Change(booked, reason, [])
    return Change(booked, reason + booked.written_off, list(noted.written_off))


def _nets(index: Index, change: Change, purse: Purse) -> list[_Net]:
    """What pools give more, or less, in the order of the pools; those of points that are alike together."""
    points: dict[object, int] = {}
    pools: dict[object, tuple[set[int], set[int]]] = {}
    stands: dict[object, Standing] = {}
    for is_new, reason in ((False, change.booked.standing), (True, change.reason)):
        for (_, pool), given in paid(index, reason).items():
            standing = purse.standing(index, change.booked, pool, is_new=is_new)
            key = _kind(index, pool, standing)
            points[key] = points.get(key, 0) + (given if is_new else -given)
            pools.setdefault(key, (set(), set()))[is_new].add(pool)
            stands[key] = standing
    return sorted(
        (
            _Net(net, min(pools[key][net > 0]), frozenset(pools[key][0] | pools[key][1]), stands[key])
            for key, net in points.items()
            if net
        ),
        key=lambda one: one.pool,
    )


def _kind(index: Index, pool: int, standing: Standing) -> object:
    """What points of a pool are, whatever version gave them: of one promotion those that wait alike, or do no more."""
    paid_by = index.pools[pool]
    if not paid_by.condition:
        return pool
    rule = index.rules[paid_by.condition]
    condition = None if standing is Standing.MET else rule.waits
    return rule.promotion, paid_by.funder_id, paid_by.valid, condition


def _leave(index: Index, change: Change, net: _Net, points: int) -> None:
    """Write points off that cannot be got back: to the versions that have lost them."""
    funder_id = index.pools[net.pool].funder_id
    for version, lost in _lost(index, change, net.alike):
        part = min(lost, points)
        if part:
            change.reason += (version, funder_id, part, 0, WRITTEN_OFF)
            change.written_off += (version, funder_id, part, change.booked.net)
            change.left.append((funder_id, part))
            points -= part
    assert not points, "nothing is taken that was not given"


def _lost(index: Index, change: Change, pools: Collection[int]) -> list[tuple[int, int]]:
    """(version, points) that the pools have not any more, the larger losses first."""
    lost = [(version, -points) for version, points in _differences(index, change, pools) if points < 0]
    return sorted(lost, key=lambda one: (-one[1], one[0]))


def _named(index: Index, change: Change, pools: Collection[int], points: int) -> int:
    """The version that has lost or gained most in the pools."""
    sign = 1 if points > 0 else -1
    return max((sign * more, version) for version, more in _differences(index, change, pools))[1]


def _differences(index: Index, change: Change, pools: Collection[int]) -> Iterator[tuple[int, int]]:
    """What each version gives more, or less, of these pools."""
    old, new = (_by_version(index, reason, pools) for reason in (change.booked.standing, change.reason))
    for version in sorted({*old, *new}):
        yield version, new.get(version, 0) - old.get(version, 0)


def _by_version(index: Index, reason: Sequence[int], pools: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for (version, pool), points in paid(index, reason).items():
        if pool in pools:
            found[version] = found.get(version, 0) + points
    return found


def _write_offs(reason: Sequence[int]) -> list[int]:
    """The entries of a reason that are write-offs, as a reason of their own."""
    return [
        value
        for i in range(0, len(reason), 5)
        if reason[i + 4] & 7 == WRITTEN_OFF
        for value in reason[i : i + 5]
    ]


def _add(sums: dict[str, list[int]], key: str, *points: int) -> None:
    kept = sums.setdefault(key, [0] * len(points))
    for place, value in enumerate(points):
        kept[place] += value
