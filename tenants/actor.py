"""Who is acting: the house itself, a person of the staff, or a member. Every action takes one."""

from dataclasses import dataclass, field
from uuid import UUID

from tenants.permissions import EVERYTHING, MEMBER, OF_PARTICIPANTS, Permission
from tenants.runtime.errors import Forbidden


@dataclass(frozen=True)
class Actor:
    """Somebody with permissions; a member's reach ends at the own row."""

    kind: str  # "system", "staff", "client" or "member"
    id: UUID | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    member_id: UUID | None = None
    client_id: str | None = None
    participant_id: int | None = None

    @property
    def name(self) -> str:
        """Who it was, for a history: the kind, and which one of it."""
        which = self.client_id or self.id
        return f"{self.kind} {which}" if which else self.kind

    @property
    def of_participant(self) -> int | None:
        """The participant that a person of the staff works for; None for the tenant's own people and everybody else."""
        return self.participant_id if self.kind == "staff" else None

    def must(
        self, permission: Permission, *, member_id: UUID | None = None, own: Permission | None = None
    ) -> None:
        """Raise Forbidden unless the actor may; a member also only for `member_id` who is that same member.

        A person of a participant needs `own` instead, and only what is one of `OF_PARTICIPANTS`, whatever her roles
        say; that it is her participant's, `must_belong` asks.
        """
        asked = permission if self.of_participant is None or own is None else own
        foreign = self.of_participant is not None and asked not in OF_PARTICIPANTS
        if foreign or asked not in self.permissions:
            raise Forbidden("not_permitted", permission=str(permission))
        if self.kind == "member" and (member_id is None or member_id != self.member_id):
            raise Forbidden("not_permitted", permission=str(permission))

    def must_belong(self, participant_id: int | None) -> None:
        """Raise Forbidden where a person of a participant would touch what is another's, or the tenant's own."""
        if self.of_participant is not None and self.of_participant != participant_id:
            raise Forbidden("not_permitted", participant=participant_id)


SYSTEM = Actor("system", permissions=EVERYTHING)


def member(member_id: UUID) -> Actor:
    """The member acting for herself."""
    return Actor("member", id=member_id, permissions=MEMBER, member_id=member_id)
