"""Four eyes: changes that one person asks for and another signs. Rights and checks keep them apart, no trigger."""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_ASKED = "tenant_id, id, kind, subject, payload, digest, author_id"
_DECIDED = "tenant_id, approval_id, author_id, digest, expires_at, outcome, decided_by, reason"


def upgrade() -> None:
    """The application's role writes no moment: when something was asked and decided says the database."""
    op.create_table(
        "approval",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(16, collation="C"), nullable=False),
        sa.Column("subject", sa.String(100, collation="C"), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("statement_timestamp()"),
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("statement_timestamp() + interval '72 hours'"),
        ),
        sa.CheckConstraint("digest = sha256(payload)", name=op.f("approval_digest_check")),
        sa.CheckConstraint("expires_at = asked_at + interval '72 hours'", name=op.f("approval_hours_check")),
        sa.ForeignKeyConstraint(["tenant_id", "author_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "id", "author_id", "digest", "expires_at"),
    )
    op.create_index("approval_expires_idx", "approval", ["tenant_id", "expires_at"])
    op.create_table(
        "approval_decision",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(9, collation="C"), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "decided_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
        sa.CheckConstraint(
            "outcome in ('signed', 'refused', 'withdrawn')", name=op.f("approval_decision_outcome_check")
        ),
        sa.CheckConstraint(
            "(outcome = 'withdrawn') = (decided_by = author_id)",
            name=op.f("approval_decision_two_people_check"),
        ),
        sa.CheckConstraint(
            "outcome <> 'signed' or decided_at < expires_at", name=op.f("approval_decision_in_time_check")
        ),
        sa.CheckConstraint("outcome = 'signed' or reason <> ''", name=op.f("approval_decision_reason_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "approval_id", "author_id", "digest", "expires_at"],
            [
                "approval.tenant_id",
                "approval.id",
                "approval.author_id",
                "approval.digest",
                "approval.expires_at",
            ],
        ),
        sa.ForeignKeyConstraint(["tenant_id", "decided_by"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "approval_id"),
    )
    for table, columns in (("approval", _ASKED), ("approval_decision", _DECIDED)):
        for statement in tenant_wall(table, grants=f"select, insert ({columns})"):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("approval_decision")
    op.drop_table("approval")
