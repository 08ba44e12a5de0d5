"""Members enter the promo codes that they have found (golden C1: a code binds on entry)."""

from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.codes import canonical, entering
from coalition.members.facts import note_fact
from coalition.members.models import FactKind
from coalition.members.queries import member_by_id
from coalition.programmes.queries import programme_by_id
from coalition.promotions.index import microseconds
from coalition.promotions.queries import index_of
from tenants.actor import Actor
from tenants.audit import record
from tenants.runtime import clock
from tenants.runtime.errors import NotFound


def enter_promo_code(session: Session, actor: Actor, *, member_id: UUID, code: str) -> list[int]:
    """The member enters a code, in the cabinet or to somebody of the staff; entered twice, the first time holds.

    Returns the versions that are for it now. NotFound("promo_code_unknown") is the same for a code that never was, that
    is over, or that is not for this member.
    """
    actor.must(entering(actor), member_id=member_id)
    member = member_by_id(session, member_id)
    index = index_of(session, programme_by_id(session, member.programme_id))
    said, now = canonical(code), microseconds(clock.now())
    live = [
        rule.version for rule in index.by_code.get(said, ()) if rule.offered(now, member.segments, member_id)
    ]
    if not live:
        raise NotFound("promo_code_unknown")
    note_fact(session, member_id, FactKind.PROMO_CODE, said)
    record(session, actor, "code.promo", f"member {member_id}", after={"versions": live})
    return live
