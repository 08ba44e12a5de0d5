"""Legal entities apply to become partners; a partner's own sales are found without reading everybody's."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "application",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=8, collation="C"), nullable=False),
        sa.Column("legal", postgresql.JSONB(), nullable=False),
        sa.Column("inn", sa.String(length=12, collation="C"), nullable=False),
        sa.Column("brand", sa.String(length=120), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=2, collation="C"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'admitted', 'declined')", name=op.f("application_state_check")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at is null)", name=op.f("application_decided_check")
        ),
        sa.CheckConstraint(
            "(state = 'admitted') = (participant_id is not null)", name=op.f("application_admitted_check")
        ),
        sa.ForeignKeyConstraint(["tenant_id", "decided_by"], ["staff.tenant_id", "staff.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index(
        "application_waiting_idx",
        "application",
        ["tenant_id", "inn"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    for statement in tenant_wall("application", grants="select, insert, update"):
        op.execute(statement)
    op.create_index(
        "purchase_partner_idx",
        "purchase",
        ["tenant_id", "partner_id", "id"],
        postgresql_where=sa.text("partner_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("purchase_partner_idx", "purchase")
    op.drop_table("application")
