"""What a member has when she is corrected, and what of it can be taken: pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from coalition.ledger.models import Lot
from coalition.promotions.index import Index
from coalition.transactions.revaluing import Booked, lots_of
from coalition.transactions.waiting import Waited, of_one_promotion


class Standing(Enum):
    """How points stand: without any condition, or by now waiting for it, past it, or lapsed without it."""

    PLAIN = "plain"
    WAITS = "waits"
    MET = "met"
    LAPSED = "lapsed"


class Purse(NamedTuple):
    """A member's lots on the business day, those among them and before them that wait, and what burnt of each.

    `would_stand` says how points of a version that wait would stand by now, had it given them for the purchase.
    """

    lots: Sequence[Lot]
    today: date
    waited: Mapping[UUID, Waited]
    burnt: Mapping[UUID, int]
    would_stand: Callable[[Booked, int], Standing]

    def left(self) -> "Left":
        """What each lot has that can be taken back: what waited and has lapsed, or has burnt, too."""
        live = dict(self.burnt)
        for lot in self.lots:
            live[lot.id] = live.get(lot.id, 0) + lot.remaining
        return Left(live, {number: one.lapsed for number, one in self.waited.items()})

    def spendable(self) -> list[UUID]:
        """Lots that are active and not over."""
        return [lot.id for lot in self.lots if lot.active_on <= self.today <= lot.expires_on]

    def standing(self, index: Index, booked: Booked, pool: int, *, is_new: bool) -> Standing:
        """How a pool's points of a purchase stand: as they do, or where they are new as they would.

        A condition that is met stays met: where lots of the same one have met it, so have the new ones. Points that
        stand and that no lot of the same condition holds are those of another one, which was met as theirs was.
        """
        condition = index.pools[pool].condition
        if not condition:
            return Standing.PLAIN
        waits = index.rules[condition].waits
        alike = {
            lot: one
            for lot in lots_of(booked.purchase, index.pools[pool], index.pools, self.lots, _later(booked))
            if (one := self.waited.get(lot)) is not None
            and of_one_promotion(index, one.version, condition)
            and index.rules[one.version].waits == waits
        }
        if any(one.is_met for one in alike.values()):
            return Standing.MET
        if is_new:
            return self.would_stand(booked, condition)
        left = self.left()
        return Standing.WAITS if any(left.has(lot) for lot in alike) else Standing.MET


class Taken(NamedTuple):
    """What was not there to be taken, and what of the rest waited for a condition or had lapsed."""

    short: int
    waiting: int
    lapsed: int


@dataclass
class Left:
    """Points that are left of lots, and those that lapsed."""

    live: dict[UUID, int]
    lapsed: dict[UUID, int]

    def has(self, lot: UUID) -> bool:
        """Whether anything is left of a lot, or has lapsed."""
        return bool(self.live.get(lot, 0) or self.lapsed.get(lot, 0))

    def take(self, lots: Iterable[UUID], points: int) -> Taken:
        """Take points from the lots in their order, of each what lapsed after what did not."""
        waiting = gone = 0
        for lot in lots:
            used = min(self.live.get(lot, 0), points)
            again = min(self.lapsed.get(lot, 0), points - used)
            if used:
                self.live[lot] -= used
                waiting += used if lot in self.lapsed else 0
            if again:
                self.lapsed[lot] -= again
            points, gone = points - used - again, gone + again
        return Taken(points, waiting, gone)


def lots_for(index: Index, booked: Booked, pool: int, purse: Purse, *, debt: bool) -> list[UUID]:
    """The purchase's lots to take a pool's points from; where nobody goes into debt only those of who gets them back.

    Lots that wait for a condition, and what they went on as, are taken for their own promotion alone.
    """
    paid_by, found = index.pools[pool], list[UUID]()
    funders = {lot.id: lot.funder_id for lot in purse.lots}
    for lot in lots_of(booked.purchase, paid_by, index.pools, purse.lots, _later(booked)):
        if lot not in funders or not (debt or funders[lot] == paid_by.funder_id):
            continue
        waited = purse.waited.get(lot)
        if waited is None:
            found.append(lot)
        elif of_one_promotion(index, waited.version, paid_by.condition):
            found += [lot, *waited.after]
    return found


def _later(booked: Booked) -> Sequence[UUID]:
    return booked.noted.lots if booked.noted else ()
