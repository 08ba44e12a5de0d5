"""The whole house: tenants, ledger, programmes, members, promotions, purchases, redemption, charity."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Facts that are only ever added.
APPEND_ONLY = ("consent", "file_profile", "lot_use", "purchase", "rejected_line", "transfer")
WALLED = (
    "attempt",
    "branding",
    "file_profile",
    "lot",
    "merchant",
    "numbering",
    "one_time_code",
    "outbox",
    "participant",
    "payout_register",
    "programme",
    "promotion_clock",
    "segment",
    "sign_in",
    "staff",
    "tenant_key",
    "inbound_file",
    "member",
    "partner",
    "promotion",
    "reward",
    "balance",
    "card",
    "consent",
    "counter_sheet",
    "file_chunk",
    "fund",
    "handle",
    "hold",
    "member_person",
    "promotion_version",
    "purchase",
    "redemption",
    "rejected_line",
    "terminal",
    "transfer",
    "unmatched_line",
    "campaign",
    "certificate",
    "lot_use",
    "payout",
    "purchase_return",
    "donation",
)
OPEN = ("tenant", "host")


def upgrade() -> None:
    create_tables()
    for table in WALLED:
        grants = "select, insert" if table in APPEND_ONLY else "select, insert, update, delete"
        for statement in tenant_wall(table, grants=grants):
            op.execute(statement)
    for table in OPEN:
        op.execute(f"grant select, insert, update, delete on {table} to coalition_app")


def downgrade() -> None:
    for table in (*reversed(WALLED), "host", "tenant"):
        op.drop_table(table)


def create_tables() -> None:

    op.create_table(
        "attempt",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("window", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subject", "window", name=op.f("attempt_pkey")),
    )
    op.create_table(
        "branding",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("brand", sa.String(length=7), nullable=False),
        sa.Column("accent", sa.String(length=7), nullable=False),
        sa.Column("corner", sa.String(length=5), nullable=False),
        sa.Column("logo", sa.String(), nullable=False),
        sa.Column("logo_dark", sa.String(), nullable=False),
        sa.Column("css", sa.String(), nullable=False),
        sa.Column("palette", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("corner in ('sharp', 'soft', 'round')", name=op.f("branding_corner_check")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("branding_pkey")),
    )
    op.create_table(
        "file_profile",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "code", "version", name=op.f("file_profile_pkey")),
    )
    op.create_table(
        "lot",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("funder_id", sa.Integer(), nullable=False),
        sa.Column("active_on", sa.Date(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.CheckConstraint("points > 0 and remaining between 0 and points", name=op.f("lot_remaining_check")),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "expires_on", "id", name=op.f("lot_pkey")),
    )
    op.create_table(
        "merchant",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=500, collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("merchant_pkey")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("merchant_tenant_id_name_key")),
    )
    op.create_table(
        "numbering",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "series", name=op.f("numbering_pkey")),
    )
    op.create_table(
        "one_time_code",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("one_time_code_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint("state in ('asked', 'done', 'failed')", name=op.f("outbox_state_check")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("outbox_pkey")),
    )
    op.create_index(
        "outbox_asked_idx",
        "outbox",
        ["tenant_id", "run_after"],
        unique=False,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "participant",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("participant_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("participant_tenant_id_code_key")),
    )
    op.create_table(
        "payout_register",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payee", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("payout_register_pkey")),
    )
    op.create_table(
        "programme",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("unit", postgresql.JSONB(), nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("value_minor", sa.Integer(), nullable=False),
        sa.Column("value_points", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("activation_delay_days", sa.Integer(), nullable=False),
        sa.Column("expiry", sa.String(length=10), nullable=False),
        sa.Column("expiry_count", sa.Integer(), nullable=True),
        sa.Column("expiry_date", sa.Date(), nullable=True),
        sa.Column("match_window_days", sa.Integer(), nullable=False),
        sa.Column("return_window_days", sa.Integer(), nullable=False),
        sa.Column("return_wait_days", sa.Integer(), nullable=False),
        sa.Column("return_policy", sa.String(length=8), nullable=False),
        sa.CheckConstraint(
            "(expiry = 'never' and expiry_count is null and expiry_date is null) or (expiry in ('days', 'month_end') and expiry_count > 0 and expiry_date is null) or (expiry = 'date' and expiry_count is null and expiry_date is not null)",
            name=op.f("programme_expiry_check"),
        ),
        sa.CheckConstraint(
            "return_policy in ('manual', 'by_terms')", name=op.f("programme_return_policy_check")
        ),
        sa.CheckConstraint(
            "activation_delay_days between 0 and 366", name=op.f("programme_activation_check")
        ),
        sa.CheckConstraint("scale in (0, 2)", name=op.f("programme_scale_check")),
        sa.CheckConstraint("value_minor > 0 and value_points > 0", name=op.f("programme_value_check")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("programme_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("programme_tenant_id_code_key")),
    )
    op.create_table(
        "promotion_clock",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("promotion_clock_pkey")),
    )
    op.create_table(
        "segment",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=32, collation="C"), nullable=False),
        sa.CheckConstraint("bit between 0 and 62", name=op.f("segment_bit_check")),
        sa.PrimaryKeyConstraint("tenant_id", "bit", name=op.f("segment_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("segment_tenant_id_code_key")),
    )
    op.create_table(
        "sign_in",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('member', 'staff')", name=op.f("sign_in_kind_check")),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name=op.f("sign_in_pkey")),
    )
    op.create_table(
        "staff",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("permissions", postgresql.JSONB(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("staff_pkey")),
        sa.UniqueConstraint("tenant_id", "login", name=op.f("staff_tenant_id_login_key")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(length=32, collation="C"), nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,31}$'", name=op.f("tenant_slug_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("tenant_pkey")),
        sa.UniqueConstraint("slug", name=op.f("tenant_slug_key")),
    )
    op.create_table(
        "tenant_key",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("tenant_key_pkey")),
    )
    op.create_table(
        "host",
        sa.Column("name", sa.String(length=255, collation="C"), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("host_tenant_id_fkey")),
        sa.PrimaryKeyConstraint("name", name=op.f("host_pkey")),
    )
    op.create_table(
        "inbound_file",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("profile_code", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("posted", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("unmatched", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("chunks_left", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'done' or lines = posted + duplicate + unmatched + rejected",
            name=op.f("inbound_file_reconciles_check"),
        ),
        sa.CheckConstraint("state in ('received', 'posting', 'done')", name=op.f("inbound_file_state_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_code", "profile_version"],
            ["file_profile.tenant_id", "file_profile.code", "file_profile.version"],
            name=op.f("inbound_file_tenant_id_profile_code_profile_version_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("inbound_file_tenant_id_programme_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("inbound_file_pkey")),
        sa.UniqueConstraint("tenant_id", "digest", name=op.f("inbound_file_tenant_id_digest_key")),
    )
    op.create_table(
        "member",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("segments", sa.BigInteger(), nullable=False),
        sa.Column("account_opened_on", sa.Date(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("member_tenant_id_programme_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("member_pkey")),
    )
    op.create_table(
        "partner",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("icon", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("partner_tenant_id_participant_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("partner_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("partner_tenant_id_code_key")),
    )
    op.create_table(
        "promotion",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64, collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "programme_id"],
            ["programme.tenant_id", "programme.id"],
            name=op.f("promotion_tenant_id_programme_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("promotion_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("promotion_tenant_id_code_key")),
    )
    op.create_table(
        "reward",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("reward_tenant_id_participant_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("reward_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("reward_tenant_id_code_key")),
    )
    op.create_table(
        "balance",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("debt", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "available >= 0 and pending >= 0 and held >= 0 and debt >= 0",
            name=op.f("balance_not_negative_check"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("balance_tenant_id_member_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", name=op.f("balance_pkey")),
    )
    op.create_table(
        "card",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("card_tenant_id_member_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("card_pkey")),
    )
    op.create_table(
        "consent",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("text_version", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("topic in ('terms', 'email', 'sms')", name=op.f("consent_topic_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("consent_tenant_id_member_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("consent_pkey")),
    )
    op.create_table(
        "counter_sheet",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("promotions", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("raw", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint(
            "cardinality(promotions) = cardinality(raw)", name=op.f("counter_sheet_places_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("counter_sheet_tenant_id_member_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "period", name=op.f("counter_sheet_pkey")),
    )
    op.create_table(
        "file_chunk",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("posted", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("unmatched", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("promotions_number", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["inbound_file.tenant_id", "inbound_file.id"],
            name=op.f("file_chunk_tenant_id_file_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "file_id", "number", name=op.f("file_chunk_pkey")),
    )
    op.create_table(
        "fund",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("reward_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reward_id"],
            ["reward.tenant_id", "reward.id"],
            name=op.f("fund_tenant_id_reward_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("fund_pkey")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("fund_tenant_id_code_key")),
    )
    op.create_table(
        "handle",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("handle_tenant_id_member_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "digest", name=op.f("handle_pkey")),
    )
    op.create_index("handle_member_idx", "handle", ["tenant_id", "member_id"], unique=False)
    op.create_table(
        "hold",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('open', 'captured', 'released')", name=op.f("hold_state_check")),
        sa.CheckConstraint("points > 0", name=op.f("hold_points_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("hold_tenant_id_member_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("hold_pkey")),
    )
    op.create_index(
        "hold_open_idx",
        "hold",
        ["tenant_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "member_person",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("member_person_tenant_id_member_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", name=op.f("member_person_pkey")),
    )
    op.create_table(
        "promotion_version",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("promotion_id", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ends_at is null or ends_at >= starts_at", name=op.f("promotion_version_period_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "promotion_id"],
            ["promotion.tenant_id", "promotion.id"],
            name=op.f("promotion_version_tenant_id_promotion_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("promotion_version_pkey")),
    )
    op.create_table(
        "purchase",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("mcc", sa.SmallInteger(), nullable=True),
        sa.Column("reason", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("purchase_amount_check")),
        sa.CheckConstraint("cardinality(reason) % 4 = 0", name=op.f("purchase_reason_check")),
        sa.CheckConstraint("mcc is null or mcc between 0 and 9999", name=op.f("purchase_mcc_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["inbound_file.tenant_id", "inbound_file.id"],
            name=op.f("purchase_tenant_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("purchase_tenant_id_member_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "merchant_id"],
            ["merchant.tenant_id", "merchant.id"],
            name=op.f("purchase_tenant_id_merchant_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["partner.tenant_id", "partner.id"],
            name=op.f("purchase_tenant_id_partner_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("purchase_pkey")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("purchase_tenant_id_key_key")),
    )
    op.create_table(
        "redemption",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request", sa.Uuid(), nullable=False),
        sa.Column("reward_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("choice", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "state in ('held', 'done', 'cancelled', 'refused')", name=op.f("redemption_state_check")
        ),
        sa.CheckConstraint("points > 0 and minor >= 0", name=op.f("redemption_points_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("redemption_tenant_id_member_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reward_id"],
            ["reward.tenant_id", "reward.id"],
            name=op.f("redemption_tenant_id_reward_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("redemption_pkey")),
        sa.UniqueConstraint(
            "tenant_id", "member_id", "request", name=op.f("redemption_tenant_id_member_id_request_key")
        ),
    )
    op.create_table(
        "rejected_line",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("column", sa.String(length=64), nullable=False),
        sa.Column("excerpt", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["inbound_file.tenant_id", "inbound_file.id"],
            name=op.f("rejected_line_tenant_id_file_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "file_id", "line", name=op.f("rejected_line_pkey")),
    )
    op.create_table(
        "terminal",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mid", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("tid", sa.String(length=16, collation="C"), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["partner.tenant_id", "partner.id"],
            name=op.f("terminal_tenant_id_partner_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "mid", "tid", name=op.f("terminal_pkey")),
    )
    op.create_table(
        "transfer",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("funder_id", sa.Integer(), nullable=True),
        sa.Column("from_account", sa.SmallInteger(), nullable=False),
        sa.Column("to_account", sa.SmallInteger(), nullable=False),
        sa.Column("purpose", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.ARRAY(sa.BigInteger()), nullable=True),
        sa.CheckConstraint("points > 0 and from_account <> to_account", name=op.f("transfer_moves_check")),
        sa.CheckConstraint(
            "reason is null or cardinality(reason) % 4 = 0", name=op.f("transfer_reason_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "funder_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("transfer_tenant_id_funder_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("transfer_tenant_id_member_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("transfer_pkey")),
    )
    op.create_table(
        "unmatched_line",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("card", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("mcc", sa.SmallInteger(), nullable=True),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("original_key", sa.Uuid(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["inbound_file.tenant_id", "inbound_file.id"],
            name=op.f("unmatched_line_tenant_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "merchant_id"],
            ["merchant.tenant_id", "merchant.id"],
            name=op.f("unmatched_line_tenant_id_merchant_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["partner.tenant_id", "partner.id"],
            name=op.f("unmatched_line_tenant_id_partner_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("unmatched_line_pkey")),
    )
    op.create_index(
        "unmatched_line_card_idx",
        "unmatched_line",
        ["tenant_id", "card"],
        unique=False,
        postgresql_where=sa.text("matched_at is null"),
    )
    op.create_table(
        "campaign",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("goal", sa.BigInteger(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("goal > 0", name=op.f("campaign_goal_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "fund_id"],
            ["fund.tenant_id", "fund.id"],
            name=op.f("campaign_tenant_id_fund_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("campaign_pkey")),
    )
    op.create_table(
        "certificate",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reward_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("redemption_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(member_id is null) = (redemption_id is null)", name=op.f("certificate_taken_check")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "redemption_id"],
            ["redemption.tenant_id", "redemption.member_id", "redemption.id"],
            name=op.f("certificate_tenant_id_member_id_redemption_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reward_id"],
            ["reward.tenant_id", "reward.id"],
            name=op.f("certificate_tenant_id_reward_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "reward_id", "digest", name=op.f("certificate_pkey")),
        sa.UniqueConstraint(
            "tenant_id",
            "member_id",
            "redemption_id",
            name=op.f("certificate_tenant_id_member_id_redemption_id_key"),
        ),
    )
    op.create_index(
        "certificate_free_idx",
        "certificate",
        ["tenant_id", "reward_id", "valid_to"],
        unique=False,
        postgresql_where=sa.text("redemption_id is null"),
    )
    op.create_table(
        "lot_use",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("points <> 0", name=op.f("lot_use_points_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "expires_on", "lot_id"],
            ["lot.tenant_id", "lot.member_id", "lot.expires_on", "lot.id"],
            name=op.f("lot_use_tenant_id_member_id_expires_on_lot_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "transfer_id"],
            ["transfer.tenant_id", "transfer.member_id", "transfer.id"],
            name=op.f("lot_use_tenant_id_member_id_transfer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "transfer_id", "lot_id", name=op.f("lot_use_pkey")),
    )
    op.create_table(
        "payout",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payee", sa.String(length=64), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("register_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state = 'waiting' or register_id is not null", name=op.f("payout_register_check")
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'sent', 'paid', 'returned')", name=op.f("payout_state_check")
        ),
        sa.CheckConstraint("minor > 0", name=op.f("payout_minor_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "id"],
            ["redemption.tenant_id", "redemption.member_id", "redemption.id"],
            name=op.f("payout_tenant_id_member_id_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "register_id"],
            ["payout_register.tenant_id", "payout_register.id"],
            name=op.f("payout_tenant_id_register_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("payout_pkey")),
    )
    op.create_index(
        "payout_waiting_idx",
        "payout",
        ["tenant_id", "payee"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "purchase_return",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("original_key", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("merchant_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("mcc", sa.SmallInteger(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("wait_until", sa.Date(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'applied') = (purchase_id is not null)", name=op.f("purchase_return_applied_check")
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'applied', 'manual', 'by_terms', 'let_be')",
            name=op.f("purchase_return_state_check"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("purchase_return_amount_check")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["inbound_file.tenant_id", "inbound_file.id"],
            name=op.f("purchase_return_tenant_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "purchase_id"],
            ["purchase.tenant_id", "purchase.member_id", "purchase.id"],
            name=op.f("purchase_return_tenant_id_member_id_purchase_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["member.tenant_id", "member.id"],
            name=op.f("purchase_return_tenant_id_member_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "merchant_id"],
            ["merchant.tenant_id", "merchant.id"],
            name=op.f("purchase_return_tenant_id_merchant_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["partner.tenant_id", "partner.id"],
            name=op.f("purchase_return_tenant_id_partner_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("purchase_return_pkey")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("purchase_return_tenant_id_key_key")),
    )
    op.create_index(
        "purchase_return_waiting_idx",
        "purchase_return",
        ["tenant_id", "wait_until"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "donation",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "campaign_id"],
            ["campaign.tenant_id", "campaign.id"],
            name=op.f("donation_tenant_id_campaign_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id", "id"],
            ["redemption.tenant_id", "redemption.member_id", "redemption.id"],
            name=op.f("donation_tenant_id_member_id_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "member_id", "id", name=op.f("donation_pkey")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("donation_tenant_id_number_key")),
    )
