"""Draws, and what was won in them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draw",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("benefit_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64, collation="C"), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("prizes", postgresql.JSONB(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_seed", sa.LargeBinary(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tickets", sa.BigInteger(), nullable=True),
        sa.Column("entries_digest", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(drawn_at is null) = (tickets is null) and (drawn_at is null) = (entries_digest is null)",
            name=op.f("draw_drawn_check"),
        ),
        sa.ForeignKeyConstraint(["tenant_id", "benefit_id"], ["benefit.tenant_id", "benefit.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "benefit_id"),
        sa.UniqueConstraint("tenant_id", "code"),
    )
    op.create_table(
        "draw_win",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("prize", sa.String(64, collation="C"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "draw_id"], ["draw.tenant_id", "draw.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "draw_id", "place"),
        sa.UniqueConstraint("tenant_id", "draw_id", "place"),
    )
    for statement in tenant_wall("draw"):
        op.execute(statement)
    for statement in tenant_wall("draw_win", grants="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("draw_win")
    op.drop_table("draw")
