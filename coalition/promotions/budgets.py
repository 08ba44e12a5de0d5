"""Hard bounds: what all members together can get from a promotion, or from a funder's deposit, never a point more.

Such a purse lies in shards, so that purchases that come at the same time do not wait for one row. A claim takes from
the transaction's shard, and only when that is too small from all of them. Purses and their shards are locked in their
order: where what is found asks for another order, all are let go and locked anew. What returns bring back is released.
Only a transaction that asks several times can wait in a circle with another; then one of the two is done anew by its
door. Claims stand or fall with their transaction.

A purse is named by a number: a promotion's budget by the promotion's own, a deposit by its own below zero, the places
for a promotion's first members by the promotion's beyond `SEATS`.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from coalition.promotions.index import FAR, SEATS
from coalition.promotions.models import DepositRoom, Promotion, PromotionBudget
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

SHARDS = 16
NOTHING: Mapping[int, int] = {}
Found = TypeVar("Found")


class _Again(Exception):
    """An attempt that is given up: purses that fall short, and all that it moved; the next one locks them first."""

    def __init__(self, short: AbstractSet[int] = frozenset(), moved: AbstractSet[int] = frozenset()) -> None:
        super().__init__()
        self.short, self.moved = short, moved


def set_budget(session: Session, promotion: Promotion, points: int | None) -> None:
    """Give the promotion a budget of so many points in all; Refusal("budget_below_spent", spent=...).

    What was given under an earlier budget counts; what was given by versions without one does not.
    """
    if points is not None:  # else an older version may still have it: a purchase of its time can come late
        _set_total(session, promotion.id, promotion.budget, points, "budget_below_spent")
        promotion.budget = points


def set_seats(session: Session, promotion: Promotion, members: int | None) -> None:
    """Let so many members earn from the promotion in all; Refusal("seats_below_taken", spent=...)."""
    if members is not None:
        _set_total(session, SEATS + promotion.id, promotion.seats, members, "seats_below_taken")
        promotion.seats = members


def _set_total(session: Session, purse: int, before: int | None, total: int, code: str) -> None:
    shards = _shards(session, purse)
    spent = before - _room(shards) if before is not None else 0
    if total < spent:
        raise Refusal(code, spent=spent)
    _spread(session, purse, total - spent, shards)


def _spread(session: Session, purse: int, room_in_all: int, shards: Iterable[Any]) -> None:
    """Let a purse have so much from now on, in all its shards alike; those that are there are locked."""
    known = {row.shard: row for row in shards}
    each, more = divmod(room_in_all, SHARDS)
    for number in range(SHARDS):
        shard, room = _first(purse) + number, each + (number < more)
        if shard in known:
            known[shard].room = room
        else:
            session.add(_new(session, purse, shard, room))


def add_room(session: Session, purse: int, points: int) -> None:
    """Let a purse have so many points more than it has."""
    shards = _shards(session, purse)
    _spread(session, purse, _room(shards) + points, shards)


def under(
    session: Session,
    purses: Iterable[int],
    run: Callable[[dict[int, int]], Found],
    held: Mapping[int, int] = NOTHING,
) -> Found:
    """What `run` finds with the rooms it is given, by purse; it takes from them what it gives.

    It runs without bounds first. What it wants beyond what is `held` already is claimed; purses that have less are its
    bounds from then on, until no other one falls short. What is left over goes back.
    """
    numbers = sorted(purses)
    if not numbers:
        return run({})
    short: set[int] = set()
    known: set[int] = set()
    while True:
        try:
            with session.begin_nested():  # given up, it lets go of every purse that it has locked
                return _attempt(session, numbers, run, held, short, known)
        except _Again as again:
            short |= again.short
            known |= again.moved


def _attempt(
    session: Session,
    numbers: Sequence[int],
    run: Callable[[dict[int, int]], Found],
    held: Mapping[int, int],
    short: AbstractSet[int],
    known: AbstractSet[int],
) -> Found:
    """One run, its purses locked in the order of their numbers; `_Again` where that cannot be kept, or one is short."""
    locked = {p: _shards(session, p, whole=p in short) for p in sorted(short | known)}
    bounds = {p: held.get(p, 0) + _room(locked[p]) if p in short else FAR for p in numbers}
    rooms = dict(bounds)
    found = run(rooms)
    moved = {p: more for p in numbers if (more := bounds[p] - rooms[p] - held.get(p, 0))}
    late = [p for p in moved if p not in locked]
    if locked and late:
        raise _Again(moved=moved.keys())
    locked |= {p: _shards(session, p, whole=False) for p in late}
    tight = {p for p, more in moved.items() if p not in short and more > _room(locked[p])}
    if tight:
        raise _Again(tight, moved.keys())
    for p, more in moved.items():
        _draw(locked[p], _shard(session, p), more)
    session.flush()  # the next to ask reads the rows
    return found


class Claims(NamedTuple):
    """What to take from shards: parallel columns of promotions' or deposits' numbers, shards and points."""

    numbers: list[int]
    shards: list[int]
    points: list[int]


def claims(rooms: Mapping[int, int]) -> tuple[Claims, Claims]:
    """What a run without bounds took, as claims on one shard of each purse: of budgets and places, and of deposits.

    A shard that has less refuses by its own check, and then a purse's other shards are to be asked (`under`).
    """
    shard, budgets, deposits = secrets.randbelow(SHARDS), Claims([], [], []), Claims([], [], [])
    for purse, room in sorted(rooms.items()):
        if taken := FAR - room:
            of = deposits if purse < 0 else budgets
            of.numbers.append(-purse if purse < 0 else purse % SEATS)
            of.shards.append(_first(purse) + shard)
            of.points.append(taken)
    return budgets, deposits


def left(session: Session, purse: int) -> int:
    """Points that a purse still has."""
    rows, mine = _rows(session, purse)
    return sum(session.scalars(select(rows.room).where(*mine)))


def _rows(session: Session, purse: int) -> tuple[Any, tuple[ColumnElement[bool], ...]]:
    """The table of a purse's shards, and which rows of it are the purse's."""
    tenant_id = tenant_of(session)
    if purse < 0:
        return DepositRoom, (DepositRoom.tenant_id == tenant_id, DepositRoom.deposit_id == -purse)
    first = _first(purse)
    return PromotionBudget, (
        PromotionBudget.tenant_id == tenant_id,
        PromotionBudget.promotion_id == purse % SEATS,
        PromotionBudget.shard >= first,
        PromotionBudget.shard < first + SHARDS,
    )


def _first(purse: int) -> int:
    """The number of a purse's first shard."""
    return SHARDS if purse >= SEATS else 0


