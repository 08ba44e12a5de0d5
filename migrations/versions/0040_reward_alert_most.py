"""A reward's codes are told to run low by 10,000 at most: every page of the desk counts so many."""

from alembic import op

from migrations.walls import for_each_tenant

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for_each_tenant("update reward set alert_below = 10000 where tenant_id = :tenant and alert_below > 10000")
    op.drop_constraint(op.f("reward_alert_below_check"), "reward")
    op.create_check_constraint(op.f("reward_alert_below_check"), "reward", "alert_below between 1 and 10000")


def downgrade() -> None:
    op.drop_constraint(op.f("reward_alert_below_check"), "reward")
    op.create_check_constraint(op.f("reward_alert_below_check"), "reward", "alert_below > 0")
