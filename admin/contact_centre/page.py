"""What the contact centre's views stand on: a member as somebody of the staff looks at her."""

from uuid import UUID

from admin.desk import DeskView
from coalition.cabinet.visit import Visit, words_of
from coalition.members.queries import member_by_id
from coalition.programmes.queries import programme_by_id
from tenants.permissions import Permission


class MemberView(DeskView):
    """A page about one member."""

    reads = permission = Permission.DESK_MEMBER_READ
    icon = "person"

    def visit(self, member_id: UUID) -> Visit:
        """The member, as who explains things to her; NotFound("member_unknown")."""
        member = member_by_id(self.session, member_id)
        programme = programme_by_id(self.session, member.programme_id)
        return Visit(self.session, self.actor, member, programme, words_of(programme))