def _new(session: Session, purse: int, shard: int, room: int) -> DepositRoom | PromotionBudget:
    tenant_id = tenant_of(session)
    if purse < 0:
        return DepositRoom(tenant_id=tenant_id, deposit_id=-purse, shard=shard, room=room)
    return PromotionBudget(tenant_id=tenant_id, promotion_id=purse % SEATS, shard=shard, room=room)


def release(session: Session, purse: int, points: int) -> None:
    """Give points back to a purse."""
    if points:
        rows, mine = _rows(session, purse)
        session.execute(
            update(rows)
            .where(*mine, rows.shard == _shard(session, purse))
            .values(room=rows.room + points)
            .execution_options(synchronize_session=False)
        )


def _shard(session: Session, purse: int) -> int:
    """The transaction's shard: one for all its claims and releases, so that fewer wait for each other."""
    shard: int = session.info.setdefault("budget_shard", secrets.randbelow(SHARDS))
    return _first(purse) + shard


def _shards(session: Session, purse: int, *, whole: bool = True) -> list[Any]:
    """The purse's shards, locked in their order: all of them, or the transaction's own."""
    rows, mine = _rows(session, purse)
    return list(
        session.scalars(
            select(rows)
            .where(*mine, *(() if whole else (rows.shard == _shard(session, purse),)))
            .order_by(rows.shard)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _room(shards: Iterable[Any]) -> int:
    return sum(row.room for row in shards)


def _draw(shards: Iterable[Any], own: int, points: int) -> None:
    """Take the points from the shards, which have them; or give them (negative) back to the transaction's own."""
    for row in shards:
        part = min(row.room, points) if points > 0 or row.shard == own else 0
        row.room -= part
        points -= part
