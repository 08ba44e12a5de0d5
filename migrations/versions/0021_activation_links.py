"""Texts to phones, links that activate a card, a card's history in which a state may come again; clients' certificates.

First of all stored returns are held against the rules of 0020: it reads all of them, and tills go on meanwhile.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for rule in _RULES_OF_RETURNS:
        op.execute(f"alter table purchase_return validate constraint purchase_return_{rule}")
    op.create_table(
        "text_message",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(7), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed')", name=op.f("text_message_state_check")),
        sa.CheckConstraint(
            "(state = 'waiting') = (finished_at is null)", name=op.f("text_message_finished_check")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (sealed is not null)", name=op.f("text_message_forgotten_check")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_table(
        "activation_link",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "card_id"], ["card.tenant_id", "card.member_id", "card.id"]
        ),
        sa.PrimaryKeyConstraint("tenant_id", "digest"),
    )
    op.create_index("activation_link_card_idx", "activation_link", ["tenant_id", "member_id", "card_id"])
    for table in ("text_message", "activation_link"):
        for statement in tenant_wall(table):
            op.execute(statement)
    op.add_column("api_client", sa.Column("certificates", postgresql.JSONB(), nullable=True))
    op.drop_constraint(_ONCE, "card_event", type_="unique")


def downgrade() -> None:
    op.drop_column("api_client", "certificates")
    op.create_unique_constraint(_ONCE, "card_event", ["tenant_id", "member_id", "card_id", "state"])
    op.drop_table("activation_link")
    op.drop_table("text_message")


_RULES_OF_RETURNS = ("tenant_id_member_id_same_as_fkey", "state_check", "applied_check", "same_as_check")
_ONCE = "card_event_tenant_id_member_id_card_id_state_key"
