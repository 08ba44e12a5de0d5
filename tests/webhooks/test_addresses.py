"""Where nothing is ever sent, whatever a name says, and whenever it says it."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from coalition.webhooks import addresses, calling
from coalition.webhooks.addresses import checked_url, is_public, resolved
from tenants.runtime import clock, settings
from tenants.runtime.errors import Refusal
from tests.api.conftest import Till
from tests.webhooks.conftest import NOON, attempts, deliver, listen
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.test_delivering import sell

PUBLIC = "93.184.215.14"


@pytest.fixture
def in_earnest() -> Iterator[None]:
    """No demo: not even this machine may be called."""
    before = settings.current()
    settings.use(replace(before, demo=False))
    yield
    settings.use(before)


def answering(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A resolver that answers so, one after the other, the last one for ever; returns the names it is asked for."""
    left, asked = list(answers), []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(addresses, "look_up", resolve)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
        "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:93.184.215.14", "::127.0.0.1",
        "2002:7f00:1::", "2001:0:1::1", "64:ff9b::a00:1", "64:ff9b:1::1",
    ],
)  # fmt: skip
def test_what_is_not_a_host_of_the_public_network_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_public(ip_address(address))
    answering(monkeypatch, [address])
    with pytest.raises(Refusal, match="webhook_address"):
        resolved("partner.example", 443, loopback=False)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111"])
def test_a_public_host_is_not(address: str) -> None:
    assert is_public(ip_address(address))


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, [PUBLIC, "10.0.0.1"])
    with pytest.raises(Refusal, match=r"address=10\.0\.0\.1"):
        resolved("partner.example", 443, loopback=True)


def test_a_demo_may_call_this_machine_and_no_other_private_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked_url("http://localhost:9/x", loopback=True) == "http://localhost:9/x"
    with pytest.raises(Refusal, match="webhook_address"):
        checked_url("http://localhost:9/x", loopback=False)
    with pytest.raises(Refusal, match="webhook_address"):
        checked_url("http://192.168.0.1/", loopback=True)


@pytest.mark.parametrize(
    "url",
    ["http://2130706433/", "http://0x7f.1/", "https://017700000001/", "https://127.1/", "https://[::1]/"],
)
def test_other_ways_to_write_this_machine_lead_there_too(url: str) -> None:
    with pytest.raises(Refusal):
        checked_url(url, loopback=False)


@pytest.mark.parametrize(
    "url",
    ["ftp://partner.example/", "partner.example", "https://", "https://name:word@partner.example/",
     "https://partner.example/#part", "https://partner.example/" + "x" * 2000, "http://partner.example/",
     "https://par tner.example/", "https://partner.example:99999/", "file:///etc/passwd"],
)  # fmt: skip
def test_an_address_that_is_no_https_address_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, [PUBLIC])
    with pytest.raises(Refusal, match="webhook_url"):
        checked_url(url, loopback=True)


def test_a_name_in_another_script_is_kept_as_the_network_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, [PUBLIC])
    assert checked_url("https://пример.рф/хук", loopback=False) == (
        "https://xn--e1afmkfd.xn--p1ai/%D1%85%D1%83%D0%BA"
    )
    assert asked == ["xn--e1afmkfd.xn--p1ai"]


def test_a_name_that_turns_to_a_private_address_later_is_refused(
    till: Till, in_earnest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, [PUBLIC], ["127.0.0.1"])
    with clock.stopped(NOON):
        listen(till, "https://partner.example/hooks", "purchase.booked")
        sell(till)
        deliver(till.house.tenant)
    assert asked == ["partner.example"] * 2
    [tried] = attempts(till.house.tenant)
    assert (tried.status, tried.answer) == (None, "webhook_address (host=partner.example, address=127.0.0.1)")


def test_what_was_checked_is_what_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked and private a moment later: it is not asked a second time."""
    asked, connected = answering(monkeypatch, [PUBLIC], ["127.0.0.1"]), []

    def connect(self: Any, host: str, port: int, timeout: float) -> httpcore.NetworkStream:
        connected.append((host, port))
        raise httpcore.ConnectError("nobody is there")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    answer = calling.post("https://partner.example/hooks", {}, b"{}", loopback=False)
    assert (answer.status, answer.text) == (None, "ConnectError: nobody is there")
    assert (asked, connected) == (["partner.example"], [(PUBLIC, 443)])


def test_the_name_stays_in_the_host_header(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["127.0.0.1"])
    port = receiver.url.split(":")[2].split("/")[0]
    answer = calling.post(f"http://partner.example:{port}/hooks", {}, b"{}", loopback=True)
    assert (answer.status, receiver.got[0][0]["host"]) == (204, f"partner.example:{port}")


def certified(name: str, folder: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate of its own making, kept in `folder`."""
    key, subject = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
    )
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "own.pem").write_bytes(key.private_bytes(*plain) + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    return context


def test_the_certificate_has_to_be_the_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One of its own making is not believed; one that is believed has to be for the name, not for the address."""
    answering(monkeypatch, ["127.0.0.1"])
    with receiving(tls=certified("partner.example", tmp_path)) as receiver:
        port = receiver.url.split(":")[2].split("/")[0]

        def post(host: str) -> calling.Answer:
            return calling.post(f"https://{host}:{port}/hooks", {}, b"{}", loopback=True)

        assert "CERTIFICATE_VERIFY_FAILED" in post("partner.example").text
        own = ssl.create_default_context(cafile=str(tmp_path / "own.pem"))
        monkeypatch.setattr(calling, "_tls", lambda: own)
        assert post("partner.example").status == 204
        assert "CERTIFICATE_VERIFY_FAILED" in post("another.example").text
    assert len(receiver.got) == 1
