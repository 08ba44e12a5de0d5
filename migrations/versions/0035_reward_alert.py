"""How few codes of a reward are told at the desk; partners and outlets that are closed; whose signature gave a secret."""

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
    op.add_column("api_secret", sa.Column("approval_id", sa.Uuid(), nullable=True))
    op.create_unique_constraint(
        op.f("api_secret_tenant_id_approval_id_key"), "api_secret", ["tenant_id", "approval_id"]
    )
    op.create_foreign_key(
        op.f("api_secret_tenant_id_approval_id_fkey"),
        "api_secret",
        "approval",
        ["tenant_id", "approval_id"],
        ["tenant_id", "id"],
    )


def downgrade() -> None:
    op.drop_column("api_secret", "approval_id")
    op.drop_column("outlet", "closed_at")
    op.drop_column("partner", "closed_at")
    op.drop_column("reward", "alert_below")
