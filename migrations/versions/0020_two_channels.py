"""The same sale by two channels: who pays, which sale is the same as which, and what a person has to say.

Stored returns are held against the new rules by the next migration, when these locks are no longer held.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATES = "'waiting', 'applied', 'manual', 'by_terms', 'let_be'"


def upgrade() -> None:
    op.add_column("programme", sa.Column("same_sale", postgresql.JSONB(), nullable=True))
    op.add_column("purchase_return", sa.Column("same_as", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("purchase_return_tenant_id_member_id_same_as_fkey"),
        "purchase_return",
        "purchase",
        ["tenant_id", "member_id", "same_as"],
        ["tenant_id", "member_id", "id"],
        postgresql_not_valid=True,
    )
    _check("state", f"state in ({STATES}, 'same')", postgresql_not_valid=True)
    _check("applied", "(state in ('applied', 'same')) = (purchase_id is not null)", postgresql_not_valid=True)
    op.create_check_constraint(
        op.f("purchase_return_same_as_check"),
        "purchase_return",
        "same_as is null or state = 'applied' and same_as <> purchase_id",
        postgresql_not_valid=True,
    )
    op.create_table(
        "suspect_sale",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(9), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(4), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "why in ('several', 'amount', 'time', 'place', 'card', 'reference')",
            name=op.f("suspect_sale_why_check"),
        ),
        sa.CheckConstraint("decision in ('same', 'two')", name=op.f("suspect_sale_decision_check")),
        sa.CheckConstraint(
            "(decision is null) = (decided_at is null)", name=op.f("suspect_sale_decided_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "sale_id"], ["purchase.tenant_id", "purchase.member_id", "purchase.id"]
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "line_id"], ["purchase.tenant_id", "purchase.member_id", "purchase.id"]
        ),
        sa.ForeignKeyConstraint(["tenant_id", "decided_by"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "sale_id", "line_id"),
    )
    op.create_index(
        "suspect_sale_open_idx",
        "suspect_sale",
        ["tenant_id", "found_at"],
        postgresql_where=sa.text("decision is null"),
    )
    for statement in tenant_wall("suspect_sale"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("suspect_sale")
    op.drop_constraint(op.f("purchase_return_same_as_check"), "purchase_return")
    _check("applied", "(state = 'applied') = (purchase_id is not null)")
    _check("state", f"state in ({STATES})")
    op.drop_constraint(op.f("purchase_return_tenant_id_member_id_same_as_fkey"), "purchase_return")
    op.drop_column("purchase_return", "same_as")
    op.drop_column("programme", "same_sale")


def _check(name: str, rule: str, **how: bool) -> None:
    full = op.f(f"purchase_return_{name}_check")
    op.drop_constraint(full, "purchase_return")
    op.create_check_constraint(full, "purchase_return", rule, **how)
