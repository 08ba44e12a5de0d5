"""Segments by definition; facts, holidays and levels that are told apart by when they became known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segment", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "segment_terms",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("bit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("slices_left", sa.Integer(), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("joined", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.CheckConstraint("slices_left >= 0", name=op.f("segment_terms_slices_check")),
        sa.ForeignKeyConstraint(["tenant_id", "bit"], ["segment.tenant_id", "segment.bit"]),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "bit"),
    )
    op.create_table(
        "programme_tiers",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "programme_id", "since"),
    )
    for statement in tenant_wall("segment_terms"):
        op.execute(statement)
    for statement in tenant_wall("programme_tiers", grants="select, insert"):
        op.execute(statement)
    # Facts of one name that are stated at one moment stand beside each other.
    op.add_column("member_fact", sa.Column("ordinal", sa.SmallInteger(), server_default="0", nullable=False))
    _key_again("member_fact", "tenant_id", "member_id", "kind", "name", "since", "ordinal")
    # Days off that are there already have been known for ever.
    op.add_column(
        "holiday",
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default="1970-01-01 00:00:00+00", nullable=False
        ),
    )
    op.add_column("holiday", sa.Column("off", sa.Boolean(), server_default=sa.true(), nullable=False))
    _key_again("holiday", "tenant_id", "day", "since")


def downgrade() -> None:
    # Refused, with everything left as it is, where something is there that the older form cannot tell apart.
    _key_again("holiday", "tenant_id", "day")
    op.drop_column("holiday", "off")
    op.drop_column("holiday", "since")
    _key_again("member_fact", "tenant_id", "member_id", "kind", "name", "since")
    op.drop_column("member_fact", "ordinal")
    op.drop_table("programme_tiers")
    op.drop_table("segment_terms")
    op.drop_column("segment", "retired_at")


def _key_again(table: str, *columns: str) -> None:
    op.drop_constraint(op.f(f"{table}_pkey"), table, type_="primary")
    op.create_primary_key(op.f(f"{table}_pkey"), table, list(columns))
