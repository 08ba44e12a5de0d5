"""A client signs in by a statement that it signs with its own key: each of them once, and only its own."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from coalition.partners.clients import set_keys
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tests.api.conftest import Till

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def key(till: Till) -> ECKey:
    """The key whose public half the client has given."""
    found = ECKey.generate_key("P-256", {"alg": "ES256"})
    give(till, found.as_pem(private=False).decode())
    return found


def give(till: Till, written: str) -> list[str]:
    with db.transaction(till.house.tenant) as session:
        return set_keys(session, SYSTEM, client_id=till.client_id, written=written)


def claims(till: Till, **changed: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    told = {
        "iss": till.client_id, "sub": till.client_id, "aud": f"{till.site}/v1/oauth/token",
        "iat": now, "exp": now + 300, "jti": "one",
    } | changed  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def signed_in(till: Till, key: Any, told: dict[str, Any], alg: str = "ES256") -> tuple[int, str]:
    assertion = jwt.encode({"alg": alg}, told, key, algorithms=[alg])
    found = till.http.post(
        "/oauth/token", base_url=till.site,
        data={"grant_type": "client_credentials", "client_assertion_type": KIND, "client_assertion": assertion},
    )  # fmt: skip
    body = found.json or {}
    till.token = body.get("access_token", "")
    return found.status_code, body.get("error", "")


def test_a_signed_statement_is_as_good_as_a_secret_and_once(till: Till, key: ECKey) -> None:
    assert signed_in(till, key, claims(till)) == (200, "")
    assert till.get(f"/members/{till.member}/balance").status_code == 200
    assert signed_in(till, key, claims(till)) == (400, "invalid_client")
    assert signed_in(till, key, claims(till, jti="two", aud=f"{till.site}/v1")) == (200, "")


@pytest.mark.parametrize("changed", [
    {"aud": "https://elsewhere.example/oauth/token"}, {"iss": "client_other"}, {"sub": "client_other"}, {"jti": None},
    {"exp": None}, {"exp": 1}, {"sub": None}, {"sub": 5},
])  # fmt: skip
def test_a_statement_that_says_something_else_is_refused(
    till: Till, key: ECKey, changed: dict[str, Any]
) -> None:
    assert signed_in(till, key, claims(till, **changed)) == (400, "invalid_client")


def test_a_statement_that_lasts_too_long_or_is_anothers_is_refused(till: Till, key: ECKey) -> None:
    late = int((clock.now() + timedelta(hours=1)).timestamp())
    assert signed_in(till, key, claims(till, exp=late)) == (400, "invalid_client")
    assert signed_in(till, ECKey.generate_key("P-256"), claims(till)) == (400, "invalid_client")


def test_without_a_key_of_its_own_a_client_signs_nothing(till: Till) -> None:
    assert signed_in(till, ECKey.generate_key("P-256"), claims(till)) == (400, "invalid_client")


def test_keys_are_public_and_strong(till: Till) -> None:
    own = OKPKey.generate_key("Ed25519")
    assert give(till, own.as_pem(private=False).decode()) == [own.thumbprint()]
    weak = generate_private_key(65537, 1024)
    pem = weak.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = weak.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for written, code in {
        own.as_pem(private=True).decode(): "key_private", private: "key_private", pem: "key_weak",
        '{"kty": "oct", "k": "c2VjcmV0"}': "key_private", "nothing": "key_unclear", "{}": "key_unclear",
        "": "key_unclear",
    }.items():  # fmt: skip
        with pytest.raises(Refusal, match=code):
            give(till, written)
