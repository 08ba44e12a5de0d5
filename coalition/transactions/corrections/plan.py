"""What a correction does to one member: pure, so that its preview and its posting cannot differ.

Per purchase and payer only the difference is moved. What is given covers what is taken. Beyond that points are taken
from the lots that the purchase itself gave; where these are spent, the member owes them if the terms allow debt, and
else they are written off to who paid: they go on standing for the purchase, in proportion to what is left of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from coalition.ledger.models import Lot
from coalition.promotions.awards import CUT_BY_BUDGET, CUT_BY_DEPOSIT, WRITTEN_OFF, Award, explained
from coalition.promotions.index import Index, microseconds
from coalition.transactions.corrections.tally import Tally
from coalition.transactions.revaluing import Booked, lots_of
from coalition.transactions.standing import Dated, kept_back, paid
from coalition.transactions.waiting import Waited
from tenants.runtime import clock


class Move(NamedTuple):
    """Points of a pool that a purchase gives more (or, negative, less), and the version that is named with them."""

    pool: int
    points: int
    version: int
    lots: Sequence[UUID]  # from which they are taken first


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


class Purse(NamedTuple):
    """A member's lots on the business day, those among them and before them that wait, and what burnt of each."""

    lots: Sequence[Lot]
    today: date
    waited: Mapping[UUID, Waited]
    burnt: Mapping[UUID, int] = {}

    def left(self) -> dict[UUID, int]:
        """What each lot has that can be taken back: what waited and has lapsed, or has burnt, too."""
        open_ = dict(self.burnt)
        for lot in self.lots:
            open_[lot.id] = open_.get(lot.id, 0) + lot.remaining
        return open_ | {
            number: one.lapsed + sum(lot.remaining for lot in self.lots if lot.id == number)
            for number, one in self.waited.items()
        }

    def spendable(self) -> list[UUID]:
        """Lots that are active and not over."""
        return [lot.id for lot in self.lots if lot.active_on <= self.today <= lot.expires_on]


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
    nets = [_nets(index, change) for change in changes]
    gained: dict[int, int] = {}
    for net in nets:
        for pool, points in net.items():
            gained[side(index, pool)] = gained.get(side(index, pool), 0) + max(points, 0)
    left, spendable, owed = purse.left(), purse.spendable(), 0
    for change, net in zip(changes, nets, strict=True):
        for pool, points in sorted(net.items()):
            lots = _lots(index, change.booked, pool, purse, debt=debt) if points < 0 else ()
            short = _drawn(left, lots, -points)
            covered = min(gained[side(index, pool)], max(short, 0))
            gained[side(index, pool)] -= covered
            short -= covered
            if debt and short > 0:
                short = _drawn(left, spendable, short)
                owed += short
            elif short > 0:
                _leave(index, change, pool, short)
                points += short
            if points:
                change.moves.append(Move(pool, points, _named(index, change, pool, points), lots))
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


def side(index: Index, pool: int) -> int:
    """What covers what: all points that can be spent cover each other, those that wait only those of their version."""
    return index.pools[pool].condition


def told(index: Index, plan: Plan, zone: str, needs: Mapping[int, int]) -> Tally:
    """The plan in figures."""
    found = Tally(debt=plan.owed, short=plan.short)
    for change in plan.changes:
        day = clock.business_day(zone, change.booked.purchase.occurred_at).isoformat()
        for move in change.moves:
            given, taken = max(move.points, 0), max(-move.points, 0)
            found.given, found.taken = found.given + given, found.taken + taken
            _add(found.days, day, given, taken)
            _add(found.funders, str(index.pools[move.pool].funder_id), given, taken, 0)
        for funder_id, points in change.left:
            found.written_off += points
            _add(found.funders, str(funder_id), 0, 0, points)
    found.needs = {str(promotion): points for promotion, points in needs.items() if points}
    found.members = int(bool(found.given or found.taken or found.written_off))
    found.gainers, found.losers, found.owing = int(found.net > 0), int(found.net < 0), int(found.debt > 0)
    return found


def _change(index: Index, booked: Booked, given: Sequence[Award], within: Collection[UUID]) -> Change:
    reason, noted = explained(given), booked.noted
    if booked.purchase.id in within or noted is None:
        return Change(booked, reason, [])
    return Change(booked, reason + booked.written_off, list(noted.written_off))


def _nets(index: Index, change: Change) -> dict[int, int]:
    """What each pool gives more, or less."""
    net: dict[int, int] = {}
    for sign, reason in ((-1, change.booked.standing), (1, change.reason)):
        for (_, pool), points in paid(index, reason).items():
            net[pool] = net.get(pool, 0) + sign * points
    return {pool: points for pool, points in net.items() if points}


def _lots(index: Index, booked: Booked, pool: int, purse: Purse, *, debt: bool) -> list[UUID]:
    """The purchase's lots; where nobody goes into debt only those of who gets the points back.

    Lots that wait for a condition, and what they went on as, are taken for their own version alone.
    """
    paid_by, found = index.pools[pool], list[UUID]()
    funders = {lot.id: lot.funder_id for lot in purse.lots}
    later = booked.noted.lots if booked.noted else ()
    for lot in lots_of(booked.purchase, paid_by, index.pools, purse.lots, later):
        waited = purse.waited.get(lot)
        if waited is not None:
            found += [lot, *waited.after] if waited.version == paid_by.condition else []
        elif lot in funders and (debt or funders[lot] == paid_by.funder_id):
            found.append(lot)
    return found


def _drawn(left: dict[UUID, int], lots: Iterable[UUID], points: int) -> int:
    """Take points from the lots; returns what they do not have."""
    for lot in lots:
        used = min(left.get(lot, 0), max(points, 0))
        if used:
            left[lot] -= used
            points -= used
    return points


def _leave(index: Index, change: Change, pool: int, points: int) -> None:
    """Write points off that the pool cannot get back: to the versions that have lost them."""
    funder_id = index.pools[pool].funder_id
    for version, lost in _lost(index, change, pool):
        part = min(lost, points)
        if part:
            change.reason += (version, funder_id, part, 0, WRITTEN_OFF)
            change.written_off += (version, funder_id, part, change.booked.net)
            change.left.append((funder_id, part))
            points -= part
    assert not points, "nothing is taken that was not given"


def _lost(index: Index, change: Change, pool: int) -> list[tuple[int, int]]:
    """(version, points) that the pool has not any more, the larger losses first."""
    old, new = paid(index, change.booked.standing), paid(index, change.reason)
    lost = [
        (version, points - new.get((version, pool), 0))
        for (version, where), points in old.items()
        if where == pool
    ]
    return sorted(((v, points) for v, points in lost if points > 0), key=lambda one: (-one[1], one[0]))


def _named(index: Index, change: Change, pool: int, points: int) -> int:
    """The version that has lost or gained most in the pool."""
    old, new = paid(index, change.booked.standing), paid(index, change.reason)
    sign = 1 if points > 0 else -1
    versions = {version for version, where in (*old, *new) if where == pool}
    return max(versions, key=lambda v: (sign * (new.get((v, pool), 0) - old.get((v, pool), 0)), v))


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
