"""Personal data at rest: sealed with the tenant's own key, bound to its row; found by a keyed digest.

AES-256-GCM with the row's place as associated data, so a sealed value moved to another row or tenant does not open.
The tenant's data key is itself sealed by the deployment's master key. Digests use a key derived from the data key
number 1, which is never retired, because a digest is an address.
"""

import os
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.models import TenantKey
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

_NONCE = 12
_master: AESGCM | None = None


def unlock(master_key: bytes) -> None:
    """Give this process the deployment's master key (32 bytes)."""
    global _master
    _master = AESGCM(master_key)


def _wrapping() -> AESGCM:
    assert _master is not None, "vault.unlock() comes first"
    return _master


@dataclass(frozen=True)
class Vault:
    """One tenant's keys, unwrapped, for as long as one session lives, or a caller's token of fifteen minutes."""

    tenant_id: int
    keys: dict[int, bytes]

    @cached_property
    def _digest_key(self) -> bytes:
        return HKDF(SHA256(), 32, None, b"digest").derive(self.keys[1])

    @cached_property
    def _begun(self) -> dict[str, blake2b]:
        return {}  # by kind: of a digest that has taken in the key

    @cached_property
    def _ciphers(self) -> dict[int, AESGCM]:
        return {number: AESGCM(key) for number, key in self.keys.items()}

    @cached_property
    def _last(self) -> int:
        return max(self.keys)

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of the tenant's for one named purpose."""
        return HKDF(SHA256(), 32, None, purpose.encode()).derive(self.keys[1])

    def digest(self, kind: str, value: str) -> UUID:
        """The keyed address of a value: equal for equal values, telling nothing about them without the key."""
        return UUID(bytes=self.digests(kind, [value])[0])

    def digests(self, kind: str, values: list[str]) -> list[bytes]:
        """Addresses of many values, 16 bytes each."""
        begun, found = self._begun.get(kind), []
        if begun is None:
            person = kind.encode()[:16]
            begun = self._begun[kind] = blake2b(digest_size=16, key=self._digest_key, person=person)
        for value in values:
            one = begun.copy()
            one.update(value.encode())
            found.append(one.digest())
        return found

    def seal(self, value: str, *place: object) -> bytes:
        """Encrypt a value for its place (table.column and row): key number, nonce, ciphertext."""
        return self.seal_bytes(value.encode(), *place)

    def seal_bytes(self, value: bytes, *place: object) -> bytes:
        """As `seal`, for what is no text: a file."""
        number, nonce = self._last, os.urandom(_NONCE)
        sealed = self._ciphers[number].encrypt(nonce, value, self._bound(place))
        return number.to_bytes(2, "big") + nonce + sealed

    def open(self, sealed: bytes, *place: object) -> str:
        """Decrypt what `seal` made for the same place; Refusal("sealed_value_broken") for anything else."""
        return self.open_bytes(sealed, *place).decode()

    def open_bytes(self, sealed: bytes, *place: object) -> bytes:
        """As `open`, for what is no text."""
        number, nonce, body = (
            int.from_bytes(sealed[:2], "big"),
            sealed[2 : 2 + _NONCE],
            sealed[2 + _NONCE :],
        )
        try:
            return self._ciphers[number].decrypt(nonce, body, self._bound(place))
        except (InvalidTag, KeyError):
            raise Refusal("sealed_value_broken", place=str(place[0])) from None

    def _bound(self, place: tuple[object, ...]) -> bytes:
        return "|".join(str(part) for part in (self.tenant_id, *place)).encode()


def vault_of(session: Session) -> Vault:
    """The tenant's vault, read once a session."""
    kept = session.info.get("vault")
    if kept is None:
        tenant_id = tenant_of(session)
        rows = session.scalars(select(TenantKey).where(TenantKey.tenant_id == tenant_id)).all()
        bound = f"tenant_key|{tenant_id}".encode()
        keys = {
            row.number: _wrapping().decrypt(row.wrapped[:_NONCE], row.wrapped[_NONCE:], bound) for row in rows
        }
        kept = session.info["vault"] = Vault(tenant_id, keys)
    assert isinstance(kept, Vault)
    return kept


def make_key(session: Session) -> None:
    """Give the tenant its next data key; from now on that one seals."""
    tenant_id = tenant_of(session)
    last = session.scalars(
        select(TenantKey.number)
        .where(TenantKey.tenant_id == tenant_id)
        .order_by(TenantKey.number.desc())
        .limit(1)
    ).first()
    nonce = os.urandom(_NONCE)
    wrapped = nonce + _wrapping().encrypt(nonce, os.urandom(32), f"tenant_key|{tenant_id}".encode())
    session.add(TenantKey(tenant_id=tenant_id, number=(last or 0) + 1, wrapped=wrapped))
    session.flush()  # the vault reads it back
    session.info.pop("vault", None)
