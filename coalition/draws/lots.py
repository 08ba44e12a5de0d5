"""Who wins: a function of the seed and the tickets, and of nothing else. Pure.

Tickets are numbered from 0 in the order of their grants' ids. The n-th attempt for a place draws the ticket
SHA-256(seed, place, n) modulo their number, numbers above the largest whole multiple left out, so that each is as
likely. A ticket of who has won already is drawn again: everybody wins once at most.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

_WIDTH = 1 << 256


class Entry(NamedTuple):
    """The tickets of one grant."""

    grant_id: UUID
    member_id: UUID
    tickets: int


class Lot(NamedTuple):
    """A place in the order of drawing, the ticket drawn for it, and whose it is."""

    place: int
    ticket: int
    member_id: UUID


def winners(seed: bytes, entries: Sequence[Entry], places: int) -> list[Lot]:
    """As many as there are places, or fewer where fewer members have tickets; entries in the order of their ids."""
    ends = list(accumulate(entry.tickets for entry in entries))
    holders = {entry.member_id for entry in entries if entry.tickets}
    won: set[UUID] = set()
    found = []
    for place in range(min(places, len(holders))):
        for ticket in _numbers(seed, place, ends[-1]):
            member = entries[bisect_right(ends, ticket)].member_id
            if member not in won:
                won.add(member)
                found.append(Lot(place, ticket, member))
                break
    return found


def _numbers(seed: bytes, place: int, tickets: int) -> Iterator[int]:
    """Tickets that are drawn for the place, one after the other, each as likely."""
    whole, attempt = _WIDTH - _WIDTH % tickets, 0
    while True:
        drawn = int.from_bytes(
            sha256(seed + place.to_bytes(4, "big") + attempt.to_bytes(8, "big")).digest(), "big"
        )
        attempt += 1
        if drawn < whole:
            yield drawn % tickets


def commitment(seed: bytes) -> bytes:
    """What is published of the seed before the draw."""
    return sha256(seed).digest()


def entries_digest(entries: Sequence[Entry]) -> bytes:
    """The digest of who took part with what: one line a grant, its id and its tickets."""
    return sha256("".join(f"{entry.grant_id}:{entry.tickets}\n" for entry in entries).encode()).digest()
