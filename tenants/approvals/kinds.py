"""Which changes take two people: who asks for each, and who signs it beside having DESK_CHANGE_APPROVE."""

from typing import NamedTuple
from uuid import UUID

from tenants.actor import Actor
from tenants.permissions import Permission


class Kind(NamedTuple):
    """What asking for a change takes, and what else signing it takes."""

    asks: Permission
    signs: Permission


KINDS = {
    "levels": Kind(Permission.DESK_PROGRAMME_EDIT, Permission.DESK_PROGRAMME_READ),
    "categories": Kind(Permission.DESK_PROGRAMME_EDIT, Permission.DESK_PROGRAMME_READ),
    "days_off": Kind(Permission.DESK_PROGRAMME_EDIT, Permission.DESK_PROGRAMME_READ),
    "segment_list": Kind(Permission.DESK_SEGMENT_EDIT, Permission.DESK_SEGMENT_READ),
    "erasure": Kind(Permission.DESK_PRIVACY_EDIT, Permission.DESK_PRIVACY_READ),
    "copy": Kind(Permission.DESK_PRIVACY_EDIT, Permission.DESK_PRIVACY_READ),
    "terms": Kind(Permission.DESK_PROGRAMME_EDIT, Permission.DESK_PROGRAMME_READ),
    "profile": Kind(Permission.DESK_PROGRAMME_EDIT, Permission.DESK_PROGRAMME_READ),
    "reward": Kind(Permission.DESK_REWARD_EDIT, Permission.DESK_REWARD_READ),
    "reward_new": Kind(Permission.DESK_REWARD_EDIT, Permission.DESK_REWARD_READ),
    "leaving": Kind(Permission.DESK_APPLICATION_DECIDE, Permission.DESK_PARTNER_READ),
    "client": Kind(Permission.DESK_CLIENT_EDIT, Permission.DESK_CLIENT_READ),
    "client_bounds": Kind(Permission.DESK_CLIENT_LIMIT, Permission.DESK_CLIENT_READ),
    "by_hand": Kind(Permission.DESK_PARTNER_EDIT, Permission.DESK_PARTNER_READ),
    "members": Kind(Permission.DESK_MEMBER_ENROL, Permission.DESK_MEMBER_READ),
    "facts": Kind(Permission.DESK_MEMBER_ENROL, Permission.DESK_MEMBER_READ),
}


def right_to(code: str, approval_id: UUID | None) -> Permission:
    """What an action that takes two people asks for first: of who asks for the change, or of who signs it."""
    return KINDS[code].asks if approval_id is None else Permission.DESK_CHANGE_APPROVE


def signed_by(who: Actor) -> frozenset[str]:
    """The kinds of change that somebody signs: a person of the tenant's own staff alone signs any."""
    if who.kind != "staff" or who.id is None or who.participant_id is not None:
        return frozenset()
    if Permission.DESK_CHANGE_APPROVE not in who.permissions:
        return frozenset()
    return frozenset(code for code, kind in KINDS.items() if kind.signs in who.permissions)
