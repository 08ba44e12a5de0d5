"""To whom it is told by mail that a reward's codes run low, and since when it is told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "reward",
        sa.Column("alert_to", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column("reward", sa.Column("told_low_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("reward", "told_low_at")
    op.drop_column("reward", "alert_to")
