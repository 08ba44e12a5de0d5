"""Members accept the promotions that ask for it."""

from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.facts import note_fact
from coalition.members.models import FactKind
from coalition.members.queries import member_by_id
from coalition.programmes.queries import programme_by_id
from coalition.promotions.conditions.opt_in import OptIn
from coalition.promotions.index import microseconds
from coalition.promotions.queries import index_of, versions_by_id
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import NotFound


def accept_promotion(session: Session, actor: Actor, *, member_id: UUID, code: str) -> None:
    """The member takes part in a promotion from now on; once is enough.

    Raises NotFound("offer_unknown") for one that is not offered to this member now, or that asks for nothing.
    """
    actor.must(Permission.CABINET_PROFILE_EDIT, member_id=member_id)
    member = member_by_id(session, member_id)
    index = index_of(session, programme_by_id(session, member.programme_id))
    promotion, now = index.setting.promotions.get(code), microseconds(clock.now())
    live = [
        rule.version
        for rule in index.rules.values()
        if rule.promotion == promotion and rule.offered(now, member.segments, member_id)
    ]
    documents = versions_by_id(session, live).values()
    if not any(isinstance(condition, OptIn) for document in documents for condition in document.where):
        raise NotFound("offer_unknown")
    note_fact(session, member_id, FactKind.OPT_IN, code)
