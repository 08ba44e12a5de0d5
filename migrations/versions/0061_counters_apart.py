"""Ladders and bands without a further condition counted as promotion 0: where a tenant has one, it takes that over.

Where it has more of them nobody can say what was whose: their members begin anew. Orders of online shops that were
there before their sums were kept get them, too: an earlier change did not reach them behind the walls.
"""

from migrations.walls import for_each_tenant

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A slot has the promotion's number from bit 33 on, and in its lowest three bits the place, which is 4."""
    for_each_tenant(
        """with counting as (
            select min(promotion_id) as promotion_id from promotion_version
            where tenant_id = :tenant and document -> 'mechanic' ->> 'kind' in ('ladder', 'bands')
                and coalesce(document -> 'where', '[]') = '[]' and not coalesce((document ->> 'once')::boolean, false)
                and coalesce(document -> 'base', 'null') = 'null' and coalesce(document -> 'test', 'null') = 'null'
                and coalesce(document -> 'trigger' ->> 'kind', 'purchase') = 'purchase'
                and coalesce(document -> 'gives' ->> 'kind', 'points') = 'points'
            having count(distinct promotion_id) = 1
        )
        update counter_sheet s set (slots, counts) = (
            select array_agg(slot order by slot), array_agg(count order by slot) from (
                select count, case when slot < 1::bigint << 33 and slot & 7 = 4
                    then slot | (c.promotion_id::bigint << 33) else slot end as slot
                from unnest(s.slots, s.counts) u (slot, count)
            ) moved
        )
        from counting c
        where s.tenant_id = :tenant and exists (
            select from unnest(s.slots) u (slot) where slot < 1::bigint << 33 and slot & 7 = 4
        )""",
        "update shop_order set sums = array[sale] where tenant_id = :tenant and sums = '{}'",
    )


def downgrade() -> None:
    """Nothing: counters of a promotion are counters of a promotion."""
