"""What a purchase would give, by the very code that gives it, touching nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from coalition.members.queries import member_by_id
from coalition.partners.queries import partners_by_code
from coalition.programmes.queries import programme_by_id
from coalition.promotions.awards import Award
from coalition.promotions.budgets import left
from coalition.promotions.case import Failed, Line
from coalition.promotions.counters import load_counters
from coalition.promotions.engine import evaluate
from coalition.promotions.index import Rule, microseconds
from coalition.promotions.kinds import OperationKind
from coalition.promotions.periods import month_of
from coalition.promotions.profiles import facts_of
from coalition.promotions.queries import index_of
from coalition.transactions.recording import Told, checked
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock


@dataclass(frozen=True)
class Answer:
    """What each version would give, and the others with the first condition that failed."""

    awards: Sequence[Award]
    missed: Sequence[tuple[Rule, Failed]]

    @property
    def points(self) -> int:
        """All together."""
        return sum(award.points for award in self.awards)


def dry_run(session: Session, actor: Actor, *, programme_id: int, told: Told) -> Answer:
    """Evaluate one sale as `recording.record` would now; refuses as that does, NotFound("member_unknown") too."""
    actor.must(Permission.DESK_PURCHASE_RECORD)
    partners = partners_by_code(session)
    (told,) = checked(session, programme_id, [told], partners)
    programme = programme_by_id(session, programme_id)
    member = member_by_id(session, told.member_id)
    index = index_of(session, programme)
    day = clock.business_day(programme.zone, told.occurred_at)
    counters = load_counters(session, [member.id], index.periods([day]))
    rooms = {promotion: left(session, promotion) for promotion in sorted(index.purses)}
    facts = facts_of(session, index, [member], counters)[member.id]
    facts.rooms = rooms
    line = Line(
        microseconds(told.occurred_at),
        month_of(day),
        OperationKind.PURCHASE,
        told.amount,
        partners[told.partner] if told.partner else 0,
        -1 if told.mcc is None else told.mcc,
    )
    missed: list[tuple[Rule, Failed]] = []
    awards = evaluate(index, facts, line, day, told.receipt, told=missed)
    return Answer(awards, missed)
