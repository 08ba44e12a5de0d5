"""Operations on cards that a company's person enters by hand, and what a company is let enter."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participant", sa.Column("by_hand", postgresql.JSONB(), nullable=True))
    op.create_table(
        "hand_operation",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=8, collation="C"), nullable=False),
        sa.Column("number", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("hand_operation_amount_check")),
        sa.CheckConstraint("what in ('sale', 'return', 'card')", name=op.f("hand_operation_what_check")),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "outlet_id"], ["outlet.tenant_id", "outlet.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
    )
    op.create_index("hand_operation_day_idx", "hand_operation", ["tenant_id", "staff_id", "day"])
    op.create_index("hand_operation_participant_idx", "hand_operation", ["tenant_id", "participant_id", "id"])
    op.create_index("hand_operation_latest_idx", "hand_operation", ["tenant_id", "participant_id", "at"])
    op.create_index("hand_operation_cause_idx", "hand_operation", ["tenant_id", "member_id", "cause_id"])
    for statement in tenant_wall("hand_operation", grants="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("hand_operation")
    op.drop_column("participant", "by_hand")
