"""A correction is sent to be signed by who asked for it, or has ended because it changes nothing for anybody."""

from alembic import op

from migrations.walls import for_each_tenant

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_STATES = "'asked', 'approved', 'done', 'discarded'"


def upgrade() -> None:
    """What waited for a signature goes on waiting for it; what is not previewed yet is previewed first."""
    _allow(f"{_STATES}, 'sent', 'idle'")
    for_each_tenant(
        "update correction c set state = 'sent' where tenant_id = :tenant and state = 'asked' and not exists ("
        " select from correction_slice s"
        " where s.tenant_id = :tenant and s.correction_id = c.id and s.preview is null)"
    )


def downgrade() -> None:
    for_each_tenant(
        "update correction set state = 'asked' where tenant_id = :tenant and state = 'sent'",
        "update correction set state = 'discarded' where tenant_id = :tenant and state = 'idle'",
    )
    _allow(_STATES)


def _allow(states: str) -> None:
    op.drop_constraint(op.f("correction_state_check"), "correction", type_="check")
    op.create_check_constraint(op.f("correction_state_check"), "correction", f"state in ({states})")
