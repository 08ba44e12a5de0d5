"""Recency, frequency and monetary value, each by fifths of those who bought."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from sqlalchemy import Date, cast, func, select

from coalition.segments.criteria.base import Days, Found, Scope
from coalition.segments.criteria.sold import OfPurchases, sold

Quintile = Annotated[int, Field(ge=1, le=5)]


class Rfm(OfPurchases):
    """The member stands in one of the fifths; the fifth one is the best: bought latest, most often, for most.

    Only who bought in the window has a place. The place is one more than five times the number of members who are
    strictly worse, divided by the number of all, the remainder lost. So equals always stand together, in the lowest
    fifth that any of them could have, and the same purchases give the same fifths. Recency goes by the business day of
    the last purchase, frequency by the number of purchases, monetary value by their sum.
    """

    follows_purchases: ClassVar[bool] = True
    kind: Literal["rfm"] = "rfm"
    measure: Literal["recency", "frequency", "monetary"]
    fifths: Annotated[tuple[Quintile, ...], Field(min_length=1, max_length=5)]
    window_days: Days = 365

    def compile(self, scope: Scope) -> Found:
        """Members by their rank among all who bought."""
        sales = sold(scope, self.window_days, self.partners, self.mcc, among=True)
        value: Any = {
            "recency": cast(func.timezone(scope.zone, func.max(sales.c.occurred_at)), Date),
            "frequency": func.count(),
            "monetary": func.sum(sales.c.amount),
        }[self.measure]
        worth = select(sales.c.member_id, value.label("value")).group_by(sales.c.member_id).subquery()
        worse = func.rank().over(order_by=worth.c.value) - 1
        place = 1 + 5 * worse // func.count().over()
        placed = select(worth.c.member_id, place.label("place")).subquery()
        return Found(select(placed.c.member_id).where(placed.c.place.in_(sorted(set(self.fifths)))))
