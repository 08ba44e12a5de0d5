"""How much a client may ask, told with its answers (draft-ietf-httpapi-ratelimit-headers): RateLimit-Policy, RateLimit.

Guesses are counted in the database (`tenants.auth.limits`). Requests are counted by each process for itself, in its
memory: a ceiling against a program that has run wild, which costs a till's sale nothing, and no measure of use.
"""

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from flask import g, request

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


COUNTED = "partner_portal.api.counted"
"""Where in a request's surroundings (WSGI) the ceiling stands, if the request was counted already."""


def counted(client_id: str, own: int | None = None) -> Limit:
    """Count a request of the client's; below zero is left where it is one too many. `own` is its own limit."""
    most = settings.current().api_requests_per_minute
    if own is not None:
        most = min(most, own)
    return Limit("requests", most, MINUTE, most - _requests.one_more(client_id))


def count_request(client_id: str, own: int | None) -> None:
    """Count this request, unless it is counted; Refusal("too_many_requests") above the ceiling."""
    limit: Limit = request.environ.get(COUNTED) or counted(client_id, own)
    tell(limit)
    if limit.left < 0:
        raise Refusal("too_many_requests")


def tell(limit: Limit) -> None:
    """Have the answer to this request tell of a limit."""
    g.setdefault("limits", {})[limit.name] = limit


def met() -> Iterable[Limit]:
    """The limits that this request has met."""
    found: dict[str, Limit] = g.get("limits", {})
    return found.values()


def headers(limits: Iterable[Limit]) -> list[tuple[str, str]]:
    """What tells of them."""
    policy = ", ".join(f'"{one.name}";q={one.most};w={one.seconds}' for one in limits)
    left = ", ".join(f'"{one.name}";r={max(0, one.left)};t={left_of(one.seconds)}' for one in limits)
    return [("RateLimit-Policy", policy), ("RateLimit", left)] if policy else []
