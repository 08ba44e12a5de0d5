"""When what stands for friends is worked out anew: their purchases have changed, or one of them has settled."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.bulk import lock_balances
from coalition.members.models import Member, Referral
from coalition.members.queries import member_by_id
from coalition.members.referring import brought
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.index import Index
from coalition.promotions.queries import index_of
from coalition.transactions.models import ReferralGift
from coalition.transactions.referrals.settling import Settling, rules_of
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask_each, every, job


def ask_for(session: Session, index: Index, members: Collection[UUID]) -> None:
    """Have the gifts of those among the members worked out anew whom somebody brought."""
    if "referral" not in index.by_occasion:
        return
    for friend in session.scalars(
        select(Referral.member_id).where(
            Referral.tenant_id == tenant_of(session), Referral.member_id.in_(members)
        )
    ):
        ask_each(session, "referrals.settle", friend)


@job("referrals.look", bulk=True)
def look(session: Session) -> None:
    """Ask for those whose purchase has settled by the programme's business day."""
    tenant_id = tenant_of(session)
    for programme in session.scalars(select(Programme).where(Programme.tenant_id == tenant_id)):
        due = (
            select(ReferralGift.member_id)
            .join(
                Member,
                (Member.tenant_id == ReferralGift.tenant_id) & (Member.id == ReferralGift.member_id),
            )
            .where(
                ReferralGift.tenant_id == tenant_id,
                Member.tenant_id == tenant_id,
                Member.programme_id == programme.id,
                ReferralGift.due_on <= clock.business_day(programme.zone),
            )
        )
        for friend in session.scalars(due):
            ask_each(session, "referrals.settle", friend)


@job("referrals.settle", bulk=True)
def settle(session: Session, items: Sequence[str]) -> None:
    """Work out what stands for these friends; done twice, it finds nothing left to do."""
    tenant_id = tenant_of(session)
    named = session.scalars(
        select(Referral).where(
            Referral.tenant_id == tenant_id, Referral.member_id.in_([UUID(item) for item in items])
        )
    ).all()
    asked = {referral.member_id for referral in named}
    everybody: dict[UUID, list[Referral]] = {}
    for referral in brought(session, {one.referrer_id for one in named}):
        everybody.setdefault(referral.referrer_id, []).append(referral)
    lock_balances(session, {*everybody, *(one.member_id for mine in everybody.values() for one in mine)})
    for referrer, mine in sorted(everybody.items()):
        programme = programme_by_id(session, member_by_id(session, referrer).programme_id)
        index = index_of(session, programme, hold=True)
        if not any(rule.limits or rule.times or rule.spaced for rule in rules_of(index)):
            mine = [one for one in mine if one.member_id in asked]  # no friend's points depend on another's
        Settling.of(session, programme, index, referrer, mine).settle()


every(3600, "referrals.look")
