"""People of the staff sign in by the tenant's own provider (OpenID Connect), and by passkeys (WebAuthn)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.policies import tenant_wall

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("issuer", "subject"):
        op.add_column("staff", sa.Column(column, sa.String(255, collation="C")))
    op.create_unique_constraint(
        op.f("staff_tenant_id_issuer_subject_key"), "staff", ["tenant_id", "issuer", "subject"]
    )
    op.create_check_constraint(op.f("staff_subject_check"), "staff", "(issuer is null) = (subject is null)")
    op.add_column("sign_in", sa.Column("way", sa.String(8, collation="C"), nullable=False, server_default=""))
    op.alter_column("sign_in", "way", server_default=None)
    op.create_check_constraint(op.f("sign_in_way_check"), "sign_in", "way in ('', 'provider', 'passkey')")
    op.create_table(
        "staff_provider",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.String(255, collation="C"), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.String(255), nullable=False),
        sa.Column("claim", sa.String(100), nullable=False),
        sa.Column("groups", postgresql.JSONB(), nullable=False),
        sa.Column("passwords", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "passkey",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("counter >= 0", name=op.f("passkey_counter_check")),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("passkey_staff_idx", "passkey", ["tenant_id", "staff_id"])
    for table in ("staff_provider", "passkey"):
        for statement in tenant_wall(table):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("passkey")
    op.drop_table("staff_provider")
    op.drop_constraint(op.f("sign_in_way_check"), "sign_in", type_="check")
    op.drop_column("sign_in", "way")
    op.drop_constraint(op.f("staff_subject_check"), "staff", type_="check")
    op.drop_constraint(op.f("staff_tenant_id_issuer_subject_key"), "staff", type_="unique")
    for column in ("subject", "issuer"):
        op.drop_column("staff", column)
