"""Which offers a member can still take, which she has had, and which are not for her any more."""

from collections.abc import Callable
from enum import Enum
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.benefits.queries import grants_of
from coalition.draws.queries import draws
from coalition.members.queries import person_of
from coalition.promotions.budgets import left
from coalition.promotions.case import EVER, seat_of
from coalition.promotions.counters import load_counters
from coalition.promotions.document import Document
from coalition.promotions.had import has_had_all
from coalition.promotions.index import Index, Rule
from coalition.promotions.triggers.enrolment import Enrolment
from coalition.promotions.triggers.prize import Prize
from coalition.promotions.triggers.profile_completed import ProfileCompleted
from coalition.transactions.occasions import promotions_given
from tenants.runtime.errors import NotFound


class Reach(Enum):
    """How an offer stands to a member."""

    OPEN = "open"
    HAD = "had"  # given, and never again
    GONE = "gone"  # not given, and not to be had


def reach_of(session: Session, index: Index, member_id: UUID) -> Callable[[Rule, Document], Reach]:
    """What tells it for the live rules of the index; what is read of the member is read once."""
    counters = load_counters(session, [member_id], [EVER]).get(member_id, {})
    given = promotions_given(session, index, member_id, ("enrolment", "profile_completed"))
    is_complete = _is_complete(session, member_id)
    tickets = {one.benefit.id for one in grants_of(session, member_id) if one.grant.quantity > one.grant.used}
    playing = {one.code for one in draws(session) if one.drawn_at is None and one.benefit_id in tickets}

    def told(rule: Rule, document: Document) -> Reach:
        if rule.promotion in given or has_had_all(rule, document, counters):
            return Reach.HAD
        match document.trigger:
            case Enrolment():  # she is a member already
                return Reach.GONE
            case ProfileCompleted() if is_complete:
                return Reach.GONE
            case Prize(draw=draw) if draw not in playing:
                return Reach.GONE
        if rule.seats and not counters.get((EVER, seat_of(rule.promotion))) and not left(session, rule.seats):
            return Reach.GONE
        return Reach.GONE if rule.budget and not left(session, rule.promotion) else Reach.OPEN

    return told


def _is_complete(session: Session, member_id: UUID) -> bool:
    """Whether there is nothing left to fill in: a member who was erased fills nothing in."""
    try:
        return person_of(session, member_id).is_complete
    except NotFound:
        return True
