"""Mutual TLS behind a proxy (RFC 8705, RFC 9440): who has given certificates calls with one, or not at all."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jws
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client, TestResponse

from coalition.partners.clients import set_certificates
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, settings
from tenants.runtime.errors import Refusal
from tests.api.conftest import CARD, Till
from tests.api.test_way import sale

ROOT = Path(__file__).parents[2]
PROXY, STRANGER = "10.9.8.7", "10.9.9.7"


def certificate(name: str, begins: datetime | None = None) -> x509.Certificate:
    """A certificate of the client's own, for a day."""
    key = generate_private_key(SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    since = begins or clock.now() - timedelta(hours=1)
    return (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(since)
        .not_valid_after(since + timedelta(days=1)).sign(key, SHA256())
    )  # fmt: skip


def handed_on(one: x509.Certificate) -> str:
    """As RFC 9440 has it."""
    return f":{base64.b64encode(one.public_bytes(Encoding.DER)).decode()}:"


def pem(*several: x509.Certificate) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in several)


def give(till: Till, *several: x509.Certificate) -> list[str]:
    with db.transaction(till.house.tenant) as session:
        return set_certificates(session, SYSTEM, client_id=till.client_id, written=pem(*several))


@pytest.fixture
def proxied(till: Till) -> Iterator[Till]:
    """The till behind a proxy that ends TLS."""
    before = settings.current()
    settings.use(replace(before, certificate_proxies=(ip_network("10.9.8.0/24"),)))
    yield till
    settings.use(before)


@pytest.fixture
def own(proxied: Till) -> x509.Certificate:
    """The certificate that the till's client has given."""
    found = certificate("till 1")
    give(proxied, found)
    return found


def asked(
    till: Till, path: str, *, shows: x509.Certificate | None = None, peer: str = PROXY, **more: Any
) -> TestResponse:
    headers = {"Authorization": f"Bearer {till.token}"} | more.pop("headers", {})
    if shows is not None:
        headers["Client-Cert"] = handed_on(shows)
    base = till.site.replace("http:", "https:")
    return till.http.open(path, base_url=base, headers=headers, environ_base={"REMOTE_ADDR": peer}, **more)


def signed_in(till: Till, secret: bool = False, **how: Any) -> tuple[int, str]:
    """Ask for a token, by the certificate alone or by the secret beside it."""
    form = {"grant_type": "client_credentials", "client_id": till.client_id}
    form |= {"client_secret": till.secret} if secret else {}
    found: Any = asked(till, "/oauth/token", method="POST", data=form, headers={"Authorization": ""}, **how)
    till.token = found.json.get("access_token", "")
    return found.status_code, found.json.get("error", "")


def found(till: Till, **how: Any) -> tuple[int, str]:
    answer: Any = asked(till, "/members/find", method="POST", json={"handle": CARD}, **how)
    return answer.status_code, answer.json.get("code", "")


def test_the_certificate_alone_signs_in_and_the_token_is_its_own(
    proxied: Till, own: x509.Certificate
) -> None:
    assert signed_in(proxied, shows=own) == (200, "")
    read = jws.extract_compact(proxied.token.encode())
    der = own.public_bytes(Encoding.DER)
    print_ = base64.urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode()
    assert f'"cnf":{{"x5t#S256":"{print_}"}}'.encode() in read.payload
    assert found(proxied, shows=own) == (200, "")
    for how in ({}, {"shows": certificate("till 1")}, {"shows": own, "peer": STRANGER}):
        refused: Any = asked(proxied, "/members/find", method="POST", json={"handle": CARD}, **how)
        assert (refused.status_code, refused.json["code"]) == (401, "certificate_needed")
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="coalition", error="invalid_token"'


def test_the_short_way_asks_for_it_with_every_sale(proxied: Till, own: x509.Certificate) -> None:
    assert signed_in(proxied, shows=own) == (200, "")
    for number, (shows, status) in enumerate([(own, 201), (own, 201), (None, 401), (certificate("x"), 401)]):
        sold = asked(
            proxied, "/purchases", method="POST", json=sale(str(number)), shows=shows,
            headers={"Idempotency-Key": str(number)},
        )  # fmt: skip
        assert sold.status_code == status, number


def test_a_bound_client_signs_in_by_nothing_else(proxied: Till, own: x509.Certificate) -> None:
    unknown = (401, "invalid_client")
    assert signed_in(proxied, secret=True) == unknown
    assert signed_in(proxied, secret=True, shows=certificate("other")) == unknown
    assert signed_in(proxied, secret=True, shows=own) == (200, "")
    assert found(proxied) == (401, "certificate_needed")
    assert signed_in(proxied, shows=certificate("other")) == unknown
    assert signed_in(proxied, shows=own, peer=STRANGER) == unknown
    assert signed_in(proxied) == unknown


def test_what_was_issued_before_the_binding_is_good_no_more(proxied: Till) -> None:
    assert signed_in(proxied, secret=True) == (200, "")
    booked = [asked(proxied, "/purchases", method="POST", json=sale(key), headers={"Idempotency-Key": key})
              for key in ("a", "b")]  # fmt: skip
    assert [one.status_code for one in booked] == [201, 201]
    own = certificate("till 1")
    give(proxied, own)
    for shows in (None, own):
        sold = asked(
            proxied,
            "/purchases",
            method="POST",
            json=sale("c"),
            shows=shows,
            headers={"Idempotency-Key": "c"},
        )
        assert (sold.status_code, (sold.json or {})["code"]) == (401, "certificate_needed")


