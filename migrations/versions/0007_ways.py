"""Who brought whom and what it gave, points that wait for a condition, deposits of those who pay."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = {
    "referral_code": "select, insert",
    "member_device": "select, insert",
    "referral": "select, insert",
    "referral_gift": "select, insert, update, delete",
    "waiting_lot": "select, insert, update, delete",
    "deposit": "select, insert, update, delete",
    "deposit_entry": "select, insert",
    "deposit_room": "select, insert, update, delete",
}


def upgrade() -> None:
    _referrals()
    _waiting()
    _deposits()
    op.add_column("promotion", sa.Column("seats", sa.BigInteger(), nullable=True))
    for table, grants in _TABLES.items():
        for statement in tenant_wall(table, grants=grants):
            op.execute(statement)


def _referrals() -> None:
    op.create_table(
        "referral_code",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(16, collation="C"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id"),
        sa.UniqueConstraint("tenant_id", "code"),
    )
    op.create_table(
        "member_device",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "digest"),
    )
    op.create_table(
        "referral",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("referrer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device", sa.Uuid(), nullable=True),
        sa.CheckConstraint("referrer_id <> member_id", name=op.f("referral_another_check")),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["member.tenant_id", "member.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "referrer_id"], ["member.tenant_id", "member.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id"),
    )
    op.create_index("referral_referrer_idx", "referral", ["tenant_id", "referrer_id"])
    op.create_table(
        "referral_gift",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("reason", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("friend_points", sa.BigInteger(), nullable=False),
        sa.Column("referrer_points", sa.BigInteger(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("drawn", postgresql.JSONB(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.CheckConstraint("cardinality(reason) % 5 = 0", name=op.f("referral_gift_reason_check")),
        sa.CheckConstraint(
            "(friend_points = 0) = (referrer_points = 0)", name=op.f("referral_gift_both_or_none_check")
        ),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["referral.tenant_id", "referral.member_id"]),
        sa.PrimaryKeyConstraint("tenant_id", "member_id"),
    )
    op.create_index(
        "referral_gift_due_idx",
        "referral_gift",
        ["tenant_id", "due_on"],
        postgresql_where=sa.text("due_on is not null"),
    )


def _waiting() -> None:
    op.create_table(
        "waiting_lot",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "expires_on", "lot_id"],
            ["lot.tenant_id", "lot.member_id", "lot.expires_on", "lot.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version"], ["promotion_version.tenant_id", "promotion_version.id"]
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "lot_id"),
    )


def _deposits() -> None:
    op.create_table(
        "deposit",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(6), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("unit in ('money', 'points')", name=op.f("deposit_unit_check")),
        sa.CheckConstraint("paid >= 0 and points >= 0", name=op.f("deposit_not_negative_check")),
        sa.ForeignKeyConstraint(["tenant_id", "programme_id"], ["programme.tenant_id", "programme.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "participant_id"], ["participant.tenant_id", "participant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "programme_id", "participant_id"),
    )
    op.create_table(
        "deposit_entry",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("deposit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("paid > 0 and points >= 0", name=op.f("deposit_entry_paid_check")),
        sa.ForeignKeyConstraint(["tenant_id", "deposit_id"], ["deposit.tenant_id", "deposit.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "deposit_id", "id"),
    )
    op.create_table(
        "deposit_room",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("deposit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("room", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("room >= 0", name=op.f("deposit_room_room_check")),
        sa.ForeignKeyConstraint(["tenant_id", "deposit_id"], ["deposit.tenant_id", "deposit.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "deposit_id", "shard"),
    )


def downgrade() -> None:
    op.drop_column("promotion", "seats")
    for table in reversed(_TABLES):
        op.drop_table(table)
