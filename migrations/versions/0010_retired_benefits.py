"""Benefits that are granted no more, since when and by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("benefit", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("benefit", sa.Column("retired_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("benefit_tenant_id_retired_by_fkey"),
        "benefit",
        "staff",
        ["tenant_id", "retired_by"],
        ["tenant_id", "id"],
    )
    op.create_check_constraint(
        op.f("benefit_retired_check"), "benefit", "retired_by is null or retired_at is not null"
    )


def downgrade() -> None:
    op.drop_column("benefit", "retired_by")
    op.drop_column("benefit", "retired_at")
