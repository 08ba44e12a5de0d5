"""A client may sign in by what it signs, instead of a secret: its public keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_client", sa.Column("keys", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("api_client", "keys")
