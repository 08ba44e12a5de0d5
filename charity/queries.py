"""Reads of charity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from charity.models import Campaign, Donation, Fund, FundDocument, GivingRule, RoundUp
from coalition.redemption.models import Payout, PayoutRegister
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


@dataclass(frozen=True)
class Gathered:
    """A campaign with what came together: points, the money they are, givers, and the asking member's own part."""

    fund: Fund
    campaign: Campaign
    points: int
    minor: int
    givers: int
    own: int


def campaigns(session: Session, member_id: UUID | None) -> Sequence[Gathered]:
    """Every campaign with its sums, as one member sees them, or nobody in particular."""
    tenant_id = tenant_of(session)
    rows = session.execute(
        select(
            Fund,
            Campaign,
            func.coalesce(func.sum(Donation.points), 0),
            func.coalesce(func.sum(Donation.minor), 0),
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
        Gathered(fund, campaign, int(points), int(minor), givers, int(own))
        for fund, campaign, points, minor, givers, own in rows
    ]


def donation_of(session: Session, member_id: UUID, donation_id: UUID) -> tuple[Donation, Campaign, Fund]:
    """A member's gift with its campaign and fund; NotFound("donation_unknown")."""
    tenant_id = tenant_of(session)
    donation = session.get(Donation, (tenant_id, member_id, donation_id))
    if donation is None:
        raise NotFound("donation_unknown")
    campaign = session.get_one(Campaign, (tenant_id, donation.campaign_id))
    return donation, campaign, session.get_one(Fund, (tenant_id, campaign.fund_id))


def funds(session: Session) -> Sequence[Fund]:
    """All funds, by their numbers."""
    return session.scalars(select(Fund).where(Fund.tenant_id == tenant_of(session)).order_by(Fund.id)).all()


def fund_by_id(session: Session, fund_id: int) -> Fund:
    """A fund; NotFound("fund_unknown")."""
    found = session.get(Fund, (tenant_of(session), fund_id))
    if found is None:
        raise NotFound("fund_unknown")
    return found


def funds_of(session: Session, owner_id: int) -> Sequence[Fund]:
    """The funds that a participant is."""
    own = (Fund.tenant_id == tenant_of(session), Fund.participant_id == owner_id)
    return session.scalars(select(Fund).where(*own).order_by(Fund.id)).all()


def documents(session: Session) -> Sequence[FundDocument]:
    """Documents of all funds, the newest first; their bytes are read when asked for."""
    own = FundDocument.tenant_id == tenant_of(session)
    return session.scalars(select(FundDocument).where(own).order_by(FundDocument.id.desc())).all()


def document_by_id(session: Session, fund_id: int, document_id: int) -> FundDocument:
    """A document of a fund; NotFound("document_unknown")."""
    found = session.get(FundDocument, (tenant_of(session), fund_id, document_id))
    if found is None:
        raise NotFound("document_unknown")
    return found


def gathering(session: Session, fund_id: int, day: date) -> Campaign | None:
    """The campaign that a fund gathers for on a day: of several the one that ends first."""
    return session.scalars(
        select(Campaign)
        .where(
            Campaign.tenant_id == tenant_of(session),
            Campaign.fund_id == fund_id,
            Campaign.ends_on >= day,
            or_(Campaign.starts_on.is_(None), Campaign.starts_on <= day),
        )
        .order_by(Campaign.ends_on, Campaign.id)
        .limit(1)
    ).first()


def giving_rules(session: Session, member_id: UUID) -> Sequence[GivingRule]:
    """What a member gives again and again, the newest first; what is stopped is not there."""
    return session.scalars(
        select(GivingRule)
        .where(
            GivingRule.tenant_id == tenant_of(session),
            GivingRule.member_id == member_id,
            GivingRule.stopped_at.is_(None),
        )
        .order_by(GivingRule.id.desc())
    ).all()


def set_aside(session: Session, member_id: UUID, fund_id: int) -> Sequence[RoundUp]:
    """What purchases left for a fund and was not given yet, in the order of the purchases."""
    return session.scalars(
        select(RoundUp)
        .where(
            RoundUp.tenant_id == tenant_of(session),
            RoundUp.member_id == member_id,
            RoundUp.fund_id == fund_id,
            RoundUp.donation_id.is_(None),
            RoundUp.points > 0,
        )
        .order_by(RoundUp.purchase_id)
    ).all()


class Month(NamedTuple):
    """What a fund got in a month (its first day): gifts that stand, and what was transferred, in minor units."""

    fund_id: int
    month: date
    collected: int
    transferred: int


def months(session: Session, zone: str) -> list[Month]:
    """Sums by fund and month of the zone, the newest first: gifts by their day, transfers by the day they were paid.

    A gift that was cancelled, or whose money came back, is in neither.
    """
    tenant_id = tenant_of(session)

    def month(at: object) -> object:
        return func.date_trunc("month", func.timezone(zone, at))

    given = session.execute(
        select(Campaign.fund_id, month(Donation.given_at).label("month"), func.sum(Donation.minor))
        .join(Campaign, and_(Campaign.tenant_id == tenant_id, Campaign.id == Donation.campaign_id))
        .where(Donation.tenant_id == tenant_id, Donation.cancelled_at.is_(None))
        .group_by(Campaign.fund_id, "month")
    )
    paid = session.execute(
        select(Fund.id, month(Payout.ended_at).label("month"), func.sum(Payout.minor))
        .join(Payout, and_(Payout.tenant_id == tenant_id, Payout.payee == "fund:" + Fund.code))
        .where(Fund.tenant_id == tenant_id, Payout.state == "paid")
        .group_by(Fund.id, "month")
    )
    sums: dict[tuple[int, date], list[int]] = {}
    for place, rows in enumerate((given, paid)):
        for fund_id, moment, minor in rows:
            sums.setdefault((fund_id, moment.date()), [0, 0])[place] = int(minor)
    found = [Month(fund_id, day, *both) for (fund_id, day), both in sums.items()]
    return sorted(found, key=lambda one: (-one.month.toordinal(), one.fund_id))


class Gift(NamedTuple):
    """A gift as its fund sees it: nothing of who gave it."""

    at: datetime
    campaign: Campaign
    points: int
    minor: int
    state: str


def gifts_of(session: Session, fund_id: int, *, limit: int = 200) -> list[Gift]:
    """A fund's latest gifts that stand, with what has become of their money."""
    tenant_id = tenant_of(session)
    rows = session.execute(
        select(Donation.given_at, Campaign, Donation.points, Donation.minor, Payout.state)
        .join(Campaign, and_(Campaign.tenant_id == tenant_id, Campaign.id == Donation.campaign_id))
        .join(
            Payout,
            and_(
                Payout.tenant_id == tenant_id,
                Payout.member_id == Donation.member_id,
                Payout.id == Donation.id,
            ),
        )
        .where(Donation.tenant_id == tenant_id, Campaign.fund_id == fund_id, Donation.cancelled_at.is_(None))
        .order_by(Donation.number.desc())
        .limit(limit)
    )
    return [Gift(*row) for row in rows]


class Transferred(NamedTuple):
    """A register of a fund's money: how much was sent, how much of that is paid, and when."""

    number: int
    made_at: datetime
    sent: int
    paid: int
    paid_at: datetime | None


def transfers_to(session: Session, fund_id: int) -> list[Transferred]:
    """The registers by which a fund's money was sent to it, the newest first."""
    tenant_id, fund = tenant_of(session), fund_by_id(session, fund_id)
    paid = Payout.state == "paid"
    rows = session.execute(
        select(
            PayoutRegister.id,
            PayoutRegister.made_at,
            PayoutRegister.minor,
            func.coalesce(func.sum(Payout.minor).filter(paid), 0),
            func.max(Payout.ended_at).filter(paid),
        )
        .outerjoin(Payout, and_(Payout.tenant_id == tenant_id, Payout.register_id == PayoutRegister.id))
        .where(PayoutRegister.tenant_id == tenant_id, PayoutRegister.payee == f"fund:{fund.code}")
        .group_by(PayoutRegister.tenant_id, PayoutRegister.id)
        .order_by(PayoutRegister.id.desc())
    )
    return [Transferred(number, made_at, sent, int(paid), at) for number, made_at, sent, paid, at in rows]
