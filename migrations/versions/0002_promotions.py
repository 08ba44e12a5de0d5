"""Promotions that count: budgets, tiers, days off, receipts; explanations of five numbers; purchases valued anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import for_each_tenant
from tenants.policies import tenant_wall

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("member_fact", "receipt")
WALLED = (
    "holiday",
    "outlet",
    "promotion_budget",
    "receipt",
    "revaluation",
    "backtest",
    "backtest_slice",
    "member_fact",
)
_SLOT = 1 << 33  # a promotion's first place on a counter sheet
_EXPLAINED = ("purchase", "transfer")


def upgrade() -> None:
    op.add_column("programme", sa.Column("tiers", postgresql.JSONB(), nullable=True))
    op.add_column("promotion", sa.Column("budget", sa.BigInteger(), nullable=True))
    op.add_column("purchase", sa.Column("segments", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("purchase", "segments", server_default=None)
    op.add_column("purchase_return", sa.Column("receipt", postgresql.JSONB(), nullable=True))
    op.alter_column("counter_sheet", "promotions", new_column_name="slots")
    op.alter_column("counter_sheet", "raw", new_column_name="counts")
    for table in _EXPLAINED:
        op.drop_constraint(op.f(f"{table}_reason_check"), table, type_="check")
    for_each_tenant(
        "update purchase p set segments = m.segments from member m"
        " where p.tenant_id = :tenant and m.tenant_id = :tenant and m.id = p.member_id and m.segments <> 0",
        *(_regroup(table, "f[1], f[2], f[3], f[4], 0", 4) for table in _EXPLAINED),
        f"update counter_sheet set slots = (select coalesce(array_agg(s * {_SLOT} order by n), '{{}}')"  # noqa: S608
        " from unnest(slots) with ordinality as u (s, n)) where tenant_id = :tenant",
    )
    op.create_check_constraint("reason", "purchase", "cardinality(reason) % 5 = 0")
    op.create_check_constraint("reason", "transfer", "reason is null or cardinality(reason) % 5 = 0")
    create_tables()
    for table in WALLED:
        grants = "select, insert" if table in APPEND_ONLY else "select, insert, update, delete"
        for statement in tenant_wall(table, grants=grants):
            op.execute(statement)
    for_each_tenant(_STANDING)


# What purchases give after the returns that were found to them: the points of their awards, and what those returns moved.
_STANDING = """
    insert into revaluation (tenant_id, member_id, purchase_id, reason, lots)
    select :tenant, p.member_id, p.id, array_agg(n order by at, place), '{}'
    from purchase p
    cross join lateral (
        select at, p.reason[at] as version, p.reason[at + 1] as base, p.reason[at + 2] as points, p.reason[at + 3] as cut
        from generate_series(1, cardinality(p.reason), 5) at
    ) award
    left join lateral (
        select sum(case when t.from_account = 10 then t.reason[3] else -t.reason[3] end)::bigint as points
        from purchase_return r
        join transfer t on t.tenant_id = :tenant and t.member_id = r.member_id and t.cause_id = r.id and t.purpose = 2
        where r.tenant_id = :tenant and r.member_id = p.member_id and r.purchase_id = p.id and t.reason[1] = version
    ) moved on true
    cross join lateral unnest(array[version, base, greatest(award.points + coalesce(moved.points, 0), 0), cut, 0])
        with ordinality as u (n, place)
    where p.tenant_id = :tenant and exists (
        select from purchase_return r
        where r.tenant_id = :tenant and r.member_id = p.member_id and r.purchase_id = p.id
    )
    group by p.member_id, p.id
"""


def downgrade() -> None:
    for table in reversed(WALLED):
        op.drop_table(table)
    for table in _EXPLAINED:
        op.drop_constraint(op.f(f"{table}_reason_check"), table, type_="check")
    for_each_tenant(
        *(_regroup(table, "f[1], f[2], f[3], f[4]", 5) for table in _EXPLAINED),
        f"update counter_sheet set slots = (select coalesce(array_agg(s / {_SLOT} order by n), '{{}}')"  # noqa: S608
        " from unnest(slots) with ordinality as u (s, n)) where tenant_id = :tenant",
    )
    op.create_check_constraint("reason", "purchase", "cardinality(reason) % 4 = 0")
    op.create_check_constraint("reason", "transfer", "reason is null or cardinality(reason) % 4 = 0")
    op.alter_column("counter_sheet", "slots", new_column_name="promotions")
    op.alter_column("counter_sheet", "counts", new_column_name="raw")
    op.drop_column("purchase_return", "receipt")
    op.drop_column("purchase", "segments")
    op.drop_column("promotion", "budget")
    op.drop_column("programme", "tiers")


def _regroup(table: str, numbers: str, size: int) -> str:
    """The statement that writes explanations in groups of another size."""
    return (
        f"update {table} set reason = (select coalesce(array_agg(v order by at, n), '{{}}')"  # noqa: S608
        f" from (select at, reason[at : at + {size - 1}] as f"
        f" from generate_series(1, cardinality(reason), {size}) as g (at)) as groups"
        f" cross join lateral unnest(array[{numbers}]) with ordinality as u (v, n))"
        " where tenant_id = :tenant and cardinality(reason) > 0"
    )


def create_tables() -> None:
    op.create_table(
        "holiday",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day"),
    )
    op.create_table(
        "outlet",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(32, collation="C"), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("brand", sa.String(64), nullable=False),
        sa.Column("franchise", sa.String(64), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "partner_id"], ["partner.tenant_id", "partner.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "code"),
    )
    op.create_table(
        "promotion_budget",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("promotion_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("room", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("room >= 0", name=op.f("promotion_budget_room_check")),
        sa.ForeignKeyConstraint(["tenant_id", "promotion_id"], ["promotion.tenant_id", "promotion.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "promotion_id", "shard"),
    )
    for table, column in (
        ("receipt", sa.Column("document", postgresql.JSONB(), nullable=False)),
        ("revaluation", sa.Column("reason", postgresql.ARRAY(sa.BigInteger()), nullable=False)),
    ):
        op.create_table(
            table,
            sa.Column("tenant_id", sa.Integer(), nullable=False),
            sa.Column("member_id", sa.Uuid(), nullable=False),
            sa.Column("purchase_id", sa.Uuid(), nullable=False),
            column,
            sa.ForeignKeyConstraint(
                ["tenant_id", "member_id", "purchase_id"],
                ["purchase.tenant_id", "purchase.member_id", "purchase.id"],
            ),
            sa.PrimaryKeyConstraint("tenant_id", "member_id", "purchase_id"),
        )
    op.add_column("revaluation", sa.Column("lots", postgresql.ARRAY(sa.Uuid()), nullable=False))
    op.create_check_constraint("reason", "revaluation", "cardinality(reason) % 5 = 0")
    op.create_table(
        "backtest",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64, collation="C"), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slices", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("backtest_days_check")),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "backtest_slice",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("backtest_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_member", sa.Uuid(), nullable=False),
        sa.Column("end_member", sa.Uuid(), nullable=True),
        sa.Column("tally", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "backtest_id"], ["backtest.tenant_id", "backtest.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "backtest_id", "number"),
    )
    op.create_table(
        "member_fact",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(12, collation="C"), nullable=False),
        sa.Column("name", sa.String(64, collation="C"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind in ('attribute', 'entitlement', 'opt_in', 'promo_code')",
            name=op.f("member_fact_kind_check"),
        ),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "kind", "name", "since"),
    )
