"""What members and promotions are asked about bringing friends."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition import money
from coalition.members.models import Member, Referral
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.index import microseconds
from coalition.promotions.kinds import OperationKind
from coalition.promotions.queries import index_of
from coalition.promotions.triggers.referral import Referral as Trigger
from coalition.transactions.models import ReferralGift
from coalition.transactions.revaluing import Booked, booked_purchases
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal


def tally_of(session: Session, member_id: UUID) -> tuple[int, int]:
    """How many friends a member has brought, and for how many of them both have their points."""
    rows = session.execute(
        select(ReferralGift.referrer_points)
        .select_from(Referral)
        .outerjoin(
            ReferralGift,
            (ReferralGift.tenant_id == Referral.tenant_id) & (ReferralGift.member_id == Referral.member_id),
        )
        .where(Referral.tenant_id == tenant_of(session), Referral.referrer_id == member_id)
    ).all()
    return len(rows), sum(bool(points) for (points,) in rows)


def why_not(session: Session, friend: Member) -> Refusal | None:
    """Why the member cannot say any more who brought her; None while she can.

    "referral_closed" while no promotion is for it, "referral_bought" after a purchase that would have counted, and
    "referral_late", with the days that it allows.
    """
    programme = programme_by_id(session, friend.programme_id)
    live = open_terms(session, programme)
    if not live:
        return Refusal("referral_closed")
    exponent = money.exponent(programme.currency)
    least = min(money.in_units(one.amount_from, exponent) if one.amount_from else 0 for one in live)
    if any(sale.net >= least for sale in bought(session, friend)):
        return Refusal("referral_bought")
    joined, days = (
        clock.business_day(programme.zone, friend.enrolled_at),
        max(one.within_days for one in live),
    )
    if (clock.business_day(programme.zone) - joined).days > days:
        return Refusal("referral_late", days=days)
    return None


def open_terms(session: Session, programme: Programme) -> list[Trigger]:
    """What the promotions ask that are for bringing friends now."""
    rules = index_of(session, programme).on("referral", microseconds(clock.now()))
    return [rule.trigger for rule in rules if isinstance(rule.trigger, Trigger)]


def bought(session: Session, friend: Member) -> list[Booked]:
    """What stands of a friend's purchases since she joined, in the order of their time."""
    found = [
        sale
        for sale in booked_purchases(session, friend.id)
        if sale.purchase.kind == OperationKind.PURCHASE
        and sale.net > 0
        and sale.purchase.occurred_at >= friend.enrolled_at
    ]
    return sorted(found, key=lambda sale: (sale.purchase.occurred_at, sale.purchase.key))
