"""The same request twice is one request (draft-ietf-httpapi-idempotency-key-header-07): its answer is kept.

The answer is written in the transaction of the effect, so the two stand or fall together. A refusal is not kept: it
changed nothing, and the caller may mend the cause and send the same key again.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import digest
from tenants.runtime.jobs import every, job
from tenants.runtime.models import KeptAnswer

KEPT = timedelta(days=30)
"""How long an answer is given again; the sale's own reference keeps it single for ever."""
KEY_MAX = 255


@dataclass(frozen=True)
class Request:
    """Who asks, under which key, for what: a digest of sixteen bytes tells two requests apart."""

    owner: str
    key: str
    fingerprint: bytes


def known(session: Session, request: Request) -> KeptAnswer | None:
    """The answer that was given before; nothing for a request that is new, which is then this transaction's alone.

    Raises Conflict("request_in_progress") while another transaction does it, and Refusal("key_reused") where the key
    was another request's.
    """
    tenant_id = tenant_of(session)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(lock_of(tenant_id, request)))):
        raise Conflict("request_in_progress")
    kept = session.get(KeptAnswer, (tenant_id, request.owner, request.key))
    if kept is not None and kept.fingerprint != request.fingerprint:
        raise Refusal("key_reused")
    return kept


def lock_of(tenant_id: int, request: Request) -> int:
    """The advisory lock that a transaction holds while it does the request."""
    found = digest("request", tenant_id, request.owner, request.key)[:8]
    return int.from_bytes(found, "big", signed=True)


def keep(session: Session, request: Request, status: int, body: bytes) -> None:
    """Keep the answer, sealed by whoever asks, for as long as the transaction's effect stands."""
    session.add(
        KeptAnswer(
            tenant_id=tenant_of(session),
            owner=request.owner,
            key=request.key,
            fingerprint=request.fingerprint,
            status=status,
            body=body,
            answered_at=clock.real_now(),
        )
    )


@job("requests.tidy", bulk=True)
def tidy(session: Session) -> None:
    """Forget answers of more than thirty days ago."""
    session.execute(
        delete(KeptAnswer).where(
            KeptAnswer.tenant_id == tenant_of(session), KeptAnswer.answered_at < clock.real_now() - KEPT
        )
    )


every(86_400, "requests.tidy")
