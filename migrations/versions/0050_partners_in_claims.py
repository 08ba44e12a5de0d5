"""Partners take part in claims: whose a file of a claim is, and the claims about one partner."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claim_file", sa.Column("participant_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("claim_file_tenant_id_participant_id_fkey"),
        "claim_file",
        "participant",
        ["tenant_id", "participant_id"],
        ["tenant_id", "id"],
    )
    op.create_index(
        "claim_partner_idx",
        "claim",
        ["tenant_id", "partner_id", "number"],
        postgresql_where=sa.text("partner_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("claim_partner_idx", table_name="claim")
    op.drop_column("claim_file", "participant_id")
