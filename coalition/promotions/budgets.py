"""Hard budgets: what all members together can get from a promotion, never a point more.

A budget lies in shards, so that purchases that come at the same time do not wait for one row. A claim takes from the
shard of its choice, and only when that is too small from all of them, locked in their order. What is claimed and not
given, and what returns bring back, is released. Claims stand or fall with their transaction.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from coalition.promotions.index import FAR
from coalition.promotions.models import Promotion, PromotionBudget
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

SHARDS = 16
NOTHING: Mapping[int, int] = {}
Found = TypeVar("Found")


class _TooSmall(Exception):
    """One shard does not have enough; raised to let its lock go."""


def set_budget(session: Session, promotion: Promotion, points: int | None) -> None:
    """Give the promotion a budget of so many points in all; Refusal("budget_below_spent", spent=...).

    What was given under an earlier budget counts; what was given by versions without one does not.
    """
    shards = _shards(session, promotion.id)
    spent = promotion.budget - sum(row.room for row in shards) if promotion.budget is not None else 0
    if points is not None and points < spent:
        raise Refusal("budget_below_spent", spent=spent)
    if points is None:
        return  # an older version may still have it: its time is not over, or a purchase of its time comes late
    promotion.budget = points
    known = {row.shard: row for row in shards}
    each, more = divmod(points - spent, SHARDS)
    for shard in range(SHARDS):
        room = each + (shard < more)
        if shard in known:
            known[shard].room = room
        else:
            session.add(
                PromotionBudget(
                    tenant_id=promotion.tenant_id, promotion_id=promotion.id, shard=shard, room=room
                )
            )


def under(
    session: Session,
    budgets: Iterable[int],
    run: Callable[[dict[int, int]], Found],
    held: Mapping[int, int] = NOTHING,
) -> Found:
    """What `run` finds with the rooms it is given, by promotion; it takes from them what it gives.

    It runs without bounds first. What it wants beyond what is `held` already is claimed; budgets that have less are its
    bounds from then on, until no other one falls short. What is left over goes back.
    """
    promotions = sorted(budgets)
    taken = dict.fromkeys(promotions, 0)
    short: set[int] = set()
    while True:
        bounds = {p: held.get(p, 0) + taken[p] if p in short else FAR for p in promotions}
        rooms = dict(bounds)
        found = run(rooms)
        used = {p: bounds[p] - rooms[p] for p in promotions}
        missing = set()
        for p in promotions:
            wanted = used[p] - held.get(p, 0) - taken[p]
            if wanted > 0:
                granted = _claim(session, p, wanted)
                taken[p] += granted
                if granted < wanted:
                    missing.add(p)
        if not missing:
            break
        short |= missing
    for p in promotions:
        release(session, p, held.get(p, 0) + taken[p] - used[p])
    return found


def release(session: Session, promotion: int, points: int) -> None:
    """Give points back to a budget."""
    if points:
        session.execute(
            update(PromotionBudget)
            .where(
                PromotionBudget.tenant_id == tenant_of(session),
                PromotionBudget.promotion_id == promotion,
                PromotionBudget.shard == _shard(session),
            )
            .values(room=PromotionBudget.room + points)
            .execution_options(synchronize_session=False)
        )


def _shard(session: Session) -> int:
    """The transaction's shard: one for all its claims and releases, so that fewer wait for each other."""
    shard: int = session.info.setdefault("budget_shard", secrets.randbelow(SHARDS))
    return shard


def left(session: Session, promotion_id: int) -> int:
    """Points that a promotion's budget still has."""
    rooms = session.scalars(
        select(PromotionBudget.room).where(
            PromotionBudget.tenant_id == tenant_of(session), PromotionBudget.promotion_id == promotion_id
        )
    )
    return sum(rooms)


def _claim(session: Session, promotion: int, wanted: int) -> int:
    """Take what is wanted, or what is left; returns what was taken."""
    try:
        with session.begin_nested():
            if not _take(session, promotion, wanted):
                # An update that fits nothing may have locked the row: with that, two could wait in a circle.
                raise _TooSmall
        return wanted
    except _TooSmall:
        pass
    taken = 0
    for row in _shards(session, promotion):
        part = min(row.room, wanted - taken)
        row.room -= part
        taken += part
    session.flush()
    return taken


def _take(session: Session, promotion: int, wanted: int) -> bool:
    found = session.execute(
        update(PromotionBudget)
        .where(
            PromotionBudget.tenant_id == tenant_of(session),
            PromotionBudget.promotion_id == promotion,
            PromotionBudget.shard == _shard(session),
            PromotionBudget.room >= wanted,
        )
        .values(room=PromotionBudget.room - wanted)
        .returning(PromotionBudget.shard)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None


def _shards(session: Session, promotion: int) -> list[PromotionBudget]:
    return list(
        session.scalars(
            select(PromotionBudget)
            .where(PromotionBudget.tenant_id == tenant_of(session), PromotionBudget.promotion_id == promotion)
            .order_by(PromotionBudget.shard)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
