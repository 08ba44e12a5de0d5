"""Saying whose code one came by."""

from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.codes import entering
from coalition.members.models import Referral
from coalition.members.queries import member_by_id
from coalition.members.referring import bring
from coalition.transactions.referrals.queries import why_not
from tenants.actor import Actor
from tenants.audit import record


def name_referrer(
    session: Session, actor: Actor, *, member_id: UUID, code: str, device: str = ""
) -> Referral:
    """The member says whose code she came by, in the cabinet or to somebody of the staff.

    Raises what `bring` raises, and what `why_not` finds.
    """
    actor.must(entering(actor), member_id=member_id)
    friend = member_by_id(session, member_id)
    if no := why_not(session, friend):
        raise no
    brought = bring(session, friend, code, device)
    record(session, actor, "code.friend", f"member {member_id}", after={"brought_by": brought.referrer_id})
    return brought
