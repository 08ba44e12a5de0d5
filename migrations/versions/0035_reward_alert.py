"""How few codes of a reward are told at the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reward", sa.Column("alert_below", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("reward_alert_below_check"), "reward", "alert_below > 0")


def downgrade() -> None:
    op.drop_column("reward", "alert_below")
