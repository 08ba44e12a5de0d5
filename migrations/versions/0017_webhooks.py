"""Partners' programs are told of what happens: endpoints, their secrets, messages, and attempts to deliver them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("webhook_endpoint", "webhook_secret", "webhook_message", "webhook_attempt")


def upgrade() -> None:
    op.add_column("programme", sa.Column("webhooks", sa.Boolean(), nullable=False, server_default="false"))
    op.alter_column("programme", "webhooks", server_default=None)
    op.create_table(
        "webhook_endpoint",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(40, collation="C"), nullable=True),
        sa.Column("url", sa.String(2000, collation="C"), nullable=False),
        sa.Column("kinds", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(8), nullable=True),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_by is null)", name=op.f("webhook_endpoint_ended_check")
        ),
        sa.CheckConstraint("ended_by in ('us', 'receiver')", name=op.f("webhook_endpoint_ended_by_check")),
        sa.ForeignKeyConstraint(["tenant_id", "client_id"], ["api_client.tenant_id", "api_client.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index(
        "webhook_endpoint_live_idx",
        "webhook_endpoint",
        ["tenant_id", "programme_id", "participant_id"],
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "webhook_secret",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "endpoint_id"], ["webhook_endpoint.tenant_id", "webhook_endpoint.id"]
        ),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", "id"),
    )
    op.create_table(
        "webhook_message",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32, collation="C"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'delivered', 'failed')", name=op.f("webhook_message_state_check")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (finished_at is null)", name=op.f("webhook_message_finished_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "endpoint_id"], ["webhook_endpoint.tenant_id", "webhook_endpoint.id"]
        ),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", "id"),
    )
    op.create_index(
        "webhook_message_waiting_idx",
        "webhook_message",
        ["tenant_id", "endpoint_id", "due_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "endpoint_id", "message_id"],
            ["webhook_message.tenant_id", "webhook_message.endpoint_id", "webhook_message.id"],
        ),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", "message_id", "id"),
    )
    for table in TABLES:
        for statement in tenant_wall(table):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("programme", "webhooks")
