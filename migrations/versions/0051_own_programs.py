"""Participants make programs of the API themselves, within what they are let; a program has a limit of its own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "participant",
        sa.Column("api_scopes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("api_client", sa.Column("requests_per_minute", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("api_client_requests_check"), "api_client", "requests_per_minute between 1 and 1000000"
    )


def downgrade() -> None:
    op.drop_column("api_client", "requests_per_minute")
    op.drop_column("participant", "api_scopes")
