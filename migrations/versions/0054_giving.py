"""Funds as parties: their participants and documents, campaigns that begin later, gifts again and again.

First of all stored returns are held against the rules of 0053.
"""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

_RULES_OF_RETURNS = ("tenant_id_member_id_same_order_fkey", "same_order_check")


def upgrade() -> None:
    for rule in _RULES_OF_RETURNS:
        op.execute(f"alter table purchase_return validate constraint purchase_return_{rule}")
    op.add_column("fund", sa.Column("participant_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fund_tenant_id_participant_id_fkey"),
        "fund",
        "participant",
        ["tenant_id", "participant_id"],
        ["tenant_id", "id"],
    )
    op.add_column("campaign", sa.Column("starts_on", sa.Date(), nullable=True))
    op.create_check_constraint(op.f("campaign_days_check"), "campaign", "starts_on <= ends_on")
    _documents()
    _rules()
    _round_ups()
    for table in ("fund_document", "giving_rule", "round_up"):
        for statement in tenant_wall(table):
            op.execute(statement)


def _documents() -> None:
    op.create_table(
        "fund_document",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fund_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=4, collation="C"), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('jpeg', 'png', 'pdf')", name=op.f("fund_document_kind_check")),
        sa.ForeignKeyConstraint(["tenant_id", "fund_id"], ["fund.tenant_id", "fund.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "fund_id", "id"),
    )


def _rules() -> None:
    op.create_table(
        "giving_rule",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8, collation="C"), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("looked_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("last_points", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=24, collation="C"), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('monthly', 'round') and points > 0", name=op.f("giving_rule_kind_check")
        ),
        sa.CheckConstraint("(kind = 'monthly') = (day is not null)", name=op.f("giving_rule_day_check")),
        sa.CheckConstraint(
            "(day is null) = (next_on is null) and day between 1 and 28", name=op.f("giving_rule_next_check")
        ),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "fund_id"], ["fund.tenant_id", "fund.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
    )
    op.create_index(
        "giving_rule_one_idx",
        "giving_rule",
        ["tenant_id", "member_id", "kind"],
        unique=True,
        postgresql_where=sa.text("stopped_at is null"),
    )


def _round_ups() -> None:
    op.create_table(
        "round_up",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("donation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("points >= 0", name=op.f("round_up_points_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "purchase_id"],
            ["purchase.tenant_id", "purchase.member_id", "purchase.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "donation_id"],
            ["donation.tenant_id", "donation.member_id", "donation.id"],
        ),
        sa.ForeignKeyConstraint(["tenant_id", "fund_id"], ["fund.tenant_id", "fund.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "purchase_id"),
    )


def downgrade() -> None:
    for table in ("round_up", "giving_rule", "fund_document"):
        op.drop_table(table)
    op.drop_constraint(op.f("campaign_days_check"), "campaign")
    op.drop_column("campaign", "starts_on")
    op.drop_constraint(op.f("fund_tenant_id_participant_id_fkey"), "fund")
    op.drop_column("fund", "participant_id")
