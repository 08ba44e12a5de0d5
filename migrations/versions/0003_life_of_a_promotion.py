"""The life of a promotion: drafts that are checked and approved, and pauses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PEOPLE = ("author_id", "editor_id", "checked_by", "approved_by")


def upgrade() -> None:
    op.add_column("promotion", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("promotion", sa.Column("planned_end", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint("paused", "promotion", "planned_end is null or paused_at is not null")
    op.create_table(
        "promotion_draft",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(64, collation="C"), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *(sa.Column(person, sa.Uuid(), nullable=True) for person in _PEOPLE),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('draft', 'checked', 'approved', 'published', 'discarded')",
            name=op.f("promotion_draft_state_check"),
        ),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        *(
            sa.ForeignKeyConstraint(["tenant_id", person], ["staff.tenant_id", "staff.id"])
            for person in _PEOPLE
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index(
        "promotion_draft_open_idx",
        "promotion_draft",
        ["tenant_id", "code"],
        unique=True,
        postgresql_where=sa.text("state in ('draft', 'checked', 'approved')"),
    )
    for statement in tenant_wall("promotion_draft"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("promotion_draft")
    op.drop_constraint(op.f("promotion_paused_check"), "promotion", type_="check")
    op.drop_column("promotion", "planned_end")
    op.drop_column("promotion", "paused_at")
