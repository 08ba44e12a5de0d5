"""Settlement: who operates a programme, by what terms participants settle, closed months with their statements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

KEPT = ("settlement", "party_terms")
ADDED = ("statement", "statement_line")


def upgrade() -> None:
    """Terms can be changed; statements and what became of them are only added."""
    _make_terms()
    _make_statements()
    for table in KEPT:
        for statement in tenant_wall(table):
            op.execute(statement)
    for table in ADDED:
        for statement in tenant_wall(table, grants="select, insert"):
            op.execute(statement)


def _make_terms() -> None:
    op.create_table(
        "settlement",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("closed_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "operator_id"], ["participant.tenant_id", "participant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "programme_id"),
    )
    op.create_table(
        "party_terms",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("participant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("extract(day from since) = 1", name=op.f("party_terms_month_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"], ["settlement.tenant_id", "settlement.programme_id"]
        ),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "programme_id", "participant_id", "since"),
    )


def _make_statements() -> None:
    key = ["tenant_id", "programme_id", "month", "participant_id"]

    def whose() -> list[sa.Column]:
        return [
            sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("month", sa.Date(), nullable=False),
            sa.Column("participant_id", sa.Integer(), autoincrement=False, nullable=False),
        ]

    op.create_table(
        "statement",
        *whose(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=False),
        sa.Column("owes", sa.BigInteger(), nullable=False),
        sa.Column("owed", sa.BigInteger(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("participant_id <> operator_id", name=op.f("statement_two_check")),
        sa.CheckConstraint("owes >= 0 and owed >= 0", name=op.f("statement_sides_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"], ["settlement.tenant_id", "settlement.programme_id"]
        ),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "operator_id"], ["participant.tenant_id", "participant.id"]),
        sa.PrimaryKeyConstraint(*key),
        sa.UniqueConstraint("tenant_id", "programme_id", "month", "number"),
    )
    op.create_table(
        "statement_line",
        *whose(),
        sa.Column("side", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16, collation="C"), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("base", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("side in (1, 2)", name=op.f("statement_line_side_check")),
        sa.ForeignKeyConstraint(key, [f"statement.{column}" for column in key]),
        sa.PrimaryKeyConstraint(*key, "side", "place"),
    )


def downgrade() -> None:
    """Closed months are gone with it."""
    for table in (*reversed(ADDED), *reversed(KEPT)):
        op.drop_table(table)
