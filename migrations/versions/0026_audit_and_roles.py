"""The audit trail; roles in place of loose permissions; second factors, and where sign-ins come from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import for_each_tenant
from tenants.policies import tenant_wall

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


_READ = {
    "benefit:edit": ("benefit", "draw"),
    "benefit:use": ("benefit",),
    "deposit:edit": ("deposit",),
    "file:receive": ("file",),
    "ledger:adjust": ("return",),
    "member:enrol": ("code",),
    "payout:settle": ("payout",),
    "programme:edit": ("programme",),
    "promotion:approve": ("promotion",),
    "promotion:edit": ("promotion", "draw"),
    "promotion:publish": ("promotion", "draw"),
    "segment:edit": ("segment",),
    "staff:edit": ("staff", "audit"),
}
"""What sections somebody saw who might do something there."""


def upgrade() -> None:
    _trail()
    _roles()
    op.add_column("sign_in", sa.Column("address", sa.String(), nullable=False, server_default=""))
    op.add_column("sign_in", sa.Column("device", sa.String(), nullable=False, server_default=""))
    for column in ("address", "device"):
        op.alter_column("sign_in", column, server_default=None)
    op.create_index("sign_in_subject_idx", "sign_in", ["tenant_id", "subject_id", "address"])


def _trail() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(6), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("verb", sa.String(64, collation="C"), nullable=False),
        sa.Column("subject", sa.String(200, collation="C"), nullable=False),
        sa.Column("before", postgresql.JSONB()),
        sa.Column("after", postgresql.JSONB()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("actor_kind in ('staff', 'system')", name=op.f("audit_entry_actor_kind_check")),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "number"),
    )
    for name, column in (("actor", "actor_id"), ("verb", "verb"), ("subject", "subject")):
        op.create_index(f"audit_entry_{name}_idx", "audit_entry", ["tenant_id", column, "number"])
    op.create_table(
        "audit_head",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    for statement in (
        *tenant_wall("audit_entry", grants="select, insert"),
        *tenant_wall("audit_head", grants="select, insert, update"),
    ):
        op.execute(statement)


def _roles() -> None:
    op.create_table(
        "role",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(32, collation="C"), nullable=False),
        sa.Column("names", postgresql.JSONB()),
        sa.Column("permissions", postgresql.JSONB()),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(names is null) = (permissions is null)", name=op.f("role_own_check")),
        sa.PrimaryKeyConstraint("tenant_id", "code"),
    )
    op.create_table(
        "staff_role",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(32, collation="C"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "role"], ["role.tenant_id", "role.code"]),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", "role"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "staff_id"], ["staff.tenant_id", "staff.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", "code"),
    )
    for table in ("role", "staff_role", "recovery_code"):
        for statement in tenant_wall(table):
            op.execute(statement)
    _of_permissions()
    op.drop_column("staff", "permissions")
    op.alter_column("staff", "password_hash", nullable=True)
    for name, kind in (
        ("participant_id", sa.Integer()),
        ("link", sa.LargeBinary()),
        ("link_until", sa.DateTime(timezone=True)),
        ("totp", sa.LargeBinary()),
        ("totp_step", sa.BigInteger()),
        ("totp_since", sa.DateTime(timezone=True)),
    ):
        op.add_column("staff", sa.Column(name, kind))
    op.create_unique_constraint(op.f("staff_tenant_id_link_key"), "staff", ["tenant_id", "link"])
    op.create_foreign_key(
        op.f("staff_tenant_id_participant_id_fkey"),
        "staff",
        "participant",
        ["tenant_id", "participant_id"],
        ["tenant_id", "id"],
    )
    op.create_check_constraint(op.f("staff_link_check"), "staff", "(link is null) = (link_until is null)")
    op.create_check_constraint(op.f("staff_totp_check"), "staff", "totp_since is null or totp is not null")


def _of_permissions() -> None:
    """Every set of permissions that somebody had becomes a role of the tenant's own; who kept people's, an administrator."""
    seen = " union all ".join(
        f"select 'desk:{read}:read' where permissions ? 'desk:{had}'"
        for had, reads in _READ.items()
        for read in reads
    )
    sets = (
        "(select permissions, row_number() over (order by permissions) as number from"
        " (select distinct permissions from staff where tenant_id = :tenant and permissions <> '[]') had)"
    )
    for_each_tenant(
        "insert into role (tenant_id, code, names, permissions, second_factor)"  # noqa: S608  of the constants above
        " select :tenant, 'earlier-' || number,"
        " jsonb_build_object('ru', 'Прежние права ' || number, 'en', 'Earlier rights ' || number),"
        " (select jsonb_agg(distinct one) from (select jsonb_array_elements_text(permissions) as one"
        f" union all {seen}) each), false from {sets} kept",
        "insert into staff_role (tenant_id, staff_id, role)"  # noqa: S608
        " select :tenant, s.id, 'earlier-' || k.number from staff s join"
        f" {sets} k"
        " on k.permissions = s.permissions where s.tenant_id = :tenant",
        "insert into role (tenant_id, code, second_factor) select :tenant, 'administrator', false"
        " where exists (select from staff where tenant_id = :tenant and permissions ? 'desk:staff:edit')",
        "insert into staff_role (tenant_id, staff_id, role) select :tenant, id, 'administrator' from staff"
        " where tenant_id = :tenant and permissions ? 'desk:staff:edit'",
    )


def downgrade() -> None:
    """Of roles only the tenant's own give their permissions back: what built-in ones may do is not known here."""
    op.drop_index("sign_in_subject_idx", "sign_in")
    op.drop_column("sign_in", "device")
    op.drop_column("sign_in", "address")
    op.add_column("staff", sa.Column("permissions", postgresql.JSONB()))
    for_each_tenant(
        "update staff s set permissions = coalesce((select jsonb_agg(distinct one) from staff_role h"
        " join role r on r.tenant_id = :tenant and r.code = h.role"
        " cross join lateral jsonb_array_elements_text(r.permissions) one"
        " where h.tenant_id = :tenant and h.staff_id = s.id), '[]') where s.tenant_id = :tenant",
        "update staff set password_hash = '' where tenant_id = :tenant and password_hash is null",
    )
    op.alter_column("staff", "permissions", nullable=False)
    op.alter_column("staff", "password_hash", nullable=False)
    op.drop_constraint(op.f("staff_totp_check"), "staff", type_="check")
    op.drop_constraint(op.f("staff_link_check"), "staff", type_="check")
    op.drop_constraint(op.f("staff_tenant_id_participant_id_fkey"), "staff", type_="foreignkey")
    for column in ("participant_id", "link", "link_until", "totp", "totp_step", "totp_since"):
        op.drop_column("staff", column)
    for table in ("recovery_code", "staff_role", "role"):
        op.drop_table(table)
    op.drop_table("audit_head")
    op.drop_table("audit_entry")
