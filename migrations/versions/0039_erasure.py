"""Who signed a copy; to whom a text waits, as a digest; and an erasure may empty the browser of a referral.

Texts that wait from before have no digest: an erasure finds them no more, and they are forgotten when their time is over.
"""

import sqlalchemy as sa
from alembic import op

from tenants.runtime.db import APP_ROLE

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("privacy_request", sa.Column("signed_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("privacy_request_tenant_id_signed_by_fkey"),
        "privacy_request",
        "staff",
        ["tenant_id", "signed_by"],
        ["tenant_id", "id"],
    )
    op.create_check_constraint(
        op.f("privacy_request_signed_check"), "privacy_request", "signed_by is null or kind = 'copy'"
    )
    op.add_column("text_message", sa.Column("phone", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("text_message_phone_check"), "text_message", "phone is null or state = 'waiting'"
    )
    op.create_index("text_message_phone_idx", "text_message", ["tenant_id", "phone"],
                    postgresql_where=sa.text("phone is not null"))  # fmt: skip
    op.execute(f"grant update (device) on referral to {APP_ROLE}")


def downgrade() -> None:
    op.execute(f"revoke update (device) on referral from {APP_ROLE}")
    op.drop_index("text_message_phone_idx", "text_message")
    op.drop_constraint(op.f("text_message_phone_check"), "text_message")
    op.drop_column("text_message", "phone")
    op.drop_constraint(op.f("privacy_request_signed_check"), "privacy_request")
    op.drop_constraint(op.f("privacy_request_tenant_id_signed_by_fkey"), "privacy_request")
    op.drop_column("privacy_request", "signed_by")
