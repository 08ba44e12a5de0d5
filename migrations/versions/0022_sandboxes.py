"""Sandboxes: tenants where programs are tried, with a clock of their own."""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sandbox",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("terms_of", sa.String(32, collation="C"), nullable=False),
        sa.Column("ahead", sa.Interval(), nullable=False),
        sa.CheckConstraint("ahead >= interval '0'", name=op.f("sandbox_ahead_check")),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    for statement in tenant_wall("sandbox"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("sandbox")
