"""The wall: row-level security for every tenant table, as statements that migrations run and a test checks."""

from tenants.runtime.db import APP_ROLE

_OWN_ROWS = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::integer"


def tenant_wall(table: str, *, grants: str = "select, insert, update, delete") -> list[str]:
    """The statements that put `table` behind the wall and grant the app role just what it needs there.

    FORCE makes the policy hold for the owner too. A table of facts that are never changed is granted
    "select, insert" only, so not even a mistake can rewrite it.
    """
    return [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy {table}_wall on {table} using ({_OWN_ROWS}) with check ({_OWN_ROWS})",
        f"grant {grants} on {table} to {APP_ROLE}",
    ]
