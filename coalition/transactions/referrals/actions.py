"""Saying whose code one came by."""

from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.codes import entering
from coalition.members.models import Referral
from coalition.members.queries import member_by_id
from coalition.members.referring import bring
from coalition.programmes.queries import programme_by_id
from coalition.transactions.referrals.queries import is_late, open_terms
from tenants.actor import Actor
from tenants.runtime.errors import Refusal


def name_referrer(
    session: Session, actor: Actor, *, member_id: UUID, code: str, device: str = ""
) -> Referral:
    """The member says whose code she came by, in the cabinet or to somebody of the staff.

    Raises what `bring` raises, Refusal("referral_closed") while no promotion is for it, and Refusal("referral_late",
    days=...) after the days that it allows or after a purchase that would have counted.
    """
    actor.must(entering(actor), member_id=member_id)
    friend = member_by_id(session, member_id)
    live = open_terms(session, programme_by_id(session, friend.programme_id))
    if not live:
        raise Refusal("referral_closed")
    if is_late(session, friend, live):
        raise Refusal("referral_late", days=max(one.within_days for one in live))
    return bring(session, friend, code, device)
