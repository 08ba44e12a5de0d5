"""How many points a member has."""

from typing import Literal, Self

from pydantic import model_validator
from sqlalchemy import select

from coalition.ledger.models import Balance as Row
from coalition.segments.criteria.base import Amount, Criterion, Found, Scope, bounded


class Balance(Criterion):
    """Points that can be spent (`available`), or that wait for their day (`pending`), within the bounds."""

    kind: Literal["balance"] = "balance"
    account: Literal["available", "pending"] = "available"
    at_least: Amount | None = None
    at_most: Amount | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        bounded(self, "at_least", "at_most")
        return self

    def compile(self, scope: Scope) -> Found:
        """Members by their balance's row."""
        held = Row.available if self.account == "available" else Row.pending
        query = select(Row.member_id).where(Row.tenant_id == scope.tenant_id)
        if self.at_least is not None:
            query = query.where(held >= scope.points(self.at_least))
        if self.at_most is not None:
            query = query.where(held <= scope.points(self.at_most))
        return Found(query)
