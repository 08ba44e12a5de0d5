"""Whom a text is for and what it is: the staff see when which texts went to a member. Older texts have neither."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("text_message", sa.Column("member_id", sa.Uuid(), nullable=True))
    op.add_column("text_message", sa.Column("what", sa.String(16, collation="C"), nullable=True))
    op.create_foreign_key(
        op.f("text_message_tenant_id_member_id_fkey"),
        "text_message",
        "member",
        ["tenant_id", "member_id"],
        ["tenant_id", "id"],
    )
    op.create_check_constraint(
        op.f("text_message_what_check"),
        "text_message",
        "what is null or what in ('sign_in', 'till_code', 'activation', 'certificate')",
    )
    op.create_check_constraint(
        op.f("text_message_told_check"), "text_message", "(member_id is null) or (what is not null)"
    )
    op.create_index("text_message_member_idx", "text_message", ["tenant_id", "member_id", "id"],
                    postgresql_where=sa.text("member_id is not null"))  # fmt: skip


def downgrade() -> None:
    op.drop_index("text_message_member_idx", "text_message")
    op.drop_constraint(op.f("text_message_told_check"), "text_message")
    op.drop_constraint(op.f("text_message_what_check"), "text_message")
    op.drop_constraint(op.f("text_message_tenant_id_member_id_fkey"), "text_message")
    op.drop_column("text_message", "what")
    op.drop_column("text_message", "member_id")
