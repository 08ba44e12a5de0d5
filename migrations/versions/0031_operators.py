"""Operators of the deployment: their own place, drafts of tenants, usage, parts switched off, entering by consent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def _staff(column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", column], ["staff.tenant_id", "staff.id"])


def upgrade() -> None:
    """Columns have defaults that are kept beside the table, so none is written anew."""
    op.add_column(
        "tenant", sa.Column("operates", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_index(
        "tenant_operates_idx", "tenant", ["operates"], unique=True, postgresql_where=sa.text("operates")
    )
    op.add_column("staff", sa.Column("guest", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "switched_off",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(16, collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "part"),
    )
    op.create_table(
        "support_grant",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("role", sa.String(32, collation="C"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("until > granted_at", name=op.f("support_grant_until_check")),
        _staff("granted_by"),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "support_visit",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("ticket", sa.LargeBinary(), nullable=True),
        sa.Column("ticket_until", sa.DateTime(timezone=True), nullable=True),
        _staff("staff_id"),
        sa.ForeignKeyConstraint(["tenant_id", "grant_id"], ["support_grant.tenant_id", "support_grant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id"),
        sa.UniqueConstraint("tenant_id", "ticket"),
    )
    op.create_table(
        "opening_draft",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("template", sa.String(32, collation="C"), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        _staff("staff_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "usage",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("purchases", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    for table in ("switched_off", "support_grant", "support_visit", "opening_draft", "usage"):
        for statement in tenant_wall(table):
            op.execute(statement)


def downgrade() -> None:
    for table in ("usage", "opening_draft", "support_visit", "support_grant", "switched_off"):
        op.drop_table(table)
    op.drop_column("staff", "guest")
    op.drop_index("tenant_operates_idx", "tenant")
    op.drop_column("tenant", "operates")
