"""What signing in leaves behind is forgotten when nobody can need it any more."""

from datetime import timedelta

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from tenants.models import Attempt, OneTimeCode, RevokedToken, SignIn
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import every, job

GUESSES_KEPT = timedelta(days=2)
SIGN_INS_KEPT = timedelta(days=120)  # longer than the oldest sign-in that still holds


@job("auth.tidy", bulk=True)
def tidy(session: Session) -> None:
    """Delete counted tries and codes of two days ago, sign-ins ended or unseen for 120 days, tokens that are over."""
    tenant_id, now = tenant_of(session), clock.real_now()
    over = now - SIGN_INS_KEPT
    for statement in (
        delete(Attempt).where(Attempt.tenant_id == tenant_id, Attempt.window < now - GUESSES_KEPT),
        delete(OneTimeCode).where(
            OneTimeCode.tenant_id == tenant_id, OneTimeCode.expires_at < clock.now() - GUESSES_KEPT
        ),
        delete(SignIn).where(
            SignIn.tenant_id == tenant_id, or_(SignIn.ended_at < over, SignIn.seen_at < over)
        ),
        delete(RevokedToken).where(RevokedToken.tenant_id == tenant_id, RevokedToken.until < now),
    ):
        session.execute(statement)


every(86_400, "auth.tidy")
