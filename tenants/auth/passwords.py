"""Staff by login and password. The hash is Argon2id; an unknown login costs as much time as a wrong password."""

from collections.abc import Sequence
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.auth.limits import allowed, give_back
from tenants.auth.sign_ins import has_signed_in_from
from tenants.models import Staff
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

TRIES_PER_LOGIN_AND_ADDRESS = 10
TRIES_PER_ADDRESS = 50
WINDOW_SECONDS = 900
TRIES_PER_LOGIN_OF_STRANGERS = 100
STRANGERS_SECONDS = 86_400
LENGTH_MIN, LENGTH_MAX = 12, 1024


class _Count(NamedTuple):
    """One place where tries are counted: of what, and how many there may be in so many seconds."""

    kind: str
    value: str
    most: int
    seconds: int


_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody signs in with this")


def check_password(session: Session, *, login: str, password: str, address: str) -> Staff | None:
    """The person of the staff with this login and password; None for anything else, and after too many tries.

    Tries are counted closely per login and address together, so a stranger cannot lock somebody else out; and slowly
    per login over all addresses from which that person never signed in, so that many addresses guess no faster. Where
    she has signed in before, the slow count does not hold. A right one counts nowhere.
    """
    login = login.strip().lower()
    staff = session.scalars(
        select(Staff).where(Staff.tenant_id == tenant_of(session), Staff.login == login, Staff.active)
    ).one_or_none()
    counts = _counts(session, staff, login, address)
    within = [allowed(session, one.kind, one.value, most=one.most, seconds=one.seconds) for one in counts]
    if not all(within):
        return None
    kept = staff.password_hash if staff else None
    try:
        _hasher.verify(kept or _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return None
    if staff is None or not kept:
        return None
    for one in counts:
        give_back(session, one.kind, one.value, seconds=one.seconds)
    return staff


def hashed(password: str, *, login: str) -> str:
    """The hash of a new password; Refusal("password_short", least=...) or Refusal("password_is_login")."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise Refusal("password_short", least=LENGTH_MIN)
    if password.strip().lower() == login.lower():
        raise Refusal("password_is_login")
    return _hasher.hash(password)


def is_password_of(staff: Staff, password: str) -> bool:
    """Whether it is the person's, who is signed in already."""
    try:
        return _hasher.verify(staff.password_hash or _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _counts(session: Session, staff: Staff | None, login: str, address: str) -> Sequence[_Count]:
    """Everywhere that a try counts."""
    found = [
        _Count("login", f"{login}|{address}", TRIES_PER_LOGIN_AND_ADDRESS, WINDOW_SECONDS),
        _Count("login-address", address, TRIES_PER_ADDRESS, WINDOW_SECONDS),
    ]
    if staff is None or not has_signed_in_from(session, staff.id, address):
        found.append(_Count("login-stranger", login, TRIES_PER_LOGIN_OF_STRANGERS, STRANGERS_SECONDS))
    return found
