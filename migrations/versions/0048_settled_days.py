"""Settlement counts a day once: its sums by participant and kind, found by when rows were booked."""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

BOOKED = ("purchase", "purchase_return")


def upgrade() -> None:
    """The indexes are made while sales are posted, which no transaction can; they come first, and can be begun anew."""
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for others, and keeps nobody waiting
        for table in BOOKED:
            op.execute(f"drop index concurrently if exists {table}_booked_idx")
            op.create_index(
                f"{table}_booked_idx",
                table,
                ["tenant_id", "booked_at"],
                postgresql_using="brin",
                postgresql_with={"pages_per_range": 32, "autosummarize": True},
                postgresql_concurrently=True,
            )
        op.execute("set lock_timeout = '5s'")
    day = ["tenant_id", "programme_id", "day"]
    op.create_table(
        "settled_day",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_by", sa.LargeBinary(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"], ["settlement.tenant_id", "settlement.programme_id"]
        ),
        sa.PrimaryKeyConstraint(*day),
    )
    op.create_table(
        "settled_sum",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("participant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20, collation="C"), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*day, "participant_id", "kind"),
    )
    for table in ("settled_day", "settled_sum"):
        for statement in tenant_wall(table, grants="select, insert, delete"):
            op.execute(statement)


def downgrade() -> None:
    """A month is counted whole again."""
    op.drop_table("settled_sum")
    op.drop_table("settled_day")
    for table in BOOKED:
        op.drop_index(f"{table}_booked_idx", table)
