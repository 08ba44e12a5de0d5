"""Ladders and bands without a further condition counted as promotion 0: where a tenant has one, it takes that over.

Where it has more of them nobody can say what was whose: their members begin anew. Orders of online shops that were
there before their sums were kept get them, too: an earlier change did not reach them behind the walls.
"""

from migrations.walls import for_each_tenant

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

# A slot has the promotion's number from bit 33 on, and in its lowest three bits the place, which is 4 of these. What a
# promotion counted before and after it had conditions is one count.
_MOVED = """
    with plain as (
        select min(promotion_id)::bigint << 33 as own from promotion_version
        where tenant_id = :tenant and (document -> 'mechanic' ->> 'kind' = 'ladder'
                or document -> 'mechanic' ->> 'kind' = 'bands' and document -> 'mechanic' ->> 'by' = 'turnover')
            and coalesce(document -> 'where', '[]') = '[]' and not coalesce((document ->> 'once')::boolean, false)
            and coalesce(document -> 'base', 'null') = 'null' and coalesce(document -> 'test', 'null') = 'null'
            and coalesce(document -> 'trigger' ->> 'kind', 'purchase') = 'purchase'
            and coalesce(document -> 'gives' ->> 'kind', 'points') = 'points'
            and not exists (
                select from jsonb_each(document -> 'limits') l (name, said)
                where (name like 'times%' or name in ('gap_minutes', 'per_outlet')) and said not in ('null', 'false')
            )
        having count(distinct promotion_id) = 1
    )
    update counter_sheet s set (slots, counts) = (
        select array_agg(slot order by slot), array_agg(count order by slot) from (
            select slot, sum(count)::bigint as count from (
                select count, case when slot & 7 = 4 and slot >> 33 = {before} >> 33
                    then slot - {before} + {after} else slot end as slot
                from unnest(s.slots, s.counts) u (slot, count)
            ) told
            group by slot
        ) moved
    )
    from plain p
    where s.tenant_id = :tenant and exists (
        select from unnest(s.slots) u (slot) where slot & 7 = 4 and slot >> 33 = {before} >> 33
    )"""


def upgrade() -> None:
    for_each_tenant(
        _MOVED.format(before="0", after="p.own"),
        "update shop_order set sums = array[sale] where tenant_id = :tenant and sums = '{}'",
    )


def downgrade() -> None:
    for_each_tenant(_MOVED.format(before="p.own", after="0"))
