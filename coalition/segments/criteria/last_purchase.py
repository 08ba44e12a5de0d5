"""How long ago a member bought last."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator
from sqlalchemy import func, select

from coalition.segments.criteria.base import Days, Found, Scope, bounded
from coalition.segments.criteria.sold import OfPurchases, sold


class LastPurchase(OfPurchases):
    """The member's last purchase was `within_days`, or `at_least_days_ago`; with both, between them.

    Who never bought has no last purchase, and is in neither.
    """

    follows_purchases: ClassVar[bool] = True
    kind: Literal["last_purchase"] = "last_purchase"
    within_days: Days | None = None
    at_least_days_ago: Days | None = None

    @model_validator(mode="after")
    def _days(self) -> Self:
        bounded(self, "at_least_days_ago", "within_days")
        return self

    def compile(self, scope: Scope) -> Found:
        """Members by the business day of their last purchase of which something is left."""
        sales = sold(scope, None, self.partners, self.mcc)
        last = func.max(sales.c.occurred_at)
        query = select(sales.c.member_id).group_by(sales.c.member_id)
        if self.within_days is not None:
            query = query.having(last >= scope.since(self.within_days))
        if self.at_least_days_ago is not None:
            query = query.having(last < scope.since(self.at_least_days_ago - 1))
        return Found(query)
