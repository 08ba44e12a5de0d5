"""The way of a statement: its steps, objections to its lines, and the answers to them."""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

ADDED = ("statement_step", "objection", "objection_answer")
KEY = ["tenant_id", "programme_id", "month", "participant_id"]


def _numbered() -> list[sa.Column]:
    return [
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("participant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
    ]


def upgrade() -> None:
    """All three are only added."""
    op.create_table(
        "statement_step",
        *_numbered(),
        sa.Column("event", sa.String(8, collation="C"), nullable=False),
        sa.Column("state", sa.String(8, collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state in ('sent', 'disputed', 'agreed', 'paid')", name=op.f("statement_step_state_check")
        ),
        sa.ForeignKeyConstraint(KEY, [f"statement.{column}" for column in KEY]),
        sa.PrimaryKeyConstraint(*KEY, "number"),
    )
    line = [*KEY, "side", "place"]
    op.create_table(
        "objection",
        *_numbered(),
        sa.Column("side", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(line, [f"statement_line.{column}" for column in line]),
        sa.PrimaryKeyConstraint(*KEY, "number"),
    )
    _make_answers()
    for table in ADDED:
        for statement in tenant_wall(table, grants="select, insert"):
            op.execute(statement)


def _make_answers() -> None:
    objection = [*KEY, "number"]
    op.create_table(
        "objection_answer",
        *_numbered(),
        sa.Column("side", sa.SmallInteger(), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("counts_in", sa.Date(), nullable=True),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(counts_in is null) = (minor = 0) and counts_in > month",
            name=op.f("objection_answer_later_check"),
        ),
        sa.ForeignKeyConstraint(objection, [f"objection.{column}" for column in objection]),
        sa.PrimaryKeyConstraint(*objection),
    )
    op.create_index(
        "objection_answer_counts_idx", "objection_answer", ["tenant_id", "programme_id", "counts_in"]
    )


def downgrade() -> None:
    """What was agreed and disputed is forgotten."""
    for table in reversed(ADDED):
        op.drop_table(table)
