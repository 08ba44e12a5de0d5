"""What every page of the partner's place stands on: the desk's own ways, for people of one participant alone."""

from collections.abc import Collection, Mapping
from typing import Any

from admin.desk import DeskList
from coalition.partners.models import Participant, Partner
from coalition.partners.queries import company_here, participant_by_id, partners_of


class PortalView(DeskList):
    """A section of the partner's place. Whoever works for the tenant itself does not see it."""

    narrows = True
    begins: Collection[str] = ()
    """Names of its pages that begin something new: closed to a company that has left."""

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

    def page(self, template: str, **values: Any) -> str:
        """The same, and where the company has left, with what it can still do."""
        left = self.owner.left_at
        notice = {"left": left, "notice": "portal/left.html"} if left is not None else {"left": None}
        return super().page(template, **notice, **values)

    def _handle_view(self, name: str, **values: Any) -> Any:
        """Refuse whoever may not come; Conflict("company_left") where a company that has left would begin something."""
        refused = super()._handle_view(name, **values)
        if refused is None and name in self.begins:
            company_here(self.session, self.own)
        return refused

    def _lacks(self, name: str, values: Mapping[str, Any], method: str) -> bool:
        """Whether this is closed to whoever looks."""
        if super()._lacks(name, values, method):
            return True
        return self.visitor.actor.participant_id is None
