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

        A condition that is met stays met: where lots of the same one have met it, so have the new ones.
        """
        condition = index.pools[pool].condition
        if not condition:
            return Standing.PLAIN
        mine = [
            one
            for lot in lots_of(booked.purchase, index.pools[pool], index.pools, self.lots, _later(booked))
            if (one := self.waited.get(lot)) is not None and of_one_promotion(index, one.version, condition)
        ]
        waits = index.rules[condition].waits
        if any(one.is_met for one in mine if not is_new or index.rules[one.version].waits == waits):
            return Standing.MET
        return self.would_stand(booked, condition) if is_new else Standing.WAITS


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
        waited = purse.waited.get(lot)
        if waited is not None:
            mine = of_one_promotion(index, waited.version, paid_by.condition)
            found += [lot, *waited.after] if mine else []
        elif lot in funders and (debt or funders[lot] == paid_by.funder_id):
            found.append(lot)
    return found


def _later(booked: Booked) -> Sequence[UUID]:
    return booked.noted.lots if booked.noted else ()
