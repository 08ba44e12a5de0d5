"""Lines of a file that were rejected are read again, by a newer version of its profile, as a file of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column beside the others; its key is checked without keeping anybody waiting."""
    op.add_column("inbound_file", sa.Column("reread_of", sa.Integer(), nullable=True))
    op.create_foreign_key(
        "inbound_file_tenant_id_reread_of_fkey",
        "inbound_file",
        "inbound_file",
        ["tenant_id", "reread_of"],
        ["tenant_id", "id"],
        postgresql_not_valid=True,
    )
    op.execute("alter table inbound_file validate constraint inbound_file_tenant_id_reread_of_fkey")


def downgrade() -> None:
    """Files that were read again stay, as files."""
    op.drop_constraint("inbound_file_tenant_id_reread_of_fkey", "inbound_file")
    op.drop_column("inbound_file", "reread_of")
