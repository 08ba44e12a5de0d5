"""How long a member has been in the programme, or with the bank."""

from typing import Literal, Self

from pydantic import model_validator
from sqlalchemy import select

from coalition.members.models import Member
from coalition.segments.criteria.base import Criterion, Days, Found, Scope, bounded


class Tenure(Criterion):
    """Days since the member joined (`enrolment`), or since the bank's `account` was opened, within the bounds.

    Whose account's day is not known is in neither.
    """

    kind: Literal["tenure"] = "tenure"
    of: Literal["enrolment", "account"] = "enrolment"
    at_least_days: Days | None = None
    at_most_days: Days | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        bounded(self, "at_least_days", "at_most_days")
        return self

    def compile(self, scope: Scope) -> Found:
        """Members by the business day of that."""
        query = select(Member.id).where(
            Member.tenant_id == scope.tenant_id, Member.programme_id == scope.programme_id
        )
        least, most = self.at_least_days, self.at_most_days
        if self.of == "account":
            if least is not None:
                query = query.where(Member.account_opened_on <= scope.day(least))
            if most is not None:
                query = query.where(Member.account_opened_on >= scope.day(most))
            return Found(query)
        if least is not None:
            query = query.where(Member.enrolled_at < scope.since(least - 1))
        if most is not None:
            query = query.where(Member.enrolled_at >= scope.since(most))
        return Found(query)
