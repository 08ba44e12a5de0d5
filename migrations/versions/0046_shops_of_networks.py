"""Shops of affiliate networks: networks, their shops, what a tenant shows of them, clicks, orders, postbacks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

KEPT = (
    "affiliate_network",
    "network_shop",
    "shop_coupon",
    "listing_rule",
    "listing",
    "shop_click",
    "shop_order",
    "postback",
    "lost_order",
)
ADDED = ("shop_change",)


def upgrade() -> None:
    """What networks say is kept as it last was; what changed of shops is only added."""
    _make()
    for table in KEPT:
        for statement in tenant_wall(table):
            op.execute(statement)
    for table in ADDED:
        for statement in tenant_wall(table, grants="select, insert"):
            op.execute(statement)


def _make() -> None:
    op.create_table(
        "affiliate_network",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("adapter", sa.String(length=16, collation="C"), nullable=False),
        sa.Column("address", sa.String(length=1000, collation="C"), nullable=False),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sync", postgresql.JSONB(), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("reconcile", postgresql.JSONB(), nullable=True),
        sa.Column("reconciled_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("affiliate_network_tenant_id_participant_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("affiliate_network_tenant_id_programme_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("affiliate_network_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("affiliate_network_tenant_id_code_key")),
    )
    op.create_table(
        "listing_rule",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=160), nullable=False),
        sa.Column("rate_least", sa.Integer(), nullable=False),
        sa.Column("hold_most", sa.Integer(), nullable=True),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("activation", sa.String(length=8), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("activation in ('approved', 'paid')", name=op.f("listing_rule_activation_check")),
        sa.CheckConstraint("share between 1 and 10000", name=op.f("listing_rule_share_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "network_id"],
            ["affiliate_network.tenant_id", "affiliate_network.id"],
            name=op.f("listing_rule_tenant_id_network_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("listing_rule_pkey")),
    )
    op.create_table(
        "network_shop",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("site", sa.String(length=1000, collation="C"), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("categories", postgresql.JSONB(), nullable=False),
        sa.Column("rate_least", sa.Integer(), nullable=False),
        sa.Column("rate_most", sa.Integer(), nullable=False),
        sa.Column("fixed_most", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3, collation="C"), nullable=False),
        sa.Column("hold_days", sa.Integer(), nullable=True),
        sa.Column("link", sa.String(length=1000, collation="C"), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("run", sa.Uuid(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('active', 'closed')", name=op.f("network_shop_state_check")),
        sa.CheckConstraint(
            "rate_least between 0 and rate_most and fixed_most >= 0", name=op.f("network_shop_rates_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "network_id"],
            ["affiliate_network.tenant_id", "affiliate_network.id"],
            name=op.f("network_shop_tenant_id_network_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("network_shop_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "network_id",
            "external_id",
            name=op.f("network_shop_tenant_id_network_id_external_id_key"),
        ),
    )
    op.create_table(
        "postback",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.Column("outcome", sa.String(length=16, collation="C"), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "network_id"],
            ["affiliate_network.tenant_id", "affiliate_network.id"],
            name=op.f("postback_tenant_id_network_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("postback_pkey")),
    )
    op.create_index(
        "postback_new_idx",
        "postback",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("outcome is null"),
    )
    op.create_table(
        "listing",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("activation", sa.String(length=8), nullable=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("activation in ('approved', 'paid')", name=op.f("listing_activation_check")),
        sa.CheckConstraint("share between 1 and 10000", name=op.f("listing_share_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["listing_rule.tenant_id", "listing_rule.id"],
            name=op.f("listing_tenant_id_rule_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "shop_id"],
            ["network_shop.tenant_id", "network_shop.id"],
            name=op.f("listing_tenant_id_shop_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "shop_id", name=op.f("listing_pkey")),
    )
    op.create_table(
        "shop_change",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16, collation="C"), nullable=False),
        sa.Column("before", sa.String(length=160), nullable=False),
        sa.Column("after", sa.String(length=160), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "shop_id"],
            ["network_shop.tenant_id", "network_shop.id"],
            name=op.f("shop_change_tenant_id_shop_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("shop_change_pkey")),
    )
    op.create_table(
        "shop_click",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(length=26, collation="C"), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("shop_click_tenant_id_member_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "shop_id"],
            ["network_shop.tenant_id", "network_shop.id"],
            name=op.f("shop_click_tenant_id_shop_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("shop_click_pkey")),
        sa.UniqueConstraint("tenant_id", "token", name=op.f("shop_click_tenant_id_token_key")),
    )
    op.create_table(
        "shop_coupon",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("discount", sa.String(length=40), nullable=False),
        sa.Column("link", sa.String(length=1000, collation="C"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "shop_id"],
            ["network_shop.tenant_id", "network_shop.id"],
            name=op.f("shop_coupon_tenant_id_shop_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "network_id", "external_id", name=op.f("shop_coupon_pkey")),
    )
    op.create_index("shop_coupon_shop_idx", "shop_coupon", ["tenant_id", "shop_id"], unique=False)
    op.create_table(
        "lost_order",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("click_id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("sale", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("external_id", sa.String(length=64, collation="C"), nullable=True),
        sa.Column("answer", sa.String(length=300), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('new', 'sent', 'accepted', 'declined')", name=op.f("lost_order_state_check")
        ),
        sa.CheckConstraint("sale > 0", name=op.f("lost_order_sale_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "click_id"],
            ["shop_click.tenant_id", "shop_click.member_id", "shop_click.id"],
            name=op.f("lost_order_tenant_id_member_id_click_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "network_id"],
            ["affiliate_network.tenant_id", "affiliate_network.id"],
            name=op.f("lost_order_tenant_id_network_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("lost_order_pkey")),
    )
    op.create_table(
        "shop_order",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("click_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("sale", sa.BigInteger(), nullable=False),
        sa.Column("commission", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3, collation="C"), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=8), nullable=False),
        sa.Column("problem", sa.String(length=16), nullable=True),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "by = 'poll' or state in ('pending', 'declined')", name=op.f("shop_order_hint_check")
        ),
        sa.CheckConstraint("by in ('poll', 'postback')", name=op.f("shop_order_by_check")),
        sa.CheckConstraint(
            "state in ('pending', 'on_hold', 'approved', 'paid', 'declined')",
            name=op.f("shop_order_state_check"),
        ),
        sa.CheckConstraint(
            "pending >= 0 and active >= 0 and (pending = 0 or active = 0)",
            name=op.f("shop_order_points_check"),
        ),
        sa.CheckConstraint("sale >= 0 and commission >= 0", name=op.f("shop_order_sums_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "click_id"],
            ["shop_click.tenant_id", "shop_click.member_id", "shop_click.id"],
            name=op.f("shop_order_tenant_id_member_id_click_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "network_id"],
            ["affiliate_network.tenant_id", "affiliate_network.id"],
            name=op.f("shop_order_tenant_id_network_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("shop_order_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "network_id",
            "external_id",
            name=op.f("shop_order_tenant_id_network_id_external_id_key"),
        ),
    )
    op.create_index(
        "shop_order_hint_idx",
        "shop_order",
        ["tenant_id", "network_id", "told_at"],
        unique=False,
        postgresql_where=sa.text("by = 'postback'"),
    )
    op.create_index(
        "shop_order_problem_idx",
        "shop_order",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("problem is not null"),
    )


def downgrade() -> None:
    """Points that orders gave stay in the ledger."""
    for table in ("lost_order", "postback", "shop_order", "shop_click", "listing", "listing_rule", "shop_change",
                  "shop_coupon", "network_shop", "affiliate_network"):  # fmt: skip
        op.drop_table(table)
