"""The browser that a member comes with: a random cookie that says nothing, so that nobody brings herself."""

import secrets
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from coalition.members.referring import seen_on

COOKIE = "device"
_AGE = 400 * 86_400  # no browser keeps one longer


def device() -> str:
    """The cookie's value, as far as it can be one of ours."""
    said = request.cookies.get(COOKIE, "")
    return said if len(said) == 32 and said.isascii() and said.isalnum() else ""


def note(answer: Response, session: Session, member_id: UUID) -> None:
    """Know the member by this browser from now on."""
    value = device() or secrets.token_hex(16)
    seen_on(session, member_id, value)
    answer.set_cookie(COOKIE, value, max_age=_AGE, httponly=True, samesite="Lax", secure=request.is_secure)
