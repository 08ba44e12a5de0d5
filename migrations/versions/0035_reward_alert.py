"""How few codes of a reward are told at the desk; partners and outlets that are closed."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reward", sa.Column("alert_below", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("reward_alert_below_check"), "reward", "alert_below > 0")
    op.add_column("partner", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outlet", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("outlet", "closed_at")
    op.drop_column("partner", "closed_at")
    op.drop_column("reward", "alert_below")
