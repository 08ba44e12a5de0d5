"""Reports of partners: who has them mailed, at whose till a benefit was used, and cards by who activated them."""

import sqlalchemy as sa
from alembic import op

from tenants.policies import tenant_wall

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The indexes are made while cards are issued and benefits used; they come first, and can be begun anew."""
    op.execute('alter table benefit_use add column if not exists client_id varchar(40) collate "C"')
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for others, and keeps nobody waiting
        op.execute("drop index concurrently if exists card_event_by_idx")
        op.create_index(
            "card_event_by_idx", "card_event", ["tenant_id", "by", "at"], postgresql_concurrently=True
        )
        op.execute("drop index concurrently if exists benefit_use_client_idx")
        op.create_index(
            "benefit_use_client_idx",
            "benefit_use",
            ["tenant_id", "client_id", "at"],
            postgresql_where=sa.text("client_id is not null"),
            postgresql_concurrently=True,
        )
        op.execute("set lock_timeout = '5s'")
    op.create_table(
        "report_subscription",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id"),
    )
    for statement in tenant_wall("report_subscription"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("report_subscription")
    op.drop_index("benefit_use_client_idx", "benefit_use")
    op.drop_index("card_event_by_idx", "card_event")
    op.drop_column("benefit_use", "client_id")
