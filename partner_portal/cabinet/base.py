"""What every page of the partner's place stands on: the desk's own ways, for people of one participant alone."""

from collections.abc import Mapping
from typing import Any

from admin.desk import DeskList
from coalition.partners.models import Participant, Partner
from coalition.partners.queries import participant_by_id, partners_of


class PortalView(DeskList):
    """A section of the partner's place. Whoever works for the tenant itself does not see it."""

    narrows = True

    @property
    def own(self) -> int:
        """The participant whose person looks."""
        found = self.actor.participant_id
        assert found is not None, "is_accessible() comes first"
        return found

    @property
    def owner(self) -> Participant:
        """That participant."""
        return participant_by_id(self.session, self.own)

    @property
    def company(self) -> str:
        """What the participant is called."""
        return str(self.owner.name.get(self.visitor.w.lang) or self.owner.code)

    @property
    def partners(self) -> Mapping[int, Partner]:
        """Its partners by their numbers, closed ones too."""
        return {one.id: one for one in partners_of(self.session, self.own)}

    def _lacks(self, name: str, values: Mapping[str, Any], method: str) -> bool:
        """Whether this is closed to whoever looks."""
        if super()._lacks(name, values, method):
            return True
        return self.visitor.actor.participant_id is None
