"""The network on loopback as a process: `python -m partner_portal.aggregator.loopback.serving --port 8910`."""

import argparse
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from werkzeug.serving import WSGIRequestHandler, make_server

from partner_portal.aggregator.loopback.app import create
from partner_portal.aggregator.loopback.world import World

MINUTE = 1 / 1440
"""A day of the demonstration's orders lasts a minute."""


class Quiet(WSGIRequestHandler):
    """Says nothing of requests: whoever looks at the house's words does not look for a network's."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Passed over."""


def main(words: Sequence[str] | None = None) -> None:
    """Serve until the process is ended; the first line that it prints is its address."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--shops", type=int, default=612)
    asked.add_argument("--postbacks", default="", help="where to send what happens")
    asked.add_argument("--host", default="", help="whose address that is")
    said = asked.parse_args(words)
    now = datetime.now(UTC)
    # A network that is started again has forgotten its orders, and must not give their numbers to others.
    world = World(said.seed, said.shops, now, pace=MINUTE, chaos=0.0, first=int(now.timestamp()))
    app = create(world, _home(said.postbacks, said.host))
    server = make_server("127.0.0.1", said.port, app, threaded=True, request_handler=Quiet)
    print(f"http://127.0.0.1:{server.port}", flush=True)  # noqa: T201  who started it reads this
    if said.postbacks:
        threading.Thread(target=_send, args=(world, said.postbacks, said.host), daemon=True).start()
    server.serve_forever()


def _home(postbacks: str, host: str) -> str:
    """Where a member reads of her orders: the host of the demonstration, at the port that postbacks go to."""
    port = urllib.parse.urlsplit(postbacks).port
    return f"http://{host}:{port}/orders" if host and port else ""


def _send(world: World, to: str, host: str) -> None:
    """Tell what happens as it happens; nobody is told twice who did not hear."""
    while True:
        time.sleep(1)
        world.move(datetime.now(UTC))
        for one in world.postbacks():
            body = urllib.parse.urlencode(one).encode()
            asked = urllib.request.Request(to, body, {"Host": host} if host else {})  # noqa: S310  its starter's word
            with suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(asked, timeout=5).close()  # noqa: S310


if __name__ == "__main__":
    main()
