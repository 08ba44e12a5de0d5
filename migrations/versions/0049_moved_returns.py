"""Returns are counted once, and again when they have moved: settlement looks at no others."""

import sqlalchemy as sa
from alembic import op

from migrations.walls import for_each_tenant
from tenants.policies import tenant_wall

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_KEY = ("member_id", "return_id")


def upgrade() -> None:
    """What has moved since the last closing is not known: what was booked before it is looked at once more."""
    op.create_table(
        "moved_return",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "return_id"],
            ["purchase_return.tenant_id", "purchase_return.member_id", "purchase_return.id"],
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    for statement in tenant_wall("moved_return", grants="select, insert, delete"):
        op.execute(statement)
    op.add_column("settled_return", sa.Column("number", sa.SmallInteger(), nullable=True))
    for_each_tenant(
        """update settled_return s set number = n.number from (
            select programme_id, month, participant_id, member_id, return_id,
                row_number() over (partition by member_id, return_id order by month) as number
            from settled_return where tenant_id = :tenant) n
        where s.tenant_id = :tenant and (s.programme_id, s.month, s.participant_id, s.member_id, s.return_id)
            = (n.programme_id, n.month, n.participant_id, n.member_id, n.return_id)""",
        """insert into moved_return (tenant_id, id, member_id, return_id)
        select :tenant, gen_random_uuid(), r.member_id, r.id from purchase_return r
        join member m on m.tenant_id = r.tenant_id and m.id = r.member_id
        join settlement s on s.tenant_id = m.tenant_id and s.programme_id = m.programme_id
            and r.booked_at < s.closed_until + interval '2 days'
        where r.tenant_id = :tenant""",
    )
    op.alter_column("settled_return", "number", nullable=False)
    op.drop_constraint("settled_return_pkey", "settled_return")
    op.create_primary_key("settled_return_pkey", "settled_return", ["tenant_id", *_KEY, "number"])
    op.create_index(
        "settled_return_month_idx", "settled_return", ["tenant_id", "programme_id", "month", "participant_id"]
    )


def downgrade() -> None:
    """Of each month's differences one row is left, their sum."""
    op.drop_index("settled_return_month_idx", "settled_return")
    op.drop_constraint("settled_return_pkey", "settled_return")
    op.drop_column("settled_return", "number")
    for_each_tenant(
        """with gone as (delete from settled_return where tenant_id = :tenant returning *)
        insert into settled_return
        select tenant_id, programme_id, month, participant_id, member_id, return_id,
            sum(turnover)::bigint, sum(awarded)::bigint
        from gone group by 1, 2, 3, 4, 5, 6 having sum(turnover) <> 0 or sum(awarded) <> 0"""
    )
    op.create_primary_key(
        "settled_return_pkey",
        "settled_return",
        ["tenant_id", "programme_id", "month", "participant_id", *_KEY],
    )
    op.drop_table("moved_return")
