"""A correction is sent to be signed by who asked for it, or has ended because it changes nothing for anybody."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_STATES = "'asked', 'approved', 'done', 'discarded'"


def upgrade() -> None:
    """What waited for a signature goes on waiting for it."""
    _allow(f"{_STATES}, 'sent', 'idle'")
    op.execute("update correction set state = 'sent' where state = 'asked'")


def downgrade() -> None:
    op.execute("update correction set state = 'asked' where state = 'sent'")
    op.execute("update correction set state = 'discarded' where state = 'idle'")
    _allow(_STATES)


def _allow(states: str) -> None:
    op.drop_constraint(op.f("correction_state_check"), "correction", type_="check")
    op.create_check_constraint(op.f("correction_state_check"), "correction", f"state in ({states})")