def test_the_next_certificate_ends_the_tokens_of_the_one_before(proxied: Till, own: x509.Certificate) -> None:
    new = certificate("till 1, next year")
    signed_in(proxied, shows=own)
    assert len(give(proxied, own, new)) == 2
    assert found(proxied, shows=own) == (200, "")
    give(proxied, new)
    assert found(proxied, shows=own) == (401, "certificate_needed")
    assert signed_in(proxied, shows=own) == (401, "invalid_client")
    assert signed_in(proxied, shows=new) == (200, "")


def test_a_certificate_whose_time_is_over_signs_in_no_more(proxied: Till) -> None:
    old = certificate("till 1", clock.now() - timedelta(days=2))
    give(proxied, old)
    assert signed_in(proxied, shows=old) == (401, "invalid_client")


def test_a_client_that_has_given_none_is_asked_for_none(proxied: Till) -> None:
    some = certificate("some")
    assert signed_in(proxied, shows=some) == (401, "invalid_client")
    assert signed_in(proxied, secret=True, shows=some) == (200, "")
    assert (found(proxied), found(proxied, shows=some)) == ((200, ""), (200, ""))


@pytest.mark.parametrize("told", ["", ":", "::", ":!:", "MII", ":TUlJ:", ":TUlJ:, :TUlJ:"])
def test_a_header_that_holds_no_certificate_is_none(proxied: Till, own: x509.Certificate, told: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": proxied.client_id}
    answer: Any = asked(
        proxied, "/oauth/token", method="POST", data=form, headers={"Client-Cert": told, "Authorization": ""}
    )
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_the_proxys_own_address_counts_and_not_the_one_it_tells(proxied: Till, own: x509.Certificate) -> None:
    behind = Client(ProxyFix(proxied.http.application, x_for=1, x_proto=1), TestResponse)
    form = {"grant_type": "client_credentials", "client_id": proxied.client_id}
    for peer, status in ((PROXY, 200), (STRANGER, 401)):
        answer = behind.post(
            "/oauth/token", data=form, base_url=proxied.site, environ_overrides={"REMOTE_ADDR": peer},
            headers={"Client-Cert": handed_on(own), "X-Forwarded-For": PROXY, "X-Forwarded-Proto": "https"},
        )  # fmt: skip
        assert answer.status_code == status, answer.text


def test_another_name_is_the_only_one_that_is_read(proxied: Till, own: x509.Certificate) -> None:
    settings.use(replace(settings.current(), certificate_header="Client-Cert-q7Xn"))
    form = {"grant_type": "client_credentials", "client_id": proxied.client_id}
    statuses = [
        asked(
            proxied, "/oauth/token", method="POST", data=form,
            headers={name: handed_on(own), "Authorization": ""},
        ).status_code
        for name in ("Client-Cert", "Client_Cert", "Client-Cert-q7Xn")
    ]  # fmt: skip
    assert statuses == [401, 401, 200]


def test_the_documented_proxy_deletes_both_spellings_of_the_name(
    proxied: Till, own: x509.Certificate
) -> None:
    """They are one to us, so that a proxy that deletes one of them lets the other in."""
    form = {"grant_type": "client_credentials", "client_id": proxied.client_id}
    headers = {"Client_Cert": handed_on(own), "Authorization": ""}
    assert asked(proxied, "/oauth/token", method="POST", data=form, headers=headers).status_code == 200
    [rule] = re.findall(r"del-header (\S+) -m reg", (ROOT / "docs/api.md").read_text())
    names = ["client-cert", "client_cert", "client-certificate", "x-client-cert"]
    assert [name for name in names if re.search(rule, name)] == ["client-cert", "client_cert"]


def test_only_certificates_are_given_and_nobody_is_trusted_unless_set(proxied: Till) -> None:
    for written in ("", "nothing", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"):
        with (
            db.transaction(proxied.house.tenant) as session,
            pytest.raises(Refusal, match="certificate_unclear"),
        ):
            set_certificates(session, SYSTEM, client_id=proxied.client_id, written=written)
    assert settings.read({}).certificate_proxies == ()
    told = settings.read({"CLIENT_CERT_PROXIES": "10.0.0.5, 10.1.0.0/16"}).certificate_proxies
    assert told == (ip_network("10.0.0.5/32"), ip_network("10.1.0.0/16"))
    with pytest.raises(Refusal, match="CLIENT_CERT_PROXIES"):
        settings.read({"CLIENT_CERT_PROXIES": "proxy.example"})


def test_the_headers_name_is_a_setting() -> None:
    assert settings.read({}).certificate_header == "Client-Cert"
    assert settings.read({"CLIENT_CERT_HEADER": "X-Cert-9f"}).certificate_header == "X-Cert-9f"
    for name in ("Client_Cert", "Client Cert", "-", "Клиент"):
        with pytest.raises(Refusal, match="CLIENT_CERT_HEADER"):
            settings.read({"CLIENT_CERT_HEADER": name})
