"""What a purchase would give, by the very code that gives it, touching nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from coalition.members.queries import member_by_id
from coalition.partners.queries import partners_by_code
from coalition.programmes.queries import programme_by_id
from coalition.promotions.awards import Award, points_of
from coalition.promotions.budgets import left
from coalition.promotions.case import Facts, Failed, Line, Receipt
from coalition.promotions.counters import load_counters
from coalition.promotions.discounts import taken_off
from coalition.promotions.engine import EVERY, evaluate
from coalition.promotions.gives import Giving
from coalition.promotions.index import Index, Rule, microseconds
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
    """What each version would give, and the others with the first condition that failed.

    `amount` (minor units) and `receipt` are the sale as it would be told: after the discounts, each on its lines.
    """

    awards: Sequence[Award]
    missed: Sequence[tuple[Rule, Failed]]
    amount: int
    receipt: Receipt | None

    @property
    def points(self) -> int:
        """All together; discounts and benefits are none."""
        return points_of(self.awards)


def dry_run(
    session: Session, actor: Actor, *, programme_id: int, told: Told, discounts: bool = True
) -> Answer:
    """Evaluate one sale as `recording.record` would now, at the prices before any discount.

    What promotions take off is found first; what the sale gives is found for what is left, by the same call that would
    book it. Without `discounts` the sum is what was paid, as `record` takes it.
    Refuses as `record` does, NotFound("member_unknown") too.
    """
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
    receipt = told.receipt
    if discounts and index.discounts:
        amount, receipt = less_discounts(index, facts, line, day, receipt)
        line = line._replace(amount=amount)
    missed: list[tuple[Rule, Failed]] = []
    awards = evaluate(index, facts, line, day, receipt, told=missed) if line.amount else []
    return Answer(awards, missed, line.amount, receipt)


def less_discounts(
    index: Index, facts: Facts, line: Line, day: date, receipt: Receipt | None
) -> tuple[int, Receipt | None]:
    """The sum and the receipt after what promotions offer to take off; the facts stay as they are."""
    aside = replace(facts, counters=dict(facts.counters), touched=set(), rooms=dict(facts.rooms))
    asked = evaluate(index, aside, line, day, receipt, asking=EVERY)
    offered = [award for award in asked if award.rule.giving is Giving.DISCOUNT and award.points]
    if not offered:
        return line.amount, receipt
    return taken_off(
        line.amount,
        receipt,
        [
            (index.codes[award.rule.promotion], index.documents[award.rule.version], award.points)
            for award in offered
        ],
    )
