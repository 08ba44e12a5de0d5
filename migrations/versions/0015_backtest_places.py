"""A backtest gives a draft's places to the members who come first: who they are is found before it is replayed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("backtest_slice", sa.Column("places", postgresql.JSONB(), nullable=True))
    op.add_column("backtest", sa.Column("last_place", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("backtest", "last_place")
    op.drop_column("backtest_slice", "places")
