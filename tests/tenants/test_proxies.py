"""Behind a reverse proxy the reader's own address, scheme and host count; without one nobody's word does."""

from dataclasses import replace

import pytest
from flask import request

import wsgi
from tenants.runtime import settings
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings

TOLD = {
    "X-Forwarded-For": "198.51.100.9, 203.0.113.5",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "points.example",
}


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, ["127.0.0.1", "http", "inner"]),
        (1, ["203.0.113.5", "https", "points.example"]),
    ],
)
def test_as_many_proxies_are_believed_as_are_set(
    live_database: Settings, proxies: int, seen: list[str]
) -> None:
    settings.use(replace(live_database, trusted_proxies=proxies))
    app = wsgi.create_app()
    app.add_url_rule("/who", view_func=lambda: [request.remote_addr, request.scheme, request.host])
    answer = app.test_client().get("/who", base_url="http://inner", headers=TOLD)
    assert answer.json == seen


def test_no_proxy_is_believed_unless_set() -> None:
    assert settings.read({}).trusted_proxies == 0
    assert settings.read({"TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    with pytest.raises(Refusal, match="TRUSTED_PROXIES"):
        settings.read({"TRUSTED_PROXIES": "many"})
