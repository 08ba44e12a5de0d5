"""What the web process counts about itself, for Prometheus. Names and labels tell nothing about any tenant."""

from collections.abc import Iterator

import redis.exceptions
from prometheus_client import REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tenants.runtime import queues

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_requests = Counter("coalition_requests_total", "Answered requests", ["route", "method", "status"])
_seconds = Histogram(
    "coalition_request_seconds",
    "Time to answer a request",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def answered(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request; `route` is the pattern, not the address, of which there are endless many.

    A method that is none counts as "other": anybody may send endless many of them, too.
    """
    _requests.labels(route, method if method in _METHODS else "other", str(status)).inc()
    _seconds.labels(route).observe(seconds)


def exposition() -> bytes:
    """All metrics, as Prometheus reads them."""
    return generate_latest(REGISTRY)


class _Queues(Collector):
    """The length of each queue at the moment of asking; nothing at all while Redis is away."""

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("coalition_jobs_waiting", "Jobs that wait in a queue", labels=["queue"])
        try:
            for name, length in queues.lengths().items():
                waiting.add_metric([name], length)
        except redis.exceptions.RedisError:
            return
        yield waiting


REGISTRY.register(_Queues())
