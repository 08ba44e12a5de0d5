"""What signing in leaves behind is forgotten in time, and not before."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.auth.codes import send_code
from tenants.auth.sign_ins import sign_in, sign_out
from tenants.auth.tidy import tidy
from tenants.models import Attempt, OneTimeCode, SignIn
from tenants.runtime import clock

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def left(session: Session) -> tuple[int, int, int]:
    session.flush()
    with clock.stopped(NOW):
        tidy(session)
    counts = [session.scalar(select(func.count()).select_from(t)) for t in (Attempt, OneTimeCode, SignIn)]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0


def test_tries_and_codes_are_kept_for_two_days(session: Session) -> None:
    for hours in (47, 50):
        with clock.stopped(NOW - timedelta(hours=hours)):
            send_code(session, phone="+79140000147", member_id=None, address="10.0.0.1")
    assert left(session) == (3, 1, 0)  # three tries were counted for each code


def test_sign_ins_are_kept_for_120_days_after_their_end(session: Session) -> None:
    for days in (119, 121):
        with clock.stopped(NOW - timedelta(days=days)):
            sign_in(session, kind="member", subject_id=uuid4())
            ended = sign_in(session, kind="member", subject_id=uuid4())
            session.flush()
            sign_out(session, secret=ended)
    assert left(session) == (0, 0, 2)
