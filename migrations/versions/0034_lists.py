"""Lists of the back office: the indexes they read along, files made of them, filters kept; sizes of segments, kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = ("export", "saved_filter")
INDEXES = (
    ("purchase_id_idx", "purchase", ("tenant_id", "id"), None),
    ("redemption_id_idx", "redemption", ("tenant_id", "id"), None),
    ("card_id_idx", "card", ("tenant_id", "id"), None),
    ("unmatched_line_file_idx", "unmatched_line", ("tenant_id", "file_id", "line"), None),
    ("purchase_return_manual_idx", "purchase_return", ("tenant_id", "id"), "state = 'manual'"),
)


def upgrade() -> None:
    """The indexes are made while points are posted, which no transaction can; they come first, and can be begun anew."""
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for others, and keeps nobody waiting
        for name, table, columns, where in INDEXES:
            op.execute(f"drop index concurrently if exists {name}")
            op.create_index(
                name,
                table,
                list(columns),
                postgresql_where=sa.text(where) if where else None,
                postgresql_concurrently=True,
            )
        op.execute("set lock_timeout = '5s'")
    op.add_column("segment", sa.Column("size", sa.BigInteger(), nullable=True))
    op.add_column("segment", sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True))
    _make_tables()
    for table in TABLES:
        for statement in tenant_wall(table):
            op.execute(statement)


def _make_tables() -> None:
    op.create_table(
        "export",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("list_code", sa.String(16, collation="C"), nullable=False),
        sa.Column("conditions", postgresql.JSONB(), nullable=False),
        sa.Column("form", sa.String(4, collation="C"), nullable=False),
        sa.Column("language", sa.String(2, collation="C"), nullable=False),
        sa.Column("state", sa.String(7, collation="C"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("after", sa.String(64, collation="C"), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("form in ('csv', 'xlsx')", name=op.f("export_form_check")),
        sa.CheckConstraint("state in ('working', 'done')", name=op.f("export_state_check")),
        sa.CheckConstraint(
            "(state = 'done') = (digest is not null) and (digest is null) = (size is null)",
            name=op.f("export_done_check"),
        ),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("export_expires_idx", "export", ["tenant_id", "expires_at"])
    op.create_table(
        "saved_filter",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("list_code", sa.String(16, collation="C"), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("conditions", postgresql.JSONB(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "staff_id", "list_code", "name"),
    )
    op.create_index("saved_filter_list_idx", "saved_filter", ["tenant_id", "list_code"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("segment", "counted_at")
    op.drop_column("segment", "size")
    for name, table, _columns, _where in reversed(INDEXES):
        op.drop_index(name, table)
