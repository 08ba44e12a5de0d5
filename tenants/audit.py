"""The audit trail: who of the staff, or of the house itself, did what and when; a chain that nobody can mend unseen.

Each entry holds a digest over itself and over the entry before it, keyed with a key of the tenant's vault: who owns the
database and nothing else can compute none. One head row per tenant gives the number and the digest that the next one
stands on; it is locked until the transaction ends, so writers queue and the chain neither forks nor has a gap. That the
head was put back to an earlier entry is seen only by who has kept a later one elsewhere (`coalition audit` tells it).
What members and programs do for themselves is in their own histories, not here.
"""

import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.models import AuditEntry, AuditHead, Staff
from tenants.runtime import clock
from tenants.runtime.db import ADDRESS, tenant_of
from tenants.runtime.ids import new_id
from tenants.vault import vault_of

GENESIS = bytes(32)
"""What the first entry of a tenant stands on."""
HIDDEN = "•••"
RECORDED = ("staff", "system")
REASON_MAX = 500
_TELLING = re.compile(
    r"(^|_)(password|secret|token|phone|email|person|pan|hash|first_name|last_name|born_on|card_number)s?$"
)
_PERSONAL = re.compile(
    r"[^\s@]+@[^\s@]+|(?<![\w.-])(?!\d{4}-\d\d-\d\d)\+?\d(?:[\s().-]{0,2}\d){9,18}(?![\w-])"
)
_BATCH = 1000


