"""Members choose their category of the month (seed 000: favourite categories)."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.ledger.bulk import lock_balances
from coalition.members.facts import note_fact
from coalition.members.models import FactKind
from coalition.members.queries import facts_of_members, member_by_id
from coalition.programmes.queries import programme_by_id
from coalition.promotions.index import microseconds
from coalition.promotions.mechanics.category_of_month import CategoryOfMonth
from coalition.promotions.periods import month_of
from coalition.promotions.queries import index_of, versions_by_id
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, NotFound


def attribute_of(day: date) -> str:
    """The member's attribute that holds the choice for the day's month."""
    return f"category:{month_of(day)}"


def choose_category(session: Session, actor: Actor, *, member_id: UUID, category: str) -> None:
    """Choose for this month of the programme's zone, once; the same choice again is the same.

    Raises Conflict("category_chosen") when another one was chosen before, NotFound("offer_unknown") for a category that
    no offer of this member has.
    """
    actor.must(Permission.CABINET_PROFILE_EDIT, member_id=member_id)
    member = member_by_id(session, member_id)
    programme = programme_by_id(session, member.programme_id)
    index, now = index_of(session, programme), microseconds(clock.now())
    live = [rule.version for rule in index.rules.values() if rule.offered(now, member.segments, member_id)]
    offered = {
        code
        for document in versions_by_id(session, live).values()
        if isinstance(document.mechanic, CategoryOfMonth)
        for code in document.mechanic.categories
    }
    if category not in offered:
        raise NotFound("offer_unknown")
    lock_balances(session, [member_id])  # who chooses at the same time sees this choice
    name = attribute_of(clock.business_day(programme.zone))
    known = [
        fact.value
        for fact in facts_of_members(session, [member_id]).get(member_id, ())
        if (fact.kind, fact.name) == (FactKind.ATTRIBUTE, name)
    ]
    if known and known[-1] != category:
        raise Conflict("category_chosen")
    if not known:
        note_fact(session, member_id, FactKind.ATTRIBUTE, name, category)
