"""Who may what: permissions, and a member's reach, which ends at her own row."""

import pytest

from tenants.actor import SYSTEM, Actor, member
from tenants.permissions import EVERYTHING, MEMBER, Permission
from tenants.runtime.errors import Forbidden
from tenants.runtime.ids import new_id


def test_permissions_are_alphabetical_and_say_scope_resource_action() -> None:
    written = [str(permission) for permission in Permission]
    assert written == sorted(written)
    assert all(len(words.split(":")) == 3 for words in written)
    assert [permission.name for permission in Permission] == [
        words.replace(":", "_").upper() for words in written
    ]


def test_the_house_may_everything_and_nobody_else_by_default() -> None:
    for permission in EVERYTHING:
        SYSTEM.must(permission)
        with pytest.raises(Forbidden):
            Actor("staff").must(permission)


@pytest.mark.parametrize("permission", sorted(EVERYTHING))
def test_a_member_may_only_for_herself(permission: Permission) -> None:
    own, other = new_id(), new_id()
    actor = member(own)
    if permission in MEMBER:
        actor.must(permission, member_id=own)
    for reach in (other, None):
        with pytest.raises(Forbidden, match=f"permission={permission}"):
            actor.must(permission, member_id=reach)
