"""Giving points from a pool: what every posting of an award to an open book does."""

from collections.abc import Iterable
from datetime import datetime

from coalition.ledger.models import Transfer
from coalition.ledger.post import Book, Cause
from coalition.programmes.models import Programme
from coalition.promotions.index import Index
from coalition.transactions import waiting
from coalition.transactions.spans import span_of
from tenants.runtime import clock


def give(
    programme: Programme,
    index: Index,
    book: Book,
    cause: Cause,
    pool: int,
    points: int,
    *,
    since: datetime,
    part: object,
    reason: list[int] | None = None,
) -> Transfer:
    """Points of a pool as one transfer and one lot, whose days count from that of `since`.

    Where the pool's points wait for a condition, it is noted that they do. `part` as `Book.earn` has it.
    """
    paid = index.pools[pool]
    day = clock.business_day(programme.zone, since)
    active, last = span_of(programme, index, paid, day, book.today)
    earned = book.earn(
        cause,
        points,
        funder_id=paid.funder_id,
        active_on=active,
        expires_on=last,
        reason=reason,
        part=part,
    )
    if paid.condition:
        waiting.note(book, earned, paid, last, since)
    return earned


def give_each(
    programme: Programme, index: Index, book: Book, cause: Cause, parts: Iterable[tuple[int, int]]
) -> None:
    """Points (pool, points) of one cause, those of each pool together."""
    pools: dict[int, int] = {}
    for pool, points in parts:
        pools[pool] = pools.get(pool, 0) + points
    for pool, points in sorted(pools.items()):
        part = index.pools[pool].identity
        give(programme, index, book, cause, pool, points, since=cause.occurred_at, part=part)
