"""Donation: points to a fund's campaign, as money at the programme's value of a point (seed 000, golden D1)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from charity.models import Campaign, Donation, Fund
from coalition.programmes.models import Programme
from coalition.redemption.kinds.base import Price, register, whole_number, worth
from coalition.redemption.models import Payout, Redemption, Reward
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import next_numbers


class DonationTerms(BaseModel):
    """The least and the most points of one gift."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points_min: int = Field(gt=0)
    points_max: int = Field(gt=0)


class DonationKind:
    """The choice is {"points": whole units, "campaign": number}."""

    code = "donation"

    def check_terms(self, terms: dict[str, Any]) -> dict[str, Any]:
        """See DonationTerms."""
        return DonationTerms.model_validate(terms).model_dump()

    def price(self, session: Session, programme: Programme, reward: Reward, choice: dict[str, Any]) -> Price:
        """Refusal("campaign_over") or "campaign_early" for one that is not gathering; points' limits as of cashback."""
        terms, points = DonationTerms.model_validate(reward.terms), whole_number(choice, "points")
        campaign = session.get(Campaign, (tenant_of(session), whole_number(choice, "campaign")))
        fund = session.get(Fund, (tenant_of(session), campaign.fund_id)) if campaign else None
        if campaign is None or fund is None or fund.reward_id != reward.id:
            raise Refusal("campaign_over")
        today = clock.business_day(programme.zone)
        if campaign.ends_on < today:
            raise Refusal("campaign_over")
        if campaign.starts_on is not None and today < campaign.starts_on:
            raise Refusal("campaign_early", day=campaign.starts_on)
        return worth(programme, points, least=terms.points_min, most=terms.points_max)

    def fulfil(self, session: Session, programme: Programme, reward: Reward, redemption: Redemption) -> bool:
        """Record the gift under the next receipt number and owe its money to the fund."""
        tenant_id = tenant_of(session)
        campaign = session.get_one(Campaign, (tenant_id, redemption.choice["campaign"]))
        fund = session.get_one(Fund, (tenant_id, campaign.fund_id))
        session.add(
            Donation(
                tenant_id=tenant_id,
                member_id=redemption.member_id,
                id=redemption.id,
                campaign_id=campaign.id,
                points=redemption.points,
                minor=redemption.minor,
                number=next_numbers(session, "donation"),
                given_at=redemption.made_at,
            )
        )
        session.add(
            Payout(
                tenant_id=tenant_id,
                member_id=redemption.member_id,
                id=redemption.id,
                payee=f"fund:{fund.code}",
                minor=redemption.minor,
            )
        )
        return True

    def undo(self, session: Session, reward: Reward, redemption: Redemption) -> None:
        """Possible until the money is on its way to the fund; after that a gift is not returned."""
        key = (redemption.tenant_id, redemption.member_id, redemption.id)
        owed = session.get_one(Payout, key, with_for_update=True)
        if owed.state == "waiting":
            session.delete(owed)
        elif owed.state != "returned":
            raise Refusal("payout_on_its_way")
        session.get_one(Donation, key).cancelled_at = clock.now()


register(DonationKind())
