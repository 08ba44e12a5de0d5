"""Hard budgets: what all members together can get from a promotion, never a point more.

A budget lies in shards, so that purchases that come at the same time do not wait for one row. A claim takes from the
shard of its choice, and only when that is too small from all of them, locked in their order. What is claimed and not
given, and what returns bring back, is released. Claims stand or fall with their transaction.
"""

from collections.abc import Mapping

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from coalition.promotions.models import Promotion, PromotionBudget
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

SHARDS = 16


class _TooSmall(Exception):
    """One shard does not have enough; raised to let its lock go."""


def set_budget(session: Session, promotion: Promotion, points: int | None) -> None:
    """Give the promotion a budget of so many points in all, or none; Refusal("budget_below_spent", spent=...).

    What was given under an earlier budget counts; what was given while there was none does not.
    """
    shards = _shards(session, promotion.id)
    spent = promotion.budget - sum(row.room for row in shards) if promotion.budget is not None else 0
    if points is not None and points < spent:
        raise Refusal("budget_below_spent", spent=spent)
    promotion.budget = points
    if points is None:
        for row in shards:
            session.delete(row)
        return
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


def claim(session: Session, wanted: Mapping[int, int], shard: int) -> dict[int, int]:
    """Take points from budgets, of each promotion what is wanted or what is left; returns what was taken."""
    return {promotion: _claim(session, promotion, wanted[promotion], shard) for promotion in sorted(wanted)}


def release(session: Session, unused: Mapping[int, int], shard: int) -> None:
    """Put points back."""
    for promotion in sorted(promotion for promotion, points in unused.items() if points):
        session.execute(
            text(
                "update promotion_budget set room = room + :points"
                " where tenant_id = :tenant and promotion_id = :promotion and shard = :shard"
            ),
            {
                "points": unused[promotion],
                "tenant": tenant_of(session),
                "promotion": promotion,
                "shard": shard % SHARDS,
            },
        )


def left(session: Session, promotion_id: int) -> int:
    """Points that a promotion's budget still has."""
    rooms = session.scalars(
        select(PromotionBudget.room).where(
            PromotionBudget.tenant_id == tenant_of(session), PromotionBudget.promotion_id == promotion_id
        )
    )
    return sum(rooms)


def _claim(session: Session, promotion: int, wanted: int, shard: int) -> int:
    if not wanted:
        return 0
    try:
        with session.begin_nested():
            if not _take(session, promotion, wanted, shard):
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


def _take(session: Session, promotion: int, wanted: int, shard: int) -> bool:
    found = session.execute(
        update(PromotionBudget)
        .where(
            PromotionBudget.tenant_id == tenant_of(session),
            PromotionBudget.promotion_id == promotion,
            PromotionBudget.shard == shard % SHARDS,
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
