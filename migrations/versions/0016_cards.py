"""Enrolment at tills: what a programme asks, who came under which reference; states of loyalty cards and their history.

Cards that were issued before were in use at once, so they are active since then.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import for_each_tenant
from tenants.policies import tenant_wall

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("questionnaire", postgresql.JSONB(), nullable=True))
    op.add_column("card", sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True))
    for_each_tenant("update card set activated_at = issued_at where tenant_id = :tenant")
    op.add_column("card", sa.Column("replaces", sa.Uuid(), nullable=True))
    op.create_unique_constraint(
        op.f("card_tenant_id_member_id_replaces_key"), "card", ["tenant_id", "member_id", "replaces"]
    )
    op.create_foreign_key(
        op.f("card_tenant_id_member_id_replaces_fkey"), "card", "card",
        ["tenant_id", "member_id", "replaces"], ["tenant_id", "member_id", "id"],
    )  # fmt: skip
    op.create_check_constraint(op.f("card_another_check"), "card", "replaces <> id")
    _card_event()
    _enrolment()
    for table in ("card_event", "enrolment"):
        for statement in tenant_wall(table, grants="select, insert"):
            op.execute(statement)


def _card_event() -> None:
    op.create_table(
        "card_event",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(8, collation="C"), nullable=False),
        sa.Column("reason", sa.String(8, collation="C"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.CheckConstraint("state in ('issued', 'active', 'blocked')", name=op.f("card_event_state_check")),
        sa.CheckConstraint("(state = 'blocked') = (reason is not null)", name=op.f("card_event_why_check")),
        sa.CheckConstraint(
            "reason in ('lost', 'stolen', 'damaged', 'other')", name=op.f("card_event_reason_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "card_id"], ["card.tenant_id", "card.member_id", "card.id"]
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
        sa.UniqueConstraint("tenant_id", "member_id", "card_id", "state"),
    )


def _enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(64, collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "key"),
        sa.UniqueConstraint("tenant_id", "member_id"),
    )


def downgrade() -> None:
    for table in ("enrolment", "card_event"):
        op.drop_table(table)
    op.drop_column("card", "replaces")
    op.drop_column("card", "activated_at")
    op.drop_column("programme", "questionnaire")
