"""Occasions: what earns points without a purchase, and up to which day the calendar was looked at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "occasion",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(24, collation="C"), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("reason", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint("cardinality(reason) % 5 = 0", name=op.f("occasion_reason_check")),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
        sa.UniqueConstraint("tenant_id", "key"),
    )
    op.create_table(
        "occasion_calendar",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "programme_id"),
    )
    for statement in tenant_wall("occasion", grants="select, insert"):
        op.execute(statement)
    for statement in tenant_wall("occasion_calendar"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("occasion_calendar")
    op.drop_table("occasion")
