"""Passkeys, asked of the server alone: what was signed for another place, time or person lets nobody in."""

import json
from dataclasses import dataclass
from hashlib import sha256
from os import urandom

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn.helpers import bytes_to_base64url

from tenants.auth.passkeys import person_by_passkey
from tenants.models import AuditEntry, Passkey, Staff
from tenants.runtime import clock
from tests.people import hire

HOST, ORIGIN = "test.localhost", "http://test.localhost"


@dataclass
class Authenticator:
    """A key that signs as the browser tells it to, with the person's verification."""

    key: ec.EllipticCurvePrivateKey
    credential: bytes
    owner: bytes
    counter: int = 0

    def signs(
        self, challenge: bytes, *, host: str = HOST, origin: str = ORIGIN, owner: bytes | None = None
    ) -> str:
        """What it answers, as the browser sends it."""
        self.counter += 1
        seen = {"type": "webauthn.get", "challenge": bytes_to_base64url(challenge), "origin": origin}
        client = json.dumps(seen).encode()
        data = sha256(host.encode()).digest() + b"\x05" + self.counter.to_bytes(4, "big")
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        said = {
            "id": bytes_to_base64url(self.credential),
            "rawId": bytes_to_base64url(self.credential),
            "type": "public-key",
            "response": {
                "clientDataJSON": bytes_to_base64url(client),
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(signature),
                "userHandle": bytes_to_base64url(self.owner if owner is None else owner),
            },
        }
        return json.dumps(said)


@pytest.fixture
def dora(session: Session) -> Staff:
    staff = hire(session, login="dora", name="Dora", password="a long password", permissions=[])
    session.flush()
    return staff


@pytest.fixture
def own(session: Session, dora: Staff) -> Authenticator:
    key, credential = ec.generate_private_key(ec.SECP256R1()), urandom(16)
    point = key.public_key().public_numbers()
    cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
    session.add(
        Passkey(
            tenant_id=dora.tenant_id, id=credential, staff_id=dora.id, public_key=cbor2.dumps(cose), counter=0,
            name="Key", made_at=clock.real_now(),
        )
    )  # fmt: skip
    session.flush()
    return Authenticator(key, credential, dora.id.bytes)


def lets_in(session: Session, said: str, challenge: bytes) -> str | None:
    found = person_by_passkey(session, said=said, challenge=challenge, host=HOST, origin=ORIGIN)
    return found.login if found else None


def refusals(session: Session) -> int:
    return len(session.scalars(select(AuditEntry).where(AuditEntry.verb == "passkey.refuse")).all())


def test_what_is_signed_for_this_place_and_challenge_lets_in(session: Session, own: Authenticator) -> None:
    challenge = urandom(32)
    assert lets_in(session, own.signs(challenge), challenge) == "dora"
    assert refusals(session) == 0


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://test.localhost.evil.example"},
        {"host": "evil.example"},
    ],
)
def test_a_signature_for_another_place_is_refused_and_told(
    session: Session, own: Authenticator, elsewhere: dict[str, str]
) -> None:
    challenge = urandom(32)
    assert lets_in(session, own.signs(challenge, **elsewhere), challenge) is None
    assert refusals(session) == 1


def test_a_signature_of_an_earlier_challenge_is_refused(session: Session, own: Authenticator) -> None:
    earlier = urandom(32)
    said = own.signs(earlier)
    assert lets_in(session, said, earlier) == "dora"
    assert lets_in(session, said, urandom(32)) is None
    assert lets_in(session, said, earlier) is None  # its counter did not rise
    assert refusals(session) == 2


def test_a_signature_that_names_another_person_is_refused(session: Session, own: Authenticator) -> None:
    challenge = urandom(32)
    assert lets_in(session, own.signs(challenge, owner=urandom(16)), challenge) is None
    assert refusals(session) == 1
