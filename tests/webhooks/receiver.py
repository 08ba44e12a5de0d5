"""A receiver as a partner has one: a real server that notes what it gets, and checks signatures by itself."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """Answers with `status` and `answer`, after so many seconds; `got` are headers and bodies."""

    url: str = ""
    status: int = 204
    answer: bytes = b""
    seconds: float = 0
    location: str = ""
    encoding: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def told(self) -> list[Any]:
        """What came, in the order it came."""
        return [json.loads(body) for _, body in self.got]

    @property
    def ids(self) -> list[str]:
        """The messages' ids."""
        return [headers["webhook-id"] for headers, _ in self.got]


@contextmanager
def receiving(*, tls: ssl.SSLContext | None = None, **settings: Any) -> Iterator[Receiver]:
    """A receiver on this machine, for as long as it is wanted."""
    receiver = Receiver(**settings)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(receiver.seconds)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            if receiver.encoding:
                self.send_header("Content-Encoding", receiver.encoding)
            if receiver.status not in (204, 304):
                self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def verified(secret: str, headers: dict[str, str], body: bytes, *, now: float | None = None) -> bool:
    """As docs/api.md tells receivers to do it: nothing of ours is used."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs((time.time() if now is None else now) - int(headers["webhook-timestamp"])) < 300
    signatures = headers["webhook-signature"].split(" ")
    return fresh and any(hmac.compare_digest(wanted, one) for one in signatures)
