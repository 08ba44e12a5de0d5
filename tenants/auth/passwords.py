"""Staff by login and password. The hash is Argon2id; an unknown login costs as much time as a wrong password."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.auth.limits import allowed
from tenants.models import Staff
from tenants.runtime.db import tenant_of

TRIES_PER_LOGIN_AND_ADDRESS = 10
TRIES_PER_ADDRESS = 50
WINDOW_SECONDS = 900

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody signs in with this")


def check_password(session: Session, *, login: str, password: str, address: str) -> Staff | None:
    """The person of the staff with this login and password; None for anything else, and after too many tries.

    Tries are counted per login and address together, so a stranger cannot lock somebody else out.
    """
    login = login.strip().lower()
    within = allowed(
        session, "login", f"{login}|{address}", most=TRIES_PER_LOGIN_AND_ADDRESS, seconds=WINDOW_SECONDS
    )
    if (
        not allowed(session, "login-address", address, most=TRIES_PER_ADDRESS, seconds=WINDOW_SECONDS)
        or not within
    ):
        return None
    staff = session.scalars(
        select(Staff).where(Staff.tenant_id == tenant_of(session), Staff.login == login, Staff.active)
    ).one_or_none()
    try:
        _hasher.verify(staff.password_hash if staff else _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return None
    return staff
