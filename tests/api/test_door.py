"""Whatever the door cannot read or breaks at, Flask answers, with the problem document that it gives for it."""

import json
from io import BytesIO
from typing import Any

import pytest
from cryptography import x509
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import EnvironBuilder, run_wsgi_app

from partner_portal.api import door, limits
from partner_portal.api.door import Door
from tests.api.conftest import CARD, Till
from tests.api.test_certificates import PROXY, found, handed_on, own, proxied, signed_in
from tests.api.test_way import sale

__all__ = ["own", "proxied"]
Told = tuple[int, str]


class Torn(BytesIO):
    """A body whose sender goes away."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Nothing comes any more."""
        raise ConnectionResetError


def flask_alone(till: Till) -> Any:
    front = till.http.application.wsgi_app
    assert isinstance(front, Door)
    return front.behind


def surroundings(till: Till, **more: Any) -> dict[str, Any]:
    """Of a request as a server hands it on: a member is looked for by her card."""
    headers = {"Authorization": f"Bearer {till.token}"}
    builder = EnvironBuilder(
        "/members/find", till.site, method="POST", json={"handle": CARD}, headers=headers
    )
    return builder.get_environ() | {"REMOTE_ADDR": "127.0.0.1"} | more


def told(app: Any, environ: dict[str, Any]) -> Told:
    body, status, headers = run_wsgi_app(app, environ)
    document = json.loads(b"".join(body))
    assert headers["X-Request-Id"] == document.get("request_id", headers["X-Request-Id"])
    return int(status.split()[0]), document.get("code", "")


@pytest.mark.parametrize(
    ("strange", "problem"),
    [
        ({"REMOTE_ADDR": "unknown"}, (400, "https_needed")),
        ({"REMOTE_ADDR": "127.0.0.1:5678"}, (400, "https_needed")),
        ({"REMOTE_ADDR": "_hidden", "wsgi.url_scheme": "https"}, (401, "token_invalid")),
        ({"CONTENT_LENGTH": "9" * 5000}, (400, "body_not_json")),
        ({"CONTENT_LENGTH": "9" * 20}, (413, "body_too_large")),
        ({"CONTENT_LENGTH": "²"}, (400, "body_not_json")),
        ({"CONTENT_LENGTH": "900"}, (400, "body_not_json")),
        ({"HTTP_AUTHORIZATION": "Bearer \xff\xfe"}, (401, "token_invalid")),
    ],
)
def test_what_the_door_cannot_read_is_answered_as_flask_answers_it(
    till: Till, strange: dict[str, Any], problem: Told
) -> None:
    app = till.http.application
    assert told(app, surroundings(till)) == (200, "")  # from now on the token is known
    assert told(app, surroundings(till, **strange)) == problem
    assert told(flask_alone(till), surroundings(till, **strange)) == problem


@pytest.mark.parametrize("address", ["unknown", "1.2.3.4:5678", "_hidden", '"[2001:db8::1]:80"', ""])
def test_a_proxy_that_tells_no_address_is_told_to_use_https(till: Till, address: str) -> None:
    told(till.http.application, surroundings(till))
    front = ProxyFix(till.http.application, x_for=1)
    environ = surroundings(till, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=address)
    assert told(front, environ) == (400, "https_needed")


def test_a_body_that_breaks_off_is_no_body(till: Till) -> None:
    told(till.http.application, surroundings(till))
    torn = surroundings(till, **{"wsgi.input": Torn()})
    assert told(till.http.application, torn) == (400, "body_not_json")


@pytest.mark.parametrize("broken", [":é:", ":AAA:", ":\x00\xff:", "::", ":" + "A" * 9000 + ":"])
def test_a_broken_certificate_is_none(proxied: Till, own: x509.Certificate, broken: str) -> None:
    assert signed_in(proxied, shows=own) == (200, "")
    assert found(proxied, shows=own) == (200, "")  # from now on the token is known
    environ = surroundings(proxied, REMOTE_ADDR=PROXY, HTTP_CLIENT_CERT=handed_on(own))
    environ |= {"wsgi.url_scheme": "https"}
    assert told(proxied.http.application, dict(environ)) == (200, "")
    environ |= {"HTTP_CLIENT_CERT": broken, "wsgi.input": BytesIO(json.dumps({"handle": CARD}).encode())}
    assert told(proxied.http.application, environ) == (401, "certificate_needed")


@pytest.mark.parametrize("where", ["known_bearer", "shortly", "signs"])
def test_what_breaks_at_the_door_is_done_behind_it_and_found_by_its_number(
    till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    till.post("/purchases", sale("known"), key="known")

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(door, where, broken)
    answer = till.post("/purchases", sale("broken"), key="broken")
    assert answer.status_code == 201
    number = answer.headers["X-Request-Id"]
    assert f"request {number}: the short way to POST /purchases failed" in caplog.text
    again = till.post("/purchases", sale("broken"), key="broken")
    assert (again.data, again.headers["Idempotent-Replayed"]) == (answer.data, "true")


def test_a_request_that_breaks_at_the_door_is_counted_once(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.post("/purchases", sale("known"), key="known")
    counted: list[str] = []
    count = limits.counted
    monkeypatch.setattr(limits, "counted", lambda client, own: counted.append(client) or count(client, own))
    monkeypatch.setattr(door, "shortly", lambda *_: 1 / 0)
    assert till.get(f"/members/{till.member}/balance").status_code == 200
    assert counted == [till.client_id]
