"""Points that a member will soon lose."""

from datetime import timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import func, select

from coalition.ledger.models import Lot
from coalition.segments.criteria.base import Amount, Criterion, Days, Found, Scope


class Burning(Criterion):
    """At least so many of the points that can be spent have their last day `within_days`, today counted."""

    kind: Literal["burning"] = "burning"
    within_days: Days
    at_least: Amount = Decimal(1)

    def compile(self, scope: Scope) -> Found:
        """Members by what is left of their lots that end until then."""
        last = scope.today + timedelta(days=self.within_days)
        return Found(
            select(Lot.member_id)
            .where(
                Lot.tenant_id == scope.tenant_id,
                Lot.remaining > 0,
                ~Lot.pending,
                Lot.expires_on.between(scope.today, last),
            )
            .group_by(Lot.member_id)
            .having(func.sum(Lot.remaining) >= scope.points(self.at_least))
        )
