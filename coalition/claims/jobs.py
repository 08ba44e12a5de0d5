"""What time does to claims: those whose term is over are marked, and answers that nobody disputed are closed."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.claims.models import Claim
from coalition.claims.moving import locked, programme_of, step
from coalition.claims.states import DECIDED, RUNNING, Verb
from coalition.claims.terms import terms_of
from tenants.actor import SYSTEM
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import every, job

AT_ONCE = 200


@job("claims.mark_overdue")
def mark_overdue(session: Session) -> None:
    """Mark what should have been answered by now: the senior sees it first, and its history says when."""
    late = session.scalars(
        select(Claim.number)
        .where(
            Claim.tenant_id == tenant_of(session),
            Claim.due_at <= clock.now(),
            Claim.overdue_at.is_(None),
        )
        .order_by(Claim.due_at, Claim.number)
        .limit(AT_ONCE)
    ).all()
    for number in late:
        claim = locked(session, number)
        now = clock.now()
        # While this job waited for the row, somebody may have decided it or asked the member.
        if claim.state in RUNNING and claim.due_at is not None and claim.due_at <= now:
            claim.overdue_at = claim.overdue_at or now
            step(session, SYSTEM, claim, Verb.MARK_OVERDUE)


@job("claims.close")
def close_answered(session: Session) -> None:
    """Close what was answered so long ago that it can no longer be disputed."""
    least = timedelta(days=1)  # no terms allow less
    answered = session.scalars(
        select(Claim.number)
        .where(
            Claim.tenant_id == tenant_of(session),
            Claim.state.in_(DECIDED),
            Claim.ended_at <= clock.now() - least,
        )
        .order_by(Claim.ended_at, Claim.number)
        .limit(AT_ONCE)
    ).all()
    for number in answered:
        claim = locked(session, number)
        days = terms_of(programme_of(session, claim)).reopen_days
        if claim.state in DECIDED and claim.ended_at and clock.now() > claim.ended_at + timedelta(days=days):
            step(session, SYSTEM, claim, Verb.CLOSE)


every(60, "claims.mark_overdue")
every(3600, "claims.close")
