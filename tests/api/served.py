"""The whole application served by its real server, in processes of its own."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

from tenants.runtime.settings import Settings

PATIENCE_SECONDS = 60


def free_port() -> int:
    """A port that nobody has now."""
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(chosen: Settings, workers: int = 1) -> Iterator[str]:
    """Where the application is served, until the block ends."""
    port = free_port()
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    command = [sys.executable, "-m", "granian", *options, "--factory", "--no-access-log", "wsgi:create_app"]
    server = subprocess.Popen(command, env=chosen.environment(), stdout=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _wait(url: str) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < ends, f"{url} is not served"
            time.sleep(0.1)
