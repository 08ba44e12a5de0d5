"""So many connections that ask without a pause: one after the other on each, and how long each answer took."""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a load found: answers a second, milliseconds that they took (sorted), and answers that were no success."""

    rate: float
    took_ms: list[float]
    failed: int

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many in a hundred were answered."""
        return self.took_ms[min(len(self.took_ms) - 1, len(self.took_ms) * percent // 100)]


class _Line:
    """One connection, with what has come of the answer it waits for."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.came, self.asked_at = b"", 0.0

    def ask(self, request: bytes) -> None:
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def answer(self) -> bytes | None:
        """The whole answer, when it is there."""
        self.came += self.socket.recv(1 << 16)
        head, found, body = self.came.partition(b"\r\n\r\n")
        if not found:
            return None
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return None
        whole, self.came = self.came, b""
        return whole


def load(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Load:
    """Send the requests for so long; no more of them ends it, too."""
    waiting = selectors.DefaultSelector()
    took: list[float] = []
    failed = asking = 0
    for _ in range(connections):
        line = _Line(port)
        waiting.register(line.socket, selectors.EVENT_READ, line)
        line.ask(next(requests))
        asking += 1
    begun = time.perf_counter()
    ends = begun + seconds
    while asking:
        for key, _ in waiting.select(30):
            line = key.data
            answer = line.answer()
            if answer is None:
                continue
            now = time.perf_counter()
            took.append((now - line.asked_at) * 1000)
            failed += answer[9:10] != b"2"
            request = next(requests, None) if now < ends else None
            if request is None:
                asking -= 1
                waiting.unregister(line.socket)
                line.socket.close()
            else:
                line.ask(request)
    return Load(len(took) / (time.perf_counter() - begun), sorted(took), failed)
