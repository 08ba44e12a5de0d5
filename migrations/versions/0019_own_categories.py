"""Categories of a tenant's own: what a marketer calls groceries, by MCC and partner."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_category",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64, collation="C"), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "code"),
    )
    for statement in tenant_wall("own_category"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("own_category")
