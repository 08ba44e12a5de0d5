"""Whoever changed anything of a draft does not sign it, whoever changed it last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import for_each_tenant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "promotion_draft",
        sa.Column("editors", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default="{}"),
    )
    op.alter_column("promotion_draft", "editors", server_default=None)
    for_each_tenant(
        "update promotion_draft set editors = array_remove(array[author_id, nullif(editor_id, author_id)], null)"
        " where tenant_id = :tenant"
    )
    op.create_check_constraint(
        op.f("promotion_draft_eyes_check"),
        "promotion_draft",
        "approved_by is null or not approved_by = any (editors)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("promotion_draft_eyes_check"), "promotion_draft")
    op.drop_column("promotion_draft", "editors")
