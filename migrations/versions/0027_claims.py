"""Claims: what members dispute, the history of each, its files, and what was decided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLES = ("claim", "claim_event", "claim_file", "claim_decision")
APPEND_ONLY = "claim_event"


def upgrade() -> None:
    op.add_column("programme", sa.Column("claims", postgresql.JSONB(), nullable=True))
    op.create_table(
        "claim",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("opening", sa.SmallInteger(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=8), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("redemption_id", sa.Uuid(), nullable=True),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("term_seconds", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_seconds", sa.Integer(), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(ended_at is not null) = (state in ('in_favour', 'partly', 'against', 'withdrawn', 'closed'))",
            name=op.f("claim_ended_check"),
        ),
        sa.CheckConstraint(
            "(state = 'asked_member') = (left_seconds is not null) and (state in ('new', 'taken', 'asked_partner', 'signing')) = (due_at is not null)",
            name=op.f("claim_clock_check"),
        ),
        sa.CheckConstraint(
            "decided_at is not null or state not in ('in_favour', 'partly', 'against', 'closed')",
            name=op.f("claim_decided_check"),
        ),
        sa.CheckConstraint(
            "kind in ('not_credited', 'wrong_amount', 'certificate', 'unknown_redemption', 'lost_order')",
            name=op.f("claim_kind_check"),
        ),
        sa.CheckConstraint(
            "owner_id is not null or state not in ('taken', 'asked_member', 'asked_partner')",
            name=op.f("claim_owner_check"),
        ),
        sa.CheckConstraint(
            "state in ('new', 'taken', 'asked_member', 'asked_partner', 'signing', 'in_favour', 'partly', 'against', 'withdrawn', 'closed')",
            name=op.f("claim_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "purchase_id"],
            ["purchase.tenant_id", "purchase.member_id", "purchase.id"],
            name=op.f("claim_tenant_id_member_id_purchase_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "redemption_id"],
            ["redemption.tenant_id", "redemption.member_id", "redemption.id"],
            name=op.f("claim_tenant_id_member_id_redemption_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("claim_tenant_id_member_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("claim_tenant_id_owner_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["partner.tenant_id", "partner.id"],
            name=op.f("claim_tenant_id_partner_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("claim_pkey")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("claim_tenant_id_number_key")),
    )
    op.create_index(
        "claim_due_idx",
        "claim",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_index(
        "claim_ended_idx",
        "claim",
        ["tenant_id", "ended_at"],
        unique=False,
        postgresql_where=sa.text("ended_at is not null"),
    )
    op.create_table(
        "claim_event",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("verb", sa.String(length=14), nullable=False),
        sa.Column("before", sa.String(length=14), nullable=True),
        sa.Column("after", sa.String(length=14), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "claim_id"],
            ["claim.tenant_id", "claim.member_id", "claim.id"],
            name=op.f("claim_event_tenant_id_member_id_claim_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_id"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("claim_event_tenant_id_staff_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "member_id", "claim_id", "number", name=op.f("claim_event_pkey")
        ),
    )
    op.create_table(
        "claim_file",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.CheckConstraint("kind in ('jpeg', 'png', 'pdf')", name=op.f("claim_file_kind_check")),
        sa.CheckConstraint("size between 1 and 5242880", name=op.f("claim_file_size_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "claim_id"],
            ["claim.tenant_id", "claim.member_id", "claim.id"],
            name=op.f("claim_file_tenant_id_member_id_claim_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "claim_id", "id", name=op.f("claim_file_pkey")),
    )
    op.create_table(
        "claim_decision",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opening", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("way", sa.String(length=9), nullable=False),
        sa.Column("outcome", sa.String(length=9), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=True),
        sa.Column("funder_id", sa.Integer(), nullable=True),
        sa.Column("sale", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("redemption_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("two", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_digest", sa.LargeBinary(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'done') = (done_at is not null and given is not null)",
            name=op.f("claim_decision_done_check"),
        ),
        sa.CheckConstraint(
            "(way = 'grant') = (funder_id is not null)", name=op.f("claim_decision_funder_check")
        ),
        sa.CheckConstraint("(way = 'record') = (sale is not null)", name=op.f("claim_decision_sale_check")),
        sa.CheckConstraint(
            "(way = 'refuse') = (outcome = 'against') and (way = 'refuse') = (reason is not null) and (way <> 'refuse' or points = 0)",
            name=op.f("claim_decision_refusal_check"),
        ),
        sa.CheckConstraint(
            "outcome in ('in_favour', 'partly', 'against')", name=op.f("claim_decision_outcome_check")
        ),
        sa.CheckConstraint(
            "points >= 0 and (way <> 'grant' or points > 0)", name=op.f("claim_decision_points_check")
        ),
        sa.CheckConstraint(
            "state <> 'done' or not two or approved_by is not null", name=op.f("claim_decision_signed_check")
        ),
        sa.CheckConstraint(
            "state <> 'done' or given <= points and (way <> 'grant' or given = points)",
            name=op.f("claim_decision_given_check"),
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'done', 'dropped')", name=op.f("claim_decision_state_check")
        ),
        sa.CheckConstraint(
            "way in ('grant', 'record', 'return', 'refuse')", name=op.f("claim_decision_way_check")
        ),
        sa.CheckConstraint(
            "(approved_by is null) = (approved_digest is null) and (approved_digest is null or approved_digest = digest)",
            name=op.f("claim_decision_approved_check"),
        ),
        sa.CheckConstraint("approved_by <> author_id", name=op.f("claim_decision_two_people_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "approved_by"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("claim_decision_tenant_id_approved_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "author_id"],
            ["staff.tenant_id", "staff.id"],
            name=op.f("claim_decision_tenant_id_author_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "funder_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("claim_decision_tenant_id_funder_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "claim_id"],
            ["claim.tenant_id", "claim.member_id", "claim.id"],
            name=op.f("claim_decision_tenant_id_member_id_claim_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "purchase_id"],
            ["purchase.tenant_id", "purchase.member_id", "purchase.id"],
            name=op.f("claim_decision_tenant_id_member_id_purchase_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "redemption_id"],
            ["redemption.tenant_id", "redemption.member_id", "redemption.id"],
            name=op.f("claim_decision_tenant_id_member_id_redemption_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "claim_id", "id", name=op.f("claim_decision_pkey")),
    )
    op.create_index(
        "claim_decision_done_idx",
        "claim_decision",
        ["tenant_id", "member_id", "claim_id", "opening"],
        unique=True,
        postgresql_where=sa.text("state = 'done'"),
    )
    op.create_index(
        "claim_decision_proposed_idx",
        "claim_decision",
        ["tenant_id", "member_id", "claim_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )

    for table in TABLES:
        grants = "select, insert" if table == APPEND_ONLY else "select, insert, update, delete"
        for statement in tenant_wall(table, grants=grants):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("programme", "claims")
