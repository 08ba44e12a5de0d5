"""What every page of the partner's place stands on: the desk's own ways, for people of one participant alone."""

from collections.abc import Mapping
from typing import Any

from admin.desk import DeskList
from coalition.partners.models import Participant, Partner
from coalition.partners.queries import partners_of
from tenants.runtime.db import tenant_of


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
    def company(self) -> str:
        """What the participant is called."""
        found = self.session.get_one(Participant, (tenant_of(self.session), self.own))
        return str(found.name.get(self.visitor.w.lang) or found.code)

    @property
    def partners(self) -> Mapping[int, Partner]:
        """Its partners by their numbers, closed ones too."""
        return {one.id: one for one in partners_of(self.session, self.own)}

    def _lacks(self, name: str, values: Mapping[str, Any], method: str) -> bool:
        """Whether this is closed to whoever looks."""
        if super()._lacks(name, values, method):
            return True
        return self.visitor.actor.participant_id is None
