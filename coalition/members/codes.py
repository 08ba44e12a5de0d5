"""Codes that people type: a member's own for friends, promo codes from a flyer. None is told from its look-alikes."""

import secrets

from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.auth.limits import allowed
from tenants.permissions import Permission

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No letter or digit that another one looks like."""
LENGTH = 8
TRIES_MEMBER, TRIES_ADDRESS, TRIES_SECONDS = 10, 50, 3600

_ALIKE = str.maketrans(
    "0ILАВЕЗКМНОРСТУХ", "O11ABE3KMHOPCTYX"
)  # Cyrillic as it is read, O and I as they are typed


def new_code() -> str:
    """A code that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def canonical(code: str) -> str:
    """A code however it was typed: capital, without blanks and hyphens, of what looks alike always the same letter."""
    kept = "".join(letter for letter in code.upper() if not letter.isspace() and letter not in "-–—")
    return kept.translate(_ALIKE)


def entering(who: Actor) -> Permission:
    """What somebody needs who enters a member's code: she herself in the cabinet, the staff at the desk."""
    own = who.kind == "member"
    return Permission.CABINET_PROFILE_EDIT if own else Permission.DESK_MEMBER_ENROL


def may_guess(session: Session, member_id: object, address: str) -> bool:
    """Count a code that somebody tries; False when it was one too many for this member or from this address."""
    mine = allowed(session, "code-member", str(member_id), most=TRIES_MEMBER, seconds=TRIES_SECONDS)
    here = not address or allowed(session, "code-address", address, most=TRIES_ADDRESS, seconds=TRIES_SECONDS)
    return mine and here
