"""Where a tenant's faces are, by one of its hosts."""

from tenants.runtime import settings


def address_of_desk(host: str) -> str:
    """The address of the tenant's desk: plain HTTP and the port of this process for a name of this machine alone."""
    local = host.endswith("localhost")
    return f"http://{host}:{settings.current().port}/desk" if local else f"https://{host}/desk"
