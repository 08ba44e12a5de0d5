"""Who would have had one of a document's places for members: those who would have earned from it first. Pure.

Each slice of members finds when each of its own would have taken a place, if there were one for everybody. The last
place that there really is follows from all slices; who comes after it is replayed without one.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from coalition.backtests.counting import replayed
from coalition.backtests.replaying import Kept, Trial
from coalition.promotions.case import moment_of
from tenants.runtime import clock


class Place(NamedTuple):
    """When (microseconds since 1970) a member would take a place; the smaller comes first, so no two are equal."""

    at: int
    member: str

    def day(self, zone: str) -> date:
        """The business day in the zone."""
        return clock.business_day(zone, moment_of(self.at))


def taken(trial: Trial, members: Iterable[Kept], most: int) -> list[Place]:
    """The places that these members would take, the first ones of them: more than there are would be of no use."""
    places = (_place(trial, member) for member in members)
    return sorted(place for place in places if place is not None)[:most]


def last_of(slices: Iterable[Iterable[Sequence[Any]]], most: int) -> Place | None:
    """The last place that there is, of all that would be taken; None where they suffice for everybody."""
    found = sorted(Place(*place) for places in slices for place in places)
    return found[most - 1] if len(found) >= most else None


def seated(places: Iterable[Sequence[Any]], last: Place | None) -> frozenset[UUID]:
    """Members of a slice who have a place; all of its own places where there is no last one."""
    found = (Place(*place) for place in places)
    return frozenset(UUID(hex=place.member) for place in found if last is None or place <= last)


def _place(trial: Trial, member: Kept) -> Place | None:
    assert trial.tried is not None, "a document has the places"
    seats = trial.tried.seats
    for one in replayed(trial.seating({member.member_id}), None, member):
        if any(award.rule.seats == seats and award.points for award in one.awards):
            return Place(one.past.line.at, member.member_id.hex)
    return None
