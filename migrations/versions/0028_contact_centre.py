"""The contact centre: goodwill points within limits, notes, members found by name and by a card's last four digits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_MEMBER = (["tenant_id", "member_id"], ["member.tenant_id", "member.id"])


def _staff(column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", column], ["staff.tenant_id", "staff.id"])


def upgrade() -> None:
    """Members of before are found by name after `coalition members index-names`: only the tenant's key can read them.

    The index is made while members are written, which no transaction can. It comes first: whatever breaks off after it,
    or in it, is begun anew by the next run, and nothing else stands half done.
    """
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for others, and keeps nobody waiting
        op.execute("drop index concurrently if exists handle_hint_idx")
        op.create_index(
            "handle_hint_idx",
            "handle",
            ["tenant_id", "hint", "member_id"],
            postgresql_where=sa.text("kind in (1, 2)"),
            postgresql_concurrently=True,
        )
        op.execute("set lock_timeout = '5s'")
    op.create_table(
        "goodwill",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("funder_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(32, collation="C"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("goodwill_points_check")),
        sa.CheckConstraint("(undone_at is null) = (undone_by is null)", name=op.f("goodwill_undone_check")),
        sa.ForeignKeyConstraint(*_MEMBER),
        sa.ForeignKeyConstraint(["tenant_id", "funder_id"], ["participant.tenant_id", "participant.id"]),
        _staff("staff_id"),
        _staff("undone_by"),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
        sa.UniqueConstraint("tenant_id", "member_id", "request"),
    )
    op.create_table(
        "goodwill_day",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("goodwill_day_points_check")),
        _staff("staff_id"),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", "day"),
    )
    op.create_table(
        "member_note",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(*_MEMBER),
        _staff("staff_id"),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id"),
    )
    op.create_table(
        "member_name",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(*_MEMBER),
        sa.PrimaryKeyConstraint("tenant_id", "digest", "member_id"),
    )
    op.create_index("member_name_member_idx", "member_name", ["tenant_id", "member_id"])
    for table, grants in (
        ("goodwill", "select, insert, update, delete"),
        ("goodwill_day", "select, insert, update, delete"),
        ("member_note", "select, insert"),
        ("member_name", "select, insert, update, delete"),
    ):
        for statement in tenant_wall(table, grants=grants):
            op.execute(statement)
    op.add_column("programme", sa.Column("goodwill", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_index("handle_hint_idx", "handle")
    op.drop_column("programme", "goodwill")
    for table in ("member_name", "member_note", "goodwill_day", "goodwill"):
        op.drop_table(table)
