"""Points pay a part of a sale: which sale, and how many of them came back with its goods.

A sale can be paid with points altogether, so its money can be nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

POINTS = "points > 0 and minor >= 0"
MONEY = ("purchase", "purchase_return")


def upgrade() -> None:
    op.add_column("redemption", sa.Column("points_back", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("redemption", "points_back", server_default=None)
    op.add_column("redemption", sa.Column("sale_key", sa.Uuid(), nullable=True))
    _check("redemption", "points", f"{POINTS} and points_back between 0 and points")
    for table in MONEY:
        _check(table, "amount", "amount >= 0")


def downgrade() -> None:
    for table in MONEY:
        _check(table, "amount", "amount > 0")
    _check("redemption", "points", POINTS)
    op.drop_column("redemption", "sale_key")
    op.drop_column("redemption", "points_back")


def _check(table: str, name: str, rule: str) -> None:
    full = op.f(f"{table}_{name}_check")
    op.drop_constraint(full, table)
    op.create_check_constraint(full, table, rule)
