"""Figures of days: counted from what is new in the ledger, so that the desk's first page reads no transfer."""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLES = ("figures_count", "points_day", "members_day", "budget_day")


def upgrade() -> None:
    """The indexes are made while points are posted, which no transaction can; they come first, and can be begun anew."""
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for others, and keeps nobody waiting
        op.execute("drop index concurrently if exists transfer_booked_idx")
        op.create_index(
            "transfer_booked_idx",
            "transfer",
            ["tenant_id", "booked_at"],
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
            postgresql_concurrently=True,
        )
        op.execute("drop index concurrently if exists outbox_failed_idx")
        op.create_index(
            "outbox_failed_idx",
            "outbox",
            ["tenant_id", "id"],
            postgresql_where=sa.text("state = 'failed'"),
            postgresql_concurrently=True,
        )
        op.execute("set lock_timeout = '5s'")
    op.create_table(
        "figures_count",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_from", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "points_day",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("from_account", sa.SmallInteger(), nullable=False),
        sa.Column("to_account", sa.SmallInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("points_day_points_check")),
        sa.PrimaryKeyConstraint("tenant_id", "booked_on", "day", "from_account", "to_account"),
    )
    op.create_index("points_day_day_idx", "points_day", ["tenant_id", "day"])
    op.create_table(
        "members_day",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("active between 0 and members", name=op.f("members_day_active_check")),
        sa.PrimaryKeyConstraint("tenant_id", "day"),
    )
    op.create_table(
        "budget_day",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("promotion_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "promotion_id"], ["promotion.tenant_id", "promotion.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "promotion_id", "day"),
    )
    for table in TABLES:
        for statement in tenant_wall(table):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("outbox_failed_idx", "outbox")
    op.drop_index("transfer_booked_idx", "transfer")
