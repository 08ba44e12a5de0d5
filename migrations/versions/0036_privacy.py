"""Requests about personal data, and what their erasure removes; the hourly count of tenants goes, for figures tell it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall
from tenants.runtime.db import APP_ROLE

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

REMOVED = ("member_fact", "member_device", "member_note", "referral_code", "enrolment")
"""Rows that were only ever added: an erasure removes them, and still nobody changes one."""
BLANKED = {"claim_event": "words", "occasion": "data"}
"""Of rows that stay, the one column that an erasure empties."""


def upgrade() -> None:
    op.create_table(
        "privacy_request",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8, collation="C"), nullable=False),
        sa.Column("state", sa.String(length=8, collation="C"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=16, collation="C"), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.CheckConstraint("kind in ('copy', 'erasure')", name=op.f("privacy_request_kind_check")),
        sa.CheckConstraint("state in ('open', 'done', 'refused')", name=op.f("privacy_request_state_check")),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name=op.f("privacy_request_ended_check")),
        sa.CheckConstraint(
            "(state = 'refused') = (reason is not null)", name=op.f("privacy_request_reason_check")
        ),
        sa.CheckConstraint(
            "(kind = 'erasure' and state = 'done') = (report is not null)",
            name=op.f("privacy_request_report_check"),
        ),
        sa.CheckConstraint(
            "(kind = 'copy' and state = 'done') = (digest is not null and kept_until is not null)",
            name=op.f("privacy_request_copy_check"),
        ),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "asked_by"], ["staff.tenant_id", "staff.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "ended_by"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    op.create_index(
        "privacy_request_open_idx",
        "privacy_request",
        ["tenant_id", "member_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    for statement in tenant_wall("privacy_request", grants="select, insert, update"):
        op.execute(statement)
    for table in REMOVED:
        op.execute(f"grant delete on {table} to {APP_ROLE}")
    for table, column in BLANKED.items():
        op.execute(f"grant update ({column}) on {table} to {APP_ROLE}")
    op.drop_table("usage")


def downgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("purchases", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    for statement in tenant_wall("usage"):
        op.execute(statement)
    for table, column in BLANKED.items():
        op.execute(f"revoke update ({column}) on {table} from {APP_ROLE}")
    for table in REMOVED:
        op.execute(f"revoke delete on {table} from {APP_ROLE}")
    op.drop_table("privacy_request")
