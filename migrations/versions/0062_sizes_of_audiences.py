"""Sizes of audiences kept for a day, how many bought after a mailing, where a consent was said and to how much.

Who agreed to advertising before this was told the limit of her programme: that is what she agreed to.
"""

import sqlalchemy as sa
from alembic import op

from migrations.walls import for_each_tenant
from tenants.policies import tenant_wall

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailing", sa.Column("bought", sa.Integer(), nullable=True))
    op.add_column("consent", sa.Column("source", sa.String(length=9, collation="C"), nullable=True))
    op.add_column("consent", sa.Column("per_week", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(
        op.f("consent_source_check"), "consent", "source in ('cabinet', 'till', 'programme')"
    )
    op.create_check_constraint(op.f("consent_per_week_check"), "consent", "per_week > 0")
    op.create_check_constraint(
        op.f("consent_by_herself_check"), "consent", "topic <> 'ads' or source <> 'till'"
    )
    for_each_tenant(
        """update consent c set per_week = coalesce((p.mailings ->> 'per_week')::smallint, 2)
        from member m join programme p on p.tenant_id = m.tenant_id and p.id = m.programme_id
        where c.tenant_id = :tenant and m.tenant_id = :tenant and p.tenant_id = :tenant
            and m.id = c.member_id and c.topic = 'ads' and c.given"""
    )
    op.create_table(
        "mailing_size",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("participant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("whom", sa.String(length=16, collation="C"), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.CheckConstraint("people >= 0", name=op.f("mailing_size_people_check")),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "participant_id", "programme_id", "day", "whom"),
    )
    for statement in tenant_wall("mailing_size", grants="select, insert, delete"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("mailing_size")
    op.drop_constraint(op.f("consent_by_herself_check"), "consent")
    op.drop_constraint(op.f("consent_per_week_check"), "consent")
    op.drop_constraint(op.f("consent_source_check"), "consent")
    op.drop_column("consent", "per_week")
    op.drop_column("consent", "source")
    op.drop_column("mailing", "bought")
