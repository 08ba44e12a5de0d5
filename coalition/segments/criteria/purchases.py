"""How many purchases a member made, for how much, and how much one of them was on average."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator
from sqlalchemy import func, select

from coalition.promotions.part import Unfit
from coalition.segments.criteria.base import Amount, Days, Found, Scope, bounded
from coalition.segments.criteria.sold import OfPurchases, sold


class Purchases(OfPurchases):
    """The member's `count`, `turnover` or `average` cheque lies within the bounds, both included.

    `window_days` looks at purchases from the business day so many days ago on; without it at all of them. Who bought
    nothing has no average; her count and her turnover are nothing, which an upper bound alone lets in.
    """

    follows_purchases: ClassVar[bool] = True
    kind: Literal["purchases"] = "purchases"
    measure: Literal["count", "turnover", "average"] = "count"
    at_least: Amount | None = None
    at_most: Amount | None = None
    window_days: Days | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        bounded(self, "at_least", "at_most")
        if self.at_least is not None and self.at_least == 0:
            raise Unfit("at_least", "a lower bound is above 0")
        for name, bound in (("at_least", self.at_least), ("at_most", self.at_most)):
            if self.measure == "count" and bound is not None and bound != int(bound):
                raise Unfit(name, "a number of purchases is whole")
        return self

    def compile(self, scope: Scope) -> Found:
        """Members by the sum or the number of what is left of their purchases."""
        sales = sold(scope, self.window_days, self.partners, self.mcc)
        number, total = func.count(), func.sum(sales.c.amount)
        of_count = self.measure == "count"
        low, high = (
            None if bound is None else int(bound) if of_count else scope.minor(bound)
            for bound in (self.at_least, self.at_most)
        )
        value = number if of_count else total
        weight = number if self.measure == "average" else 1
        query = select(sales.c.member_id).group_by(sales.c.member_id)
        if low is None and high is not None and self.measure != "average":
            return Found(query.having(value > high), others=True)
        if low is not None:
            query = query.having(value >= low * weight)
        if high is not None:
            query = query.having(value <= high * weight)
        return Found(query)
