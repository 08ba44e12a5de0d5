"""The house, opened for one command."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module

import migrations
from admin.cli.served import served
from tenants import process
from tenants.runtime import settings
from tenants.runtime.db import dispose
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings

EVERYONE = "wsgi"


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
