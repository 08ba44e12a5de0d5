"""Postbacks with a wrong signature are told apart from those without one."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("postback", sa.Column("missigned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("postback", "missigned", server_default=None)


def downgrade() -> None:
    op.drop_column("postback", "missigned")
