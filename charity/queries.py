"""Reads of charity."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from charity.models import Campaign, Donation, Fund
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@dataclass(frozen=True)
class Gathered:
    """A campaign with what came together: points, givers, and the asking member's own part."""

    fund: Fund
    campaign: Campaign
    points: int
    givers: int
    own: int


def campaigns(session: Session, member_id: UUID) -> Sequence[Gathered]:
    """Every campaign with its sums, as one member sees them."""
    tenant_id = tenant_of(session)
    rows = session.execute(
        select(
            Fund,
            Campaign,
            func.coalesce(func.sum(Donation.points), 0),
            func.count(Donation.member_id.distinct()),
            func.coalesce(func.sum(Donation.points).filter(Donation.member_id == member_id), 0),
        )
        .select_from(Campaign)
        .join(Fund, and_(Fund.tenant_id == Campaign.tenant_id, Fund.id == Campaign.fund_id))
        .outerjoin(
            Donation,
            and_(
                Donation.tenant_id == Campaign.tenant_id,
                Donation.campaign_id == Campaign.id,
                Donation.cancelled_at.is_(None),
            ),
        )
        .where(Campaign.tenant_id == tenant_id, Fund.tenant_id == tenant_id)
        .group_by(Fund.tenant_id, Fund.id, Campaign.tenant_id, Campaign.id)
        .order_by(Campaign.id)
    )
    return [
        Gathered(fund, campaign, int(points), givers, int(own))
        for fund, campaign, points, givers, own in rows
    ]


def donation_of(session: Session, member_id: UUID, donation_id: UUID) -> tuple[Donation, Campaign, Fund]:
    """A member's gift with its campaign and fund; NotFound("donation_unknown")."""
    tenant_id = tenant_of(session)
    donation = session.get(Donation, (tenant_id, member_id, donation_id))
    if donation is None:
        raise NotFound("donation_unknown")
    campaign = session.get_one(Campaign, (tenant_id, donation.campaign_id))
    return donation, campaign, session.get_one(Fund, (tenant_id, campaign.fund_id))
