"""The addresses of the servers, before anything else of the house is there: `run` needs no more, and starts soon."""

from collections.abc import Iterator
from contextlib import contextmanager

from tenants.runtime.embedded import Servers
from tenants.runtime.settings import Settings


@contextmanager
def served(chosen: Settings) -> Iterator[tuple[Settings, Servers | None]]:
    """Settings with addresses of servers that run: the environment's, else the embedded ones, started if need be."""
    embedded_database, embedded_redis = not chosen.database_url, not chosen.redis_url
    if not embedded_database and not embedded_redis:
        yield chosen, None
        return
    with Servers(chosen.data_dir, postgres=embedded_database, redis=embedded_redis) as servers:
        yield (
            chosen.at(
                database_url=servers.database_url if embedded_database else chosen.database_url,
                database_owner_url=servers.owner_url if embedded_database else chosen.database_owner_url,
                redis_url=servers.redis_url if embedded_redis else chosen.redis_url,
            ),
            servers,
        )
