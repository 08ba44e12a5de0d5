"""Who calls the API: clients, their secrets, tokens given up; and answers that are given again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_client",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(40, collation="C"), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.Integer(), nullable=True),
        sa.Column("scopes", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tokens_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "outlet_id"], ["outlet.tenant_id", "outlet.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "api_secret",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(40, collation="C"), nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "client_id"], ["api_client.tenant_id", "api_client.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "client_id", "digest"),
    )
    op.create_table(
        "revoked_token",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("jti", sa.String(64, collation="C"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "jti"),
    )
    op.create_table(
        "kept_answer",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(40, collation="C"), nullable=False),
        sa.Column("key", sa.String(255, collation="C"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "owner", "key"),
    )
    op.create_index("kept_answer_age_idx", "kept_answer", ["tenant_id", "answered_at"])
    for table in ("api_client", "api_secret", "revoked_token", "kept_answer"):
        for statement in tenant_wall(table):
            op.execute(statement)


def downgrade() -> None:
    for table in ("kept_answer", "revoked_token", "api_secret", "api_client"):
        op.drop_table(table)
