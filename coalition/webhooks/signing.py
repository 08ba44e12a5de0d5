"""Signatures of the Standard Webhooks specification (standardwebhooks.com, symmetric scheme v1)."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret, as receivers write it into their settings."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def message_name(message_id: UUID) -> str:
    """A message's id as receivers know it."""
    return f"msg_{message_id.hex}"


def signature(secret: str, name: str, seconds: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64; `seconds` since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, f"{name}.{seconds}.".encode() + body, sha256)).decode()


def headers(keys: Iterable[str], name: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message sent at this moment, signed with each of the secrets."""
    seconds = int(at.timestamp())
    return {
        "webhook-id": name,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signature(key, name, seconds, body) for key in keys),
    }
