"""Parts of the product that are switched for each tenant: what is off has no pages and no place in menus.

Nothing new comes into it. What it holds already stays, and is there again when it is switched on.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Self

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.audit import record
from tenants.models import SwitchedOff
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.translations import N_


class Part(StrEnum):
    """A part that can be switched off, with its name as a message."""

    words: str

    def __new__(cls, code: str, words: str) -> Self:
        """A code with its name."""
        member = str.__new__(cls, code)
        member._value_, member.words = code, words
        return member

    CHARITY = "charity", N_("Charity: giving points to funds")
    CLAIMS = "claims", N_("Claims of members")
    DRAWS = "draws", N_("Draws")


_RIGHTS = {
    Part.CHARITY: ("desk:fund:", "portal:fund:"),
    Part.CLAIMS: ("desk:claim:", "portal:claim:"),
    Part.DRAWS: ("desk:draw:",),
}
"""How the permissions of a part begin."""


def without(permissions: frozenset[Permission], off: Collection[Part]) -> frozenset[Permission]:
    """The permissions that are left where these parts are off."""
    closed = tuple(begin for part in off for begin in _RIGHTS[part])
    return frozenset(one for one in permissions if not one.startswith(closed)) if closed else permissions


def switched_off(session: Session) -> frozenset[Part]:
    """The tenant's parts that are off."""
    rows = session.scalars(select(SwitchedOff.part).where(SwitchedOff.tenant_id == tenant_of(session)))
    known = {str(part): part for part in Part}
    return frozenset(known[row] for row in rows if row in known)


def is_on(session: Session, part: Part) -> bool:
    """Whether the tenant has the part."""
    return part not in switched_off(session)


def require(session: Session, part: Part) -> None:
    """NotFound("part_off") where the part is off."""
    if not is_on(session, part):
        raise NotFound("part_off", part=str(part))


def switch(session: Session, actor: Actor, *, part: Part, on: bool, by: str = "") -> None:
    """Switch a part; `by` tells the tenant's trail which operator did. The same again changes nothing."""
    actor.must(Permission.OPERATOR_TENANT_EDIT)
    if on:
        gone = delete(SwitchedOff).where(
            SwitchedOff.tenant_id == tenant_of(session), SwitchedOff.part == part
        )
        changed = session.scalars(gone.returning(SwitchedOff.part)).all()
    else:
        row = (
            insert(SwitchedOff).values(tenant_id=tenant_of(session), part=str(part)).on_conflict_do_nothing()
        )
        changed = session.scalars(row.returning(SwitchedOff.part)).all()
    if changed:
        told = {"on": on} | ({"operator": by} if by else {})
        record(session, actor, "part.switch", f"part {part}", after=told)
