"""What a member has done that can meet the condition of points that wait: purchases, and events by name."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.promotions.activation import Activation, AfterEvent, AfterTurnover
from coalition.promotions.kinds import OperationKind
from coalition.transactions.models import Occasion, Purchase, PurchaseReturn
from tenants.runtime import clock
from tenants.runtime.db import tenant_of


class Bought(NamedTuple):
    """A purchase, when we learned of it, and its returns as (when we learned of them, minor units)."""

    at: datetime
    booked_at: datetime
    amount: int
    returned: Sequence[tuple[datetime, int]]

    def left(self, known: datetime | None) -> int:
        """What was left of it as far as was known then, or is by now; less than 1 for nothing."""
        if known is not None and self.booked_at > known:
            return 0
        return self.amount - sum(amount for at, amount in self.returned if known is None or at <= known)


class Span(NamedTuple):
    """From which moment points wait, and to the end of which business day of the zone."""

    since: datetime
    last_day: date
    zone: str


@dataclass(frozen=True)
class Done:
    """All of a member's purchases, and her events as (when, when we learned of it, name)."""

    bought: Sequence[Bought]
    events: Sequence[tuple[datetime, datetime, str]]

    @classmethod
    def of(cls, session: Session, member_id: UUID) -> "Done":
        """All that is known."""
        tenant_id, returned = tenant_of(session), defaultdict[UUID | None, list[tuple[datetime, int]]](list)
        for number, at, amount in session.execute(
            select(PurchaseReturn.purchase_id, PurchaseReturn.booked_at, PurchaseReturn.amount).where(
                PurchaseReturn.tenant_id == tenant_id,
                PurchaseReturn.member_id == member_id,
                PurchaseReturn.state == "applied",
            )
        ):
            returned[number].append((at, amount))
        bought = session.execute(
            select(Purchase.id, Purchase.occurred_at, Purchase.booked_at, Purchase.amount).where(
                Purchase.tenant_id == tenant_id,
                Purchase.member_id == member_id,
                Purchase.kind == OperationKind.PURCHASE,
            )
        )
        events = session.execute(
            select(Occasion.occurred_at, Occasion.booked_at, Occasion.data["name"].astext).where(
                Occasion.tenant_id == tenant_id, Occasion.member_id == member_id, Occasion.kind == "event"
            )
        )
        return cls(
            [Bought(at, booked_at, amount, returned[number]) for number, at, booked_at, amount in bought],
            [(at, booked_at, name) for at, booked_at, name in events],
        )

    def so_far(self, activation: Activation, span: Span, known: datetime | None = None) -> int:
        """How much of the condition is met in the span, net of returns: by now, or as was known at a moment."""
        return _counted(activation, self._of(activation, span), known)

    def ever_met(self, activation: Activation, span: Span, goal: int, since: datetime) -> bool:
        """Whether the condition was met at any moment from when we learned of the award on: then it stays met."""
        mine = self._of(activation, span)
        if _counted(activation, mine, None) >= goal:
            return True
        if sum(one.amount if isinstance(activation.condition, AfterTurnover) else 1 for one in mine) < goal:
            return False
        moments = {max(one.booked_at, since) for one in mine}
        return any(_counted(activation, mine, moment) >= goal for moment in moments)

    def _of(self, activation: Activation, span: Span) -> list[Bought]:
        """What counts for the condition; an event counts as one that is never returned."""
        condition = activation.condition
        if isinstance(condition, AfterEvent):
            mine = [
                Bought(at, booked_at, 1, ())
                for at, booked_at, name in self.events
                if name == condition.name and span.since <= at
            ]
        else:
            mine = [one for one in self.bought if span.since < one.at]
        return [one for one in mine if clock.business_day(span.zone, one.at) <= span.last_day]


def _counted(activation: Activation, mine: Sequence[Bought], known: datetime | None) -> int:
    left = [points for one in mine if (points := one.left(known)) > 0]
    return sum(left) if isinstance(activation.condition, AfterTurnover) else len(left)
