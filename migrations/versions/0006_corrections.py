"""Corrections of a promotion's past, and what they left and did on purchases that were valued anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "promotion_version", sa.Column("correcting", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("promotion_version", "correcting", server_default=None)
    for name in ("written_off", "corrected"):
        op.add_column(
            "revaluation",
            sa.Column(name, postgresql.ARRAY(sa.BigInteger()), nullable=False, server_default="{}"),
        )
        op.alter_column("revaluation", name, server_default=None)
    op.create_check_constraint(
        "corrections", "revaluation", "cardinality(written_off) % 4 = 0 and cardinality(corrected) % 4 = 0"
    )
    _correction()
    op.create_table(
        "correction_slice",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_member", sa.Uuid(), nullable=False),
        sa.Column("end_member", sa.Uuid(), nullable=True),
        sa.Column("preview", postgresql.JSONB(), nullable=True),
        sa.Column("posted", postgresql.JSONB(), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "correction_id"], ["correction.tenant_id", "correction.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "correction_id", "number"),
    )
    op.create_table(
        "corrected_member",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("correction_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("preview", postgresql.JSONB(), nullable=True),
        sa.Column("posted", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "correction_id"], ["correction.tenant_id", "correction.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "correction_id"),
    )
    op.create_index(
        "corrected_member_correction_idx", "corrected_member", ["tenant_id", "correction_id", "member_id"]
    )
    for table in ("correction", "correction_slice", "corrected_member"):
        for statement in tenant_wall(table):
            op.execute(statement)


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("promotion_id", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("debt", sa.String(7), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slices", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("correction_days_check")),
        sa.CheckConstraint("debt in ('never', 'allowed')", name=op.f("correction_debt_check")),
        sa.CheckConstraint(
            "state in ('asked', 'approved', 'done', 'discarded')", name=op.f("correction_state_check")
        ),
        sa.CheckConstraint(
            "(state in ('approved', 'done')) = (version_id is not null)",
            name=op.f("correction_version_check"),
        ),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "promotion_id"], ["promotion.tenant_id", "promotion.id"]),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column], ["promotion_version.tenant_id", "promotion_version.id"]
            )
            for column in ("replaces", "version_id")
        ),
        *(
            sa.ForeignKeyConstraint(["tenant_id", column], ["staff.tenant_id", "staff.id"])
            for column in ("author_id", "approved_by")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("correction_promotion_idx", "correction", ["tenant_id", "promotion_id"])


def downgrade() -> None:
    op.drop_table("corrected_member")
    op.drop_table("correction_slice")
    op.drop_table("correction")
    op.drop_constraint(op.f("revaluation_corrections_check"), "revaluation", type_="check")
    op.drop_column("revaluation", "corrected")
    op.drop_column("revaluation", "written_off")
    op.drop_column("promotion_version", "correcting")
