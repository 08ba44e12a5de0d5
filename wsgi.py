"""The house put together: every face of the web application, and every job. The only place that knows everyone."""

import time

from flask import Flask, Response, g, request

import charity.kind
import coalition.members.sweep
import coalition.transactions.chunks
import coalition.transactions.results
import coalition.transactions.staging
import coalition.transactions.unmatched  # noqa: F401
import migrations
from tenants import process
from tenants.runtime import health, metrics, settings


def create_app() -> Flask:
    """The web application of this deployment."""
    chosen = settings.current()
    process.begin(chosen)
    app = Flask("wsgi", static_folder=None)
    app.secret_key = chosen.secret_key
    _measure(app)
    _report(app)
    return app


def _measure(app: Flask) -> None:
    """Count every answer by its route."""

    @app.before_request
    def begin() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def count(answer: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unknown"
        metrics.answered(route, request.method, answer.status_code, time.perf_counter() - g.begun)
        return answer


def _report(app: Flask) -> None:
    """What a deployment asks about the process: is it alive, can it serve, what did it count."""
    head = migrations.head()

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> tuple[dict[str, bool], int]:
        found = health.readiness(head)
        return found, 200 if all(found.values()) else 503

    @app.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)
