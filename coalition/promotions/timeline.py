"""Which version of a promotion holds when: the one place that knows what a correction of the past replaces. Pure.

A correcting version stands in its span in the place of every other version of its promotion, whenever a purchase was
booked; of two the later one has the last word. What it replaces keeps its other pieces, or none, and stays readable:
what was given by it is still moved by its number.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from coalition.promotions.index import LONG_AGO, Published

Span = tuple[datetime, datetime | None]


def in_force(published: Iterable[Published]) -> list[Published]:
    """The versions in the pieces in which they hold, each one's in the order of time; at least an empty one of each."""
    every, corrections = list(published), dict[int, list[Published]]()
    for one in every:
        if one.correcting:
            corrections.setdefault(one.promotion, []).append(one)
    if not corrections:
        return every
    return [piece for one in every for piece in _pieces(one, corrections.get(one.promotion, ()))]


def _pieces(one: Published, corrections: Sequence[Published]) -> Iterator[Published]:
    spans: list[Span] = [(one.starts_at, one.ends_at)]
    for other in corrections:
        if not one.correcting or other.version > one.version:
            spans = [left for span in spans for left in _without(span, other)]
    published_at = LONG_AGO if one.correcting else one.published_at
    for starts_at, ends_at in spans or [(one.starts_at, one.starts_at)]:
        yield one._replace(starts_at=starts_at, ends_at=ends_at, published_at=published_at)


def _without(span: Span, other: Published) -> Iterator[Span]:
    """What the other version leaves of a span, before it and after it."""
    starts_at, ends_at = span
    if other.ends_at is None or other.ends_at <= starts_at or (ends_at and other.starts_at >= ends_at):
        yield span
        return
    if starts_at < other.starts_at:
        yield starts_at, other.starts_at
    if ends_at is None or other.ends_at < ends_at:
        yield other.ends_at, ends_at
