"""Identities: time-ordered where somebody makes one, derived where a cause already names it.

A derived id is the same for the same cause, so a replay meets its own row instead of paying twice. Both kinds begin
with 48 bits of milliseconds, so a primary key alone serves "this member's history, newest first".
"""

import os
from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.runtime import clock


def _uuid(milliseconds: int, tail: bytes, version: int) -> UUID:
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(tail[:10], "big")
    value = value & ~(0xF << 76) | version << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970, as the first 48 bits of an id hold them."""
    return int(at.timestamp() * 1000)


def new_id(at: datetime | None = None) -> UUID:
    """A fresh UUIDv7 (RFC 9562) of this moment."""
    return _uuid(milliseconds(at or clock.now()), os.urandom(10), 7)


def first_id(at: datetime) -> UUID:
    """Below every id that is made from that moment on, above those that were made before it."""
    return UUID(int=milliseconds(at) << 80)


def moment_of(made: UUID) -> datetime:
    """When an id of either kind was made, to the millisecond below."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)


def digest(*parts: object) -> bytes:
    """Sixteen bytes that stand for the parts; their boundaries count, so ("a", "bc") is not ("ab", "c")."""
    packed = b"".join(len(part).to_bytes(4, "big") + part for part in (str(part).encode() for part in parts))
    return blake2b(packed, digest_size=16).digest()


def derived_id(at: datetime, *parts: object) -> UUID:
    """The id of what `parts` caused at `at`: always the same one (UUIDv8, RFC 9562)."""
    return _uuid(milliseconds(at), digest(*parts), 8)


def stamped_id(at_ms: int, tail: bytes) -> UUID:
    """A UUIDv8 of a moment (milliseconds since 1970) and the first ten bytes of `tail`, which make it single."""
    return _uuid(at_ms, tail, 8)


def next_numbers(session: Session, series: str, count: int = 1) -> int:
    """Take `count` consecutive numbers of the tenant's series; returns the first.

    The series' row stays locked until the transaction ends, so numbers have no gaps and no sequence is needed
    (identity columns do not survive distribution).
    """
    last = session.execute(
        text(
            "insert into numbering (tenant_id, series, last) values (:tenant, :series, :count) "
            "on conflict (tenant_id, series) do update set last = numbering.last + excluded.last returning last"
        ),
        {"tenant": session.info["tenant_id"], "series": series, "count": count},
    ).scalar_one()
    return int(last) - count + 1
