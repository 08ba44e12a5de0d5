"""Orders to pay what agreed statements say, and the bank's entries that paid them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

KEY = ["tenant_id", "programme_id", "month", "participant_id"]


def _whose() -> list[sa.Column]:
    return [
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("participant_id", sa.Integer(), autoincrement=False, nullable=False),
    ]


def upgrade() -> None:
    """Both are only added."""
    op.create_table(
        "payment_order",
        *_whose(),
        sa.Column("message", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(35, collation="C"), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("parties", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("payment_order_minor_check")),
        sa.ForeignKeyConstraint(KEY, [f"statement.{column}" for column in KEY]),
        sa.PrimaryKeyConstraint(*KEY),
    )
    op.create_table(
        "statement_payment",
        *_whose(),
        sa.Column("entry", sa.String(140), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("statement_payment_minor_check")),
        sa.ForeignKeyConstraint(KEY, [f"statement.{column}" for column in KEY]),
        sa.PrimaryKeyConstraint(*KEY),
    )
    for table in ("payment_order", "statement_payment"):
        for statement in tenant_wall(table, grants="select, insert"):
            op.execute(statement)


def downgrade() -> None:
    """What was ordered and paid is forgotten."""
    op.drop_table("statement_payment")
    op.drop_table("payment_order")
