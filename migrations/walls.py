"""Rows behind the walls: these hold for the tables' owner too, so a migration changes them tenant by tenant."""

import sqlalchemy as sa
from alembic import op


def for_each_tenant(*statements: str) -> None:
    """Run statements for one tenant after the other, each with its number as `:tenant`."""
    connection = op.get_bind()
    for tenant in connection.scalars(sa.text("select id from tenant order by id")).all():
        connection.execute(sa.text(f"set local app.tenant_id = '{int(tenant)}'"))
        for statement in statements:
            connection.execute(sa.text(statement), {"tenant": tenant})
