"""A client's tokens end with the client: no moment is kept from which they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("api_client", "tokens_since")


def downgrade() -> None:
    op.add_column("api_client", sa.Column("tokens_since", sa.DateTime(timezone=True), nullable=True))
    op.execute("update api_client set tokens_since = made_at")
    op.alter_column("api_client", "tokens_since", nullable=False)
