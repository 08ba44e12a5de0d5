"""The command line, a face like the others: one file per subject, listed in `main`.

A command opens the house with `house()`, calls an action or a query, and prints. What went wrong and can be mended
by the reader is one sentence and exit code 2; a traceback is for what nobody foresaw.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module

import migrations
from tenants import process
from tenants.runtime import settings
from tenants.runtime.db import dispose
from tenants.runtime.embedded import Servers
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings

EVERYONE = "wsgi"


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


@contextmanager
def house() -> Iterator[Settings]:
    """This process, ready to call actions: servers up, database at the newest migration, keys and queues at hand.

    Raises Refusal("migrations_missing") when the database is at another migration than this program.
    """
    import_module(EVERYONE)  # above us in the house, but every room's jobs and kinds must be known
    with ExitStack() as stack:
        chosen, _ = stack.enter_context(served(settings.current()))
        process.begin(chosen)
        stack.callback(dispose)
        present = migrations.present(chosen.database_url)
        if present != migrations.head():
            raise Refusal("migrations_missing", present=present or "none", head=migrations.head())
        yield chosen
