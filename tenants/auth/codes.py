"""One-time codes by phone (ASVS 5.0 V6.6): six digits, ten minutes, five tries, one live code per request.

Unknown phones are treated like known ones to the last step: the same answers, the same rows, the same work.
"""

import hmac
import secrets
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.auth.limits import allowed
from tenants.models import OneTimeCode
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import new_id
from tenants.vault import vault_of

DIGITS = 6
LIVES = timedelta(minutes=10)
TRIES = 5
CODES_PER_PHONE_AND_ADDRESS_HOUR = 5
CODES_PER_PHONE_HOUR = 20
CODES_PER_ADDRESS_HOUR = 30
TRIES_PER_ADDRESS_HOUR = 60


class Verdict(StrEnum):
    """What became of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"  # expired, used, or tried too often: ask for another
    TOO_MANY = "too_many"  # from this address


def send_code(
    session: Session,
    *,
    phone: str,
    member_id: UUID | None,
    address: str,
    about: str = "",
    most: int = CODES_PER_ADDRESS_HOUR,
) -> tuple[OneTimeCode, str] | None:
    """Make a code for a phone (E.164) and return it with its row; None when there were too many already.

    Codes are counted closely per phone and address together, so a stranger at one address keeps no member out; from
    one address come at most `most` in an hour. `about` is what it is for, and it is right for nothing else: a code that
    pays at a till opens no cabinet.
    The caller hands the code to the message channel, and only if there is a member behind the phone.
    """
    from_here = f"{phone}|{address}"
    within = (
        allowed(session, "code-pair", from_here, most=CODES_PER_PHONE_AND_ADDRESS_HOUR, seconds=3600)
        and allowed(session, "code-address", address, most=most, seconds=3600)
        and allowed(session, "code-phone", phone, most=CODES_PER_PHONE_HOUR, seconds=3600)
    )
    if not within:
        return None
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    vault = vault_of(session)
    row = OneTimeCode(
        tenant_id=tenant_of(session),
        id=new_id(),
        phone=vault.digest("code-phone", phone),
        member_id=member_id,
        code=b"",
        expires_at=clock.now() + LIVES,
    )
    row.code = _digest(session, row.id, code, about)
    session.add(row)
    session.flush()  # the browser is sent on to this row
    return row, code


def try_code(
    session: Session,
    *,
    code_id: UUID,
    code: str,
    address: str,
    about: str = "",
    once: bool = True,
    most: int = TRIES_PER_ADDRESS_HOUR,
) -> tuple[Verdict, UUID | None]:
    """Try a code; with Verdict.RIGHT comes the member. A right code works once.

    Not so where what it is `about` can itself be done only once: then the same request again must find it right again.
    """
    if not allowed(session, "try-address", address, most=most, seconds=3600):
        return Verdict.TOO_MANY, None
    row = session.scalars(
        select(OneTimeCode)
        .where(OneTimeCode.tenant_id == tenant_of(session), OneTimeCode.id == code_id)
        .with_for_update()
    ).one_or_none()
    if row is None or row.used_at or row.tries >= TRIES or row.expires_at <= clock.now():
        return Verdict.OVER, None
    row.tries += 1
    right = hmac.compare_digest(row.code, _digest(session, row.id, code, about))
    if not right or row.member_id is None:
        return (Verdict.OVER if row.tries >= TRIES else Verdict.WRONG), None
    row.used_at = clock.now() if once else None
    return Verdict.RIGHT, row.member_id


def _digest(session: Session, code_id: UUID, code: str, about: str) -> bytes:
    return vault_of(session).digest("code", f"{code_id}|{code}|{about}").bytes
