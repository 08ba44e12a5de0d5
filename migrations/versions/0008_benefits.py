"""Benefits: what promotions grant beside points, who has it, and what was used of it; terms of paying with points."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("paying", postgresql.JSONB(), nullable=True))
    op.create_table(
        "benefit",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64, collation="C"), nullable=False),
        sa.Column("kind", sa.String(12, collation="C"), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "kind in ('coupon', 'certificate', 'privilege', 'units', 'ticket')",
            name=op.f("benefit_kind_check"),
        ),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "code"),
    )
    op.create_table(
        "benefit_grant",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("benefit_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("code_digest", sa.Uuid(), nullable=True),
        sa.CheckConstraint("used >= 0 and quantity >= 0", name=op.f("benefit_grant_used_check")),
        sa.ForeignKeyConstraint(["tenant_id", "benefit_id"], ["benefit.tenant_id", "benefit.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"], ["promotion_version.tenant_id", "promotion_version.id"]
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
        sa.UniqueConstraint("tenant_id", "code_digest"),
    )
    op.create_index("benefit_grant_benefit_idx", "benefit_grant", ["tenant_id", "benefit_id"])
    op.create_table(
        "benefit_use",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("request", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("benefit_use_quantity_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "grant_id"],
            ["benefit_grant.tenant_id", "benefit_grant.member_id", "benefit_grant.id"],
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
        sa.UniqueConstraint("tenant_id", "member_id", "request", "grant_id"),
    )
    for statement in tenant_wall("benefit"):
        op.execute(statement)
    for statement in tenant_wall("benefit_grant"):
        op.execute(statement)
    for statement in tenant_wall("benefit_use", grants="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("benefit_use")
    op.drop_table("benefit_grant")
    op.drop_table("benefit")
    op.drop_column("programme", "paying")