def record(
    session: Session,
    actor: Actor,
    verb: str,
    subject: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write down that the actor did something (`member.reveal`) to something (`member <uuid>`); once for each effect.

    Call it last in an action: the head's lock is the last one taken. `before` and `after` hold plain facts of ours,
    never personal data and no secret; what looks like a phone, a card or an e-mail in a text is hidden. Keys are words
    of ours, never somebody's input (that is a value: `[{"code": ...}]`); one that tells of personal data is a
    programming error, a ValueError.
    """
    if actor.kind not in RECORDED:
        return
    session.flush()  # what was done stands before it is told of
    tenant_id, (number, previous) = tenant_of(session), _head_locked(session)
    row: dict[str, Any] = {
        "tenant_id": tenant_id,
        "id": new_id(clock.real_now()),
        "number": number + 1,
        "at": clock.real_now(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": _name_of(session, actor),
        "address": str(session.info.get(ADDRESS, ""))[:64],
        "verb": verb,
        "subject": subject,
        "before": _plain_facts(before),
        "after": _plain_facts(after),
        "reason": _safe(reason.strip()[:REASON_MAX]),
        "previous": previous,
    }
    row["digest"] = digest_of(row, key_of(session))
    session.execute(insert(AuditEntry).values(row))
    session.execute(
        update(AuditHead)
        .where(AuditHead.tenant_id == tenant_id)
        .values(number=number + 1, digest=row["digest"])
    )


def attested(
    session: Session, verb: str, subject: str, actor_id: UUID | None, facts: Mapping[str, Any]
) -> bool:
    """Whether the trail holds that this person did this, with such facts after it, in an entry that the house wrote.

    For what is relied on later than it was done: who has SQL alone can fill a row in, and can write no such entry.
    """
    asked = select(AuditEntry.__table__).where(
        AuditEntry.tenant_id == tenant_of(session),
        AuditEntry.verb == verb,
        AuditEntry.subject == subject,
        AuditEntry.actor_id == actor_id,
        AuditEntry.after.contains(_plain_facts(facts)),
    )
    key = key_of(session)
    return any(hmac.compare_digest(row["digest"], digest_of(row, key)) for row in _rows(session, asked))


def key_of(session: Session) -> bytes:
    """The tenant's key of the chain."""
    return vault_of(session).derive("audit trail")


def head_of(session: Session) -> tuple[int, bytes]:
    """The number and the digest of the tenant's last entry, to be kept where the trail is not."""
    found = session.execute(
        select(AuditHead.number, AuditHead.digest).where(AuditHead.tenant_id == tenant_of(session))
    ).one_or_none()
    return (found.number, found.digest) if found is not None else (0, GENESIS)


def digest_of(entry: Mapping[str, Any], key: bytes) -> bytes:
    """HMAC-SHA-256 over an entry's canonical form: its fields in a fixed order as JSON, and the digest before it."""
    told = [
        entry["tenant_id"],
        entry["number"],
        str(entry["id"]),
        entry["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        entry["actor_kind"],
        str(entry["actor_id"] or ""),
        entry["actor_name"],
        entry["address"],
        entry["verb"],
        entry["subject"],
        entry["before"],
        entry["after"],
        entry["reason"],
        entry["previous"].hex(),
    ]
    canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, canonical.encode(), "sha256")


@dataclass(frozen=True)
class Chain:
    """What became of proving a trail: entries looked at, how many break it, and the first of these in words."""

    checked: int
    broken: int
    first: str = ""


def prove(session: Session) -> Chain:
    """Go along the tenant's chain from its first entry to its head."""
    number, digest, breaks = 0, GENESIS, list[str]()
    checked, key = 0, key_of(session)
    for entry in _all_entries(session):
        checked += 1
        if wrong := _broken(entry, number + 1, digest, key):
            breaks.append(f"entry {entry['number']} {wrong}")
        number, digest = entry["number"], entry["digest"]
    kept, last = head_of(session)
    if kept > number:
        breaks.append(f"entry {number + 1} is missing: the trail should end with {kept}")
    elif kept < number:
        breaks.append(f"entry {kept + 1} stands after the end of the trail")
    elif not breaks and last != digest:
        breaks.append(f"entry {number} is not the one that the trail ended with")
    return Chain(checked, len(breaks), breaks[0] if breaks else "")


def _broken(entry: Mapping[str, Any], number: int, previous: bytes, key: bytes) -> str:
    """How an entry fails to follow the one before it, or to be what was written."""
    if entry["number"] != number:
        return f"follows {number - 1}: something between them is missing"
    if not hmac.compare_digest(entry["digest"], digest_of(entry, key)):
        return "was changed"
    return "" if entry["previous"] == previous else "does not stand on the entry before it"


def _all_entries(session: Session) -> Iterator[Mapping[str, Any]]:
    asked = select(AuditEntry.__table__).where(AuditEntry.tenant_id == tenant_of(session))
    return _rows(session, asked.order_by(AuditEntry.number).execution_options(yield_per=_BATCH))


def _rows(session: Session, asked: Select[Any]) -> Iterator[Mapping[str, Any]]:
    for row in session.execute(asked).mappings():
        yield {str(name): value for name, value in row.items()}


def _head_locked(session: Session) -> tuple[int, bytes]:
    """The head, which nobody else moves before this transaction ends."""
    tenant_id = tenant_of(session)
    asked = select(AuditHead.number, AuditHead.digest).where(AuditHead.tenant_id == tenant_id)
    found = session.execute(asked.with_for_update()).one_or_none()
    if found is None:
        first = {"tenant_id": tenant_id, "number": 0, "digest": GENESIS}
        session.execute(insert_new(AuditHead).values(first).on_conflict_do_nothing())
        found = session.execute(asked.with_for_update()).one()
    return found.number, found.digest


def _name_of(session: Session, actor: Actor) -> str:
    """Whom the trail shows: the person's name as it is now, also when it changes later."""
    if actor.kind != "staff" or actor.id is None:
        return ""
    staff = session.get(Staff, (tenant_of(session), actor.id))
    return staff.name if staff else ""


def _plain_facts(facts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    told = [name for name in facts if _TELLING.search(name)]
    if told:
        raise ValueError(f"the audit trail holds no personal data and no secrets: {told}")
    return {name: _plain(fact) for name, fact in facts.items()}


def _plain(fact: Any) -> Any:
    if isinstance(fact, Mapping):
        return _plain_facts(fact)
    if isinstance(fact, str):
        return _safe(fact)
    if fact is None or isinstance(fact, bool | int):
        return fact
    if isinstance(fact, UUID | date | datetime):
        return str(fact)
    if isinstance(fact, list | tuple | set | frozenset):
        return [_plain(one) for one in (sorted(fact) if isinstance(fact, set | frozenset) else fact)]
    raise TypeError(type(fact))  # floats do not come back from the database as they were


def _safe(text: str) -> str:
    return _PERSONAL.sub(HIDDEN, text.replace("\0", "").encode("utf-8", "replace").decode())
