"""Two more reasons why a person says whether a till's sale and a bank's line are one."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_WHY = "'several', 'amount', 'time', 'place', 'card', 'reference'"


def upgrade() -> None:
    _allow(f"{_WHY}, 'part', 'discount'")


def downgrade() -> None:
    _allow(_WHY)


def _allow(reasons: str) -> None:
    op.drop_constraint(op.f("suspect_sale_why_check"), "suspect_sale", type_="check")
    op.create_check_constraint(op.f("suspect_sale_why_check"), "suspect_sale", f"why in ({reasons})")
