"""`coalition worker`: one process that does jobs."""

import threading

import click

from admin.cli.house import house
from tenants.runtime import queues, relay


@click.command()
def worker() -> None:
    """Do jobs until stopped; any number of workers may run, on any number of hosts."""
    halt = threading.Event()
    with house() as chosen:
        relaying = threading.Thread(target=relay.run, args=(halt,), name="relay", daemon=True)
        relaying.start()
        try:
            queues.work(chosen.redis_url)
        finally:
            halt.set()
            relaying.join(relay.PAUSE_SECONDS * 2)
