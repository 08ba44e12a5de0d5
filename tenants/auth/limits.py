"""Limits on guessable things: how often a phone, an address or a login may be tried in a window of time."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.models import Attempt
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.vault import Vault, vault_of


def allowed(session: Session, kind: str, value: str, *, most: int, seconds: int) -> bool:
    """Count one more try of `value`; False when there were more than `most` in this window.

    The row is locked until the transaction ends, so parallel tries are counted one after the other.
    """
    row = insert(Attempt).values(
        tenant_id=tenant_of(session),
        subject=subject_of(vault_of(session), kind, value),
        window=window_of(seconds),
        count=1,
    )
    counted = session.scalar(
        row.on_conflict_do_update(
            index_elements=[Attempt.tenant_id, Attempt.subject, Attempt.window],
            set_={"count": Attempt.count + row.excluded.count},
        ).returning(Attempt.count)
    )
    return counted is not None and counted <= most


def give_back(session: Session, kind: str, value: str, *, seconds: int) -> None:
    """Take back the try that was counted a moment ago: it was right, and guessed nothing."""
    session.execute(
        update(Attempt)
        .where(
            Attempt.tenant_id == tenant_of(session),
            Attempt.subject == subject_of(vault_of(session), kind, value),
            Attempt.window == window_of(seconds),
            Attempt.count > 0,
        )
        .values(count=Attempt.count - 1)
        .execution_options(synchronize_session=False)
    )


def tried(session: Session, kind: str, value: str, *, seconds: int) -> int:
    """How often `value` was tried in this window; nothing is counted."""
    subject = subject_of(vault_of(session), kind, value)
    found = session.get(Attempt, (tenant_of(session), subject, window_of(seconds)))
    return found.count if found else 0


def subject_of(vault: Vault, kind: str, value: str) -> UUID:
    """Where tries of `value` are counted."""
    return vault.digest(f"try-{kind}", value)


def left_of(seconds: int) -> int:
    """In how many whole seconds, one at least, the present window ends."""
    return seconds - int(clock.real_now().timestamp()) % seconds


def window_of(seconds: int) -> datetime:
    """When the present window began."""
    return datetime.fromtimestamp(clock.real_now().timestamp() // seconds * seconds, UTC)
