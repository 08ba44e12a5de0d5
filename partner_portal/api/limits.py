"""How much a client may ask, told with its answers (draft-ietf-httpapi-ratelimit-headers): RateLimit-Policy, RateLimit.

Guesses are counted in the database (`tenants.auth.limits`). Requests are counted by each process for itself, in its
memory: a ceiling against a program that has run wild, which costs a till's sale nothing, and no measure of use.
"""

from threading import Lock
from typing import NamedTuple

from flask import Response, g

from tenants.auth.limits import left_of, window_of
from tenants.runtime import settings
from tenants.runtime.errors import Refusal

MINUTE, HOUR = 60, 3600
RATE_LIMITED = {
    "too_many_requests": MINUTE,
    "too_many_tries": HOUR,
    "too_many_codes": HOUR,
    "too_many_links": HOUR,
}
"""Problems that end with a window of time, and the seconds that it has."""


class Limit(NamedTuple):
    """So much of something in a window of so many seconds, and how much is left of it."""

    name: str
    most: int
    seconds: int
    left: int


class Counted:
    """What each client has asked of this process in the present minute."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._since = window_of(MINUTE)
        self._counts: dict[str, int] = {}

    def one_more(self, client_id: str) -> int:
        """How many it has asked with this one."""
        since = window_of(MINUTE)
        with self._lock:
            if since != self._since:
                self._since, self._counts = since, {}
            self._counts[client_id] = count = self._counts.get(client_id, 0) + 1
        return count


_requests = Counted()


def count_request(client_id: str) -> None:
    """Count a request of the client's; Refusal("too_many_requests") above the ceiling."""
    most = settings.current().api_requests_per_minute
    count = _requests.one_more(client_id)
    tell(Limit("requests", most, MINUTE, max(0, most - count)))
    if count > most:
        raise Refusal("too_many_requests")


def tell(limit: Limit) -> None:
    """Have the answer to this request tell of a limit."""
    g.setdefault("limits", {})[limit.name] = limit


def sign(answer: Response) -> None:
    """Tell the limits that this request has met."""
    met: dict[str, Limit] = g.get("limits", {})
    if met:
        answer.headers["RateLimit-Policy"] = ", ".join(
            f'"{one.name}";q={one.most};w={one.seconds}' for one in met.values()
        )
        answer.headers["RateLimit"] = ", ".join(
            f'"{one.name}";r={one.left};t={left_of(one.seconds)}' for one in met.values()
        )
