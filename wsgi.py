"""The house put together: every face of the web application, and every job. The only place that knows everyone."""

import time
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, g, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

import migrations
from admin.console import web as console_web
from charity import giving
from charity import kind as donation
from charity import pages as charity_pages
from coalition.backtests import jobs as backtest_jobs
from coalition.cabinet import web as cabinet_web
from coalition.cards import links
from coalition.claims import jobs as claim_jobs
from coalition.members import sweep
from coalition.messages import sending, to_partners
from coalition.privacy import copying, erasing
from coalition.redemption import watching
from coalition.reports import counting
from coalition.reports.exports import jobs as export_jobs
from coalition.segments import refreshing
from coalition.transactions import (
    anniversaries,
    chunks,
    joining,
    overdue,
    results,
    staging,
    unmatched,
)
from coalition.transactions.corrections import jobs as correction_jobs
from coalition.transactions.referrals import jobs as referral_jobs
from coalition.webhooks import delivering
from partner_portal.aggregator import jobs as aggregator_jobs
from partner_portal.aggregator.postbacks import postbacks
from partner_portal.api import reference
from partner_portal.api.web import create_api
from partner_portal.cabinet import monthly
from partner_portal.cabinet import web as portal_web
from partner_portal.feeds import drop
from tenants import process
from tenants.auth import tidy as auth_tidy
from tenants.branding import web as branding_web
from tenants.runtime import health, idempotency, metrics, settings
from tenants.runtime import web as runtime_web

DECLARED = (
    aggregator_jobs,
    anniversaries,
    auth_tidy,
    backtest_jobs,
    chunks,
    claim_jobs,
    correction_jobs,
    copying,
    counting,
    delivering,
    donation,
    drop,
    erasing,
    idempotency,
    joining,
    links,
    monthly,
    overdue,
    referral_jobs,
    refreshing,
    results,
    sending,
    staging,
    sweep,
    to_partners,
    unmatched,
    watching,
    export_jobs,
    giving,
)
"""Modules whose jobs and kinds every process must know: importing them is what declares them."""


def create_app() -> Flask:
    """The web application of this deployment."""
    chosen = settings.current()
    process.begin(chosen)
    app = Flask("wsgi", static_folder=None)
    app.secret_key = chosen.secret_key
    api = create_api()
    for one in (app, api):
        _measure(one)
    _report(app)
    runtime_web.install(app)
    branding_web.install(app)
    cabinet_web.install(app)
    charity_pages.install(app)
    portal_web.install(app, console_web.install(app))
    reference.install(app)
    pages = app.wsgi_app
    app.wsgi_app = DispatcherMiddleware(
        pages, {"/v1": api, reference.ADDRESS: _whole(pages), "/postback": postbacks}
    )  # type: ignore[method-assign]
    _behind(app, chosen.trusted_proxies)
    return app


def _whole(pages: WSGIApplication) -> WSGIApplication:
    """The pages, asked by their whole address, for the one among them that stands below the API's."""

    def ask(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        address = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
        return pages(environ | {"SCRIPT_NAME": "", "PATH_INFO": address}, start)

    return ask


def _behind(app: Flask, proxies: int) -> None:
    """Believe so many reverse proxies who asks and how: else all share one address's limits, in plain HTTP."""
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]


def _measure(app: Flask) -> None:
    """Count every answer by its route."""

    @app.url_value_preprocessor
    def begin(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        g.begun = time.perf_counter()  # the first hook of all: what a later one refuses is counted, too

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
