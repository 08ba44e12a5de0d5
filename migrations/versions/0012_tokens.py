"""A client's tokens end with the client: no moment is kept from which they hold."""

import sqlalchemy as sa
from alembic import op

from migrations.walls import for_each_tenant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("api_client", "tokens_since")


def downgrade() -> None:
    op.add_column("api_client", sa.Column("tokens_since", sa.DateTime(timezone=True), nullable=True))
    for_each_tenant("update api_client set tokens_since = made_at where tenant_id = :tenant")
    op.alter_column("api_client", "tokens_since", nullable=False)
