"""Mailings of participants, to whom they went, and the consent that they ask for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import for_each_tenant
from tenants.policies import tenant_wall

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

STATES = "('draft', 'offered', 'declined', 'scheduled', 'sending', 'sent', 'done', 'missed', 'withdrawn')"
WHAT = "what is null or what in ('sign_in', 'till_code', 'activation', 'certificate'"


def upgrade() -> None:
    op.add_column("programme", sa.Column("mailings", postgresql.JSONB(none_as_null=True), nullable=True))
    op.drop_constraint(op.f("consent_topic_check"), "consent")
    op.create_check_constraint(
        op.f("consent_topic_check"), "consent", "topic in ('terms', 'email', 'sms', 'ads')"
    )
    op.drop_constraint(op.f("text_message_what_check"), "text_message")
    op.create_check_constraint(op.f("text_message_what_check"), "text_message", f"{WHAT}, 'advertising')")
    op.create_table(
        "mailing",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("words", sa.String(length=600), nullable=False),
        sa.Column("channel", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("audience", sa.String(length=7, collation="C"), nullable=False),
        sa.Column("segment_bit", sa.SmallInteger(), nullable=True),
        sa.Column("promotion_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=9, collation="C"), nullable=False),
        sa.Column("advertiser", sa.String(length=300), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached", sa.Uuid(), nullable=True),
        sa.Column("looked_at", sa.Integer(), nullable=False),
        sa.Column("no_consent", sa.Integer(), nullable=False),
        sa.Column("over_limit", sa.Integer(), nullable=False),
        sa.Column("without_phone", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"state in {STATES}", name=op.f("mailing_state_check")),
        sa.CheckConstraint("channel in ('text', 'notice')", name=op.f("mailing_channel_check")),
        sa.CheckConstraint("audience in ('all', 'met', 'segment')", name=op.f("mailing_audience_check")),
        sa.CheckConstraint(
            "(audience = 'segment') = (segment_bit is not null)", name=op.f("mailing_segment_check")
        ),
        sa.CheckConstraint("starts_at < until", name=op.f("mailing_period_check")),
        sa.CheckConstraint(
            "state not in ('scheduled', 'sending', 'sent', 'done') or advertiser <> ''",
            name=op.f("mailing_named_check"),
        ),
        sa.CheckConstraint(
            "decided_by is null or decided_by <> author_id", name=op.f("mailing_another_check")
        ),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "author_id"], ["staff.tenant_id", "staff.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "decided_by"], ["staff.tenant_id", "staff.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "segment_bit"], ["segment.tenant_id", "segment.bit"]),
        sa.ForeignKeyConstraint(["tenant_id", "promotion_id"], ["promotion.tenant_id", "promotion.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("mailing_participant_idx", "mailing", ["tenant_id", "participant_id", "starts_at"])
    op.create_index("mailing_starts_idx", "mailing", ["tenant_id", "starts_at"])
    op.create_table(
        "mailing_member",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("mailing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "mailing_id"], ["mailing.tenant_id", "mailing.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "mailing_id"),
    )
    op.create_index("mailing_member_mailing_idx", "mailing_member", ["tenant_id", "mailing_id", "member_id"])
    for statement in tenant_wall("mailing"):
        op.execute(statement)
    for statement in tenant_wall("mailing_member", grants="select, insert"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("mailing_member")
    op.drop_table("mailing")
    for_each_tenant("delete from text_message where tenant_id = :tenant and what = 'advertising'")
    op.drop_constraint(op.f("text_message_what_check"), "text_message")
    op.create_check_constraint(op.f("text_message_what_check"), "text_message", f"{WHAT})")
    for_each_tenant("delete from consent where tenant_id = :tenant and topic = 'ads'")
    op.drop_constraint(op.f("consent_topic_check"), "consent")
    op.create_check_constraint(op.f("consent_topic_check"), "consent", "topic in ('terms', 'email', 'sms')")
    op.drop_column("programme", "mailings")
