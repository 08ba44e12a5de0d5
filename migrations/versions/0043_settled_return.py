"""Returns as closed months counted them: what becomes known later is the next month's."""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows are only added, at closing."""
    op.create_table(
        "settled_return",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("participant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("turnover", sa.BigInteger(), nullable=False),
        sa.Column("awarded", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("turnover <> 0 or awarded <> 0", name=op.f("settled_return_counts_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"], ["settlement.tenant_id", "settlement.programme_id"]
        ),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "return_id"],
            ["purchase_return.tenant_id", "purchase_return.member_id", "purchase_return.id"],
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "programme_id", "month", "participant_id", "member_id", "return_id"
        ),
    )
    for statement in tenant_wall("settled_return", grants="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    """Months closed before count no returns again."""
    op.drop_table("settled_return")
