"""A version knows the draft that it was: who wrote it, who signed it and when. Of older ones that is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_KEY = "promotion_version_tenant_id_draft_id_fkey"


def upgrade() -> None:
    op.add_column("promotion_draft", sa.Column("approved_at", sa.DateTime(timezone=True)))
    op.add_column("promotion_version", sa.Column("draft_id", sa.Integer()))
    op.create_foreign_key(
        op.f(_KEY), "promotion_version", "promotion_draft", ["tenant_id", "draft_id"], ["tenant_id", "id"]
    )


def downgrade() -> None:
    op.drop_constraint(op.f(_KEY), "promotion_version", type_="foreignkey")
    op.drop_column("promotion_version", "draft_id")
    op.drop_column("promotion_draft", "approved_at")
