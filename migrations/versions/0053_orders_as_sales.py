"""An order at a network's shop that a till or the bank tells, too: who pays, how sellers are known, what is doubtful.

Stored returns are held against the new rules by the next migration, when these locks are no longer held.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("same_order", postgresql.JSONB(), nullable=True))
    op.add_column(
        "shop_order",
        sa.Column("sums", postgresql.ARRAY(sa.BigInteger()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.execute("update shop_order set sums = array[sale]")
    op.alter_column("shop_order", "sums", server_default=None)
    op.add_column(
        "shop_order", sa.Column("stands_back", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("shop_order", "stands_back", server_default=None)
    op.add_column("purchase_return", sa.Column("same_order", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("purchase_return_tenant_id_member_id_same_order_fkey"),
        "purchase_return",
        "shop_order",
        ["tenant_id", "member_id", "same_order"],
        ["tenant_id", "member_id", "id"],
        postgresql_not_valid=True,
    )
    op.create_check_constraint(
        op.f("purchase_return_same_order_check"),
        "purchase_return",
        "same_order is null or same_as is null and state in ('applied', 'same')",
        postgresql_not_valid=True,
    )
    _sellers()
    _pairs()
    for table in ("shop_seller", "order_sale"):
        for statement in tenant_wall(table):
            op.execute(statement)


def _sellers() -> None:
    op.create_table(
        "shop_seller",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=160, collation="C"), nullable=True),
        sa.CheckConstraint("(partner_id is null) <> (name is null)", name=op.f("shop_seller_either_check")),
        sa.ForeignKeyConstraint(["tenant_id", "shop_id"], ["network_shop.tenant_id", "network_shop.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "partner_id"], ["partner.tenant_id", "partner.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )


def _pairs() -> None:
    op.create_table(
        "order_sale",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=8, collation="C"), nullable=True),
        sa.Column("rule", sa.String(length=8, collation="C"), nullable=True),
        sa.Column("pays", sa.String(length=8, collation="C"), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=4, collation="C"), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("why in ('several', 'amount')", name=op.f("order_sale_why_check")),
        sa.CheckConstraint("rule in ('order', 'sale', 'greater')", name=op.f("order_sale_rule_check")),
        sa.CheckConstraint(
            "pays is null or pays in ('order', 'sale') and rule is not null",
            name=op.f("order_sale_pays_check"),
        ),
        sa.CheckConstraint("decision in ('same', 'two')", name=op.f("order_sale_decision_check")),
        sa.CheckConstraint(
            "(decision is null) = (decided_at is null)", name=op.f("order_sale_decided_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "order_id"],
            ["shop_order.tenant_id", "shop_order.member_id", "shop_order.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "sale_id"],
            ["purchase.tenant_id", "purchase.member_id", "purchase.id"],
        ),
        sa.ForeignKeyConstraint(["tenant_id", "decided_by"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "order_id", "sale_id"),
    )
    op.create_index(
        "order_sale_open_idx",
        "order_sale",
        ["tenant_id", "found_at"],
        postgresql_where=sa.text("why is not null and decision is null"),
    )


def downgrade() -> None:
    op.drop_table("order_sale")
    op.drop_table("shop_seller")
    op.drop_constraint(op.f("purchase_return_same_order_check"), "purchase_return")
    op.drop_constraint(op.f("purchase_return_tenant_id_member_id_same_order_fkey"), "purchase_return")
    op.drop_column("purchase_return", "same_order")
    op.drop_column("shop_order", "stands_back")
    op.drop_column("shop_order", "sums")
    op.drop_column("programme", "same_order")
