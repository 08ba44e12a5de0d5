"""Where a tenant's faces are, by one of its hosts."""

import json
from contextlib import suppress
from urllib.parse import urlsplit

from tenants.runtime import settings


def address_of_desk(host: str) -> str:
    """The address of the tenant's desk: plain HTTP and the port that serves for a name of this machine alone."""
    local = host.endswith("localhost")
    return f"http://{host}:{port_here()}/desk" if local else f"https://{host}/desk"


def port_here() -> int:
    """The port at which this house serves: that of the `run` of its data directory, else the setting.

    A command is often given without the PORT that `run` was given.
    """
    chosen = settings.current()
    with suppress(FileNotFoundError, ValueError, KeyError):
        noted = json.loads((chosen.data_dir / "run.json").read_text())
        return urlsplit(noted["address"]).port or chosen.port
    return chosen.port
