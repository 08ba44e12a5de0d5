"""What people of a participant write to the programme, and what they are answered."""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=8, collation="C"), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('open', 'answered', 'closed')", name=op.f("ticket_state_check")),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("ticket_participant_idx", "ticket", ["tenant_id", "participant_id", "id"])
    op.create_index(
        "ticket_open_idx", "ticket", ["tenant_id", "id"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "ticket_letter",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("file_name", sa.LargeBinary(), nullable=True),
        sa.Column("file_kind", sa.String(length=4), nullable=True),
        sa.Column("file_size", sa.Integer(), nullable=True),
        sa.CheckConstraint("file_kind in ('jpeg', 'png', 'pdf')", name=op.f("ticket_letter_kind_check")),
        sa.CheckConstraint("file_size between 1 and 5242880", name=op.f("ticket_letter_size_check")),
        sa.CheckConstraint(
            "(file_name is null) = (file_kind is null) and (file_name is null) = (file_size is null)",
            name=op.f("ticket_letter_file_check"),
        ),
        sa.ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "ticket_id", "number"),
    )
    for statement in tenant_wall("ticket"):
        op.execute(statement)
    for statement in tenant_wall("ticket_letter", grants="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("ticket_letter")
    op.drop_table("ticket")
