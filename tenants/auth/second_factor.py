"""The second factor of the staff: codes of an app (TOTP, RFC 6238), each taken once, and ten codes for bad days.

A code is right in its own half minute and in those beside it; the step of the last one taken is kept, and no code of
it or before it is taken again. Recovery codes are kept as keyed digests, and each is gone when it was used.
"""

import secrets
from collections.abc import Sequence
from uuid import UUID

import pyotp
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.audit import record
from tenants.auth.limits import allowed, give_back
from tenants.models import RecoveryCode, Staff
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.vault import vault_of

STEP_SECONDS = 30
BESIDE = 1
RECOVERY_CODES = 10
RECOVERY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
TRIES, WINDOW_SECONDS = 10, 900
TRIES_A_DAY, DAY_SECONDS = 30, 86_400
_PLACE = "staff.totp"


def has_second_factor(staff: Staff) -> bool:
    """Whether it was confirmed; from then on nobody signs in as this person without it."""
    return staff.totp_since is not None


def begin(session: Session, staff: Staff) -> str:
    """A new secret for an app, or the one that waits to be confirmed; base32, as apps take it."""
    assert not has_second_factor(staff), "it is taken off first"
    if staff.totp is None:
        staff.totp = vault_of(session).seal(pyotp.random_base32(), _PLACE, staff.id)
    return vault_of(session).open(staff.totp, _PLACE, staff.id)


def address_of(secret: str, *, login: str, issuer: str) -> str:
    """What the app reads from the QR code (otpauth URI)."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=login, issuer_name=issuer)


def confirm(session: Session, staff: Staff, code: str) -> Sequence[str] | None:
    """With a right code of the app it holds from now on; returns the recovery codes, which are shown once."""
    if has_second_factor(staff) or staff.totp is None or not _take(session, staff, code):
        return None
    staff.totp_since = clock.real_now()
    codes = _renewed(session, staff)
    record(session, Actor("staff", id=staff.id), "staff.second_factor_on", f"staff {staff.id}")
    return codes


def renew(session: Session, staff: Staff) -> Sequence[str]:
    """Ten new recovery codes instead of those that were left; they are shown once."""
    codes = _renewed(session, staff)
    record(session, Actor("staff", id=staff.id), "staff.recovery_codes", f"staff {staff.id}")
    return codes


def give_up(session: Session, staff: Staff) -> None:
    """Take one's own second factor off."""
    take_off(session, staff)
    record(session, Actor("staff", id=staff.id), "staff.second_factor_off", f"staff {staff.id}")


def _renewed(session: Session, staff: Staff) -> Sequence[str]:
    take_off_codes(session, staff)
    codes = [_written() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(tenant_id=staff.tenant_id, staff_id=staff.id, code=_digest(session, staff, code))
        for code in codes
    )
    return codes


def recovery_codes_left(session: Session, staff: Staff) -> int:
    """How many were not used."""
    return len(
        session.scalars(
            select(RecoveryCode.code).where(
                RecoveryCode.tenant_id == staff.tenant_id, RecoveryCode.staff_id == staff.id
            )
        ).all()
    )


def try_second_factor(session: Session, staff: Staff, code: str) -> bool:
    """Whether the code is the app's of now, or a recovery code; either is taken once.

    There are ten tries in a quarter of an hour and thirty in a day (of UTC), of which right ones are none, and they are
    the person's own: nobody gets here without her password, so they lock nobody else out. A wrong one stands in the
    trail: keep the transaction.
    """
    tries = allowed(session, "second-factor", str(staff.id), most=TRIES, seconds=WINDOW_SECONDS)
    if not tries or not allowed(
        session, "second-factor-day", str(staff.id), most=TRIES_A_DAY, seconds=DAY_SECONDS
    ):
        return False
    session.refresh(staff, with_for_update=True)  # the same code twice at once is taken once
    right = has_second_factor(staff) and (_take(session, staff, code) or _recover(session, staff, code))
    if not right:
        record(session, Actor("staff", id=staff.id), "staff.code_wrong", f"staff {staff.id}")
        return False
    give_back(session, "second-factor", str(staff.id), seconds=WINDOW_SECONDS)
    give_back(session, "second-factor-day", str(staff.id), seconds=DAY_SECONDS)
    return True


def take_off(session: Session, staff: Staff) -> None:
    """Let her sign in without one."""
    staff.totp = staff.totp_step = staff.totp_since = None
    take_off_codes(session, staff)


def take_off_codes(session: Session, staff: Staff) -> None:
    """Let no recovery code hold any more."""
    session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.tenant_id == staff.tenant_id, RecoveryCode.staff_id == staff.id
        )
    )


def _take(session: Session, staff: Staff, code: str) -> bool:
    """Take a code of the app, if it is right and later than the last one taken."""
    assert staff.totp is not None, "there is a secret"
    digits = "".join(code.split())
    app = pyotp.TOTP(vault_of(session).open(staff.totp, _PLACE, staff.id), interval=STEP_SECONDS)
    now = int(clock.real_now().timestamp()) // STEP_SECONDS
    for step in range(now - BESIDE, now + BESIDE + 1):
        later = staff.totp_step is None or step > staff.totp_step
        if later and pyotp.utils.strings_equal(app.generate_otp(step), digits):
            staff.totp_step = step
            return True
    return False


def _recover(session: Session, staff: Staff, code: str) -> bool:
    """Use a recovery code up."""
    return (
        session.scalar(
            delete(RecoveryCode)
            .where(
                RecoveryCode.tenant_id == tenant_of(session),
                RecoveryCode.staff_id == staff.id,
                RecoveryCode.code == _digest(session, staff, code),
            )
            .returning(RecoveryCode.code)
        )
        is not None
    )


def _written() -> str:
    letters = "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def _digest(session: Session, staff: Staff, code: str) -> UUID:
    plain = "".join(letter for letter in code.lower() if letter in RECOVERY_LETTERS)
    return vault_of(session).digest("recovery-code", f"{staff.id}|{plain}")
