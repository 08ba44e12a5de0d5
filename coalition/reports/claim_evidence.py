"""What is known about a claim before anybody opens it: its purchase explained and evaluated anew, its file line, its
redemption, the member's earlier claims. For the desk; nothing is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.claims.deciding import Sale
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim
from coalition.claims.moving import programme_of
from coalition.claims.queries import claims_of, granted_for
from coalition.ledger.models import Balance
from coalition.ledger.queries import balance_of
from coalition.partners.models import Merchant, Partner
from coalition.redemption.models import Certificate, Payout, Redemption, Reward
from coalition.redemption.queries import payout_of, redemption_by_id
from coalition.reports.why import Why, why
from coalition.transactions.dry_run import Answer, dry_run
from coalition.transactions.models import InboundFile, Purchase
from coalition.transactions.recording import Told
from tenants.actor import SYSTEM
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

DAYS_AROUND = 3
"""How far from the day that the member names a purchase of that sum is looked for."""
NEAR_MAX = 5


class Near(NamedTuple):
    """A purchase that may be the one she means."""

    purchase: Purchase
    merchant: str


class Spent(NamedTuple):
    """The redemption that a claim is about."""

    redemption: Redemption
    reward: Reward
    certificate: Certificate | None
    payout: Payout | None


@dataclass(frozen=True)
class Evidence:
    """Everything found. `why` explains the purchase, with what it would give by what is known now.

    Without a purchase, `sale` is what the member tells, as it would be recorded, and `would` what that would give.
    `granted` is what claims have granted for the purchase or the redemption already.
    """

    balance: Balance
    earlier: Sequence[Claim]
    why: Why | None
    file: InboundFile | None
    near: Sequence[Near]
    sale: Sale | None
    would: Answer | None
    spent: Spent | None
    granted: int

    @property
    def suggested(self) -> int:
        """How many points are missing by what the engine says, and were not granted yet: never fewer than none."""
        if self.why is not None:
            owed = 0 if self.why.paid_there else self.why.would_give - self.why.net_points
        elif self.spent is not None and self.spent.redemption.state == "done":
            owed = self.spent.redemption.points - self.spent.redemption.points_back
        else:
            return self.would.points if self.would is not None else 0
        return max(owed - self.granted, 0)


def evidence(session: Session, claim: Claim) -> Evidence:
    """Gather what is known about a claim."""
    found = (
        why(session, member_id=claim.member_id, purchase_id=claim.purchase_id) if claim.purchase_id else None
    )
    file_id = found.purchase.file_id if found else None
    facts = ClaimFacts.model_validate(claim.facts)
    sale = _sale(session, claim, facts) if found is None and claim.kind == Kind.NOT_CREDITED else None
    return Evidence(
        balance=balance_of(session, claim.member_id),
        earlier=[one for one in claims_of(session, claim.member_id) if one.id != claim.id],
        why=found,
        file=session.get(InboundFile, (tenant_of(session), file_id)) if file_id else None,
        near=_near(session, claim, facts) if found is None else (),
        sale=sale,
        would=_would(session, claim, sale) if sale else None,
        spent=_spent(session, claim) if claim.redemption_id else None,
        granted=granted_for(session, claim),
    )


def _sale(session: Session, claim: Claim, facts: ClaimFacts) -> Sale | None:
    if not facts.shop or facts.day is None or facts.amount is None:
        return None
    zone = clock.zone(programme_of(session, claim).zone)
    noon = datetime.combine(facts.day, time(12), zone).astimezone(UTC)
    partner = session.get(Partner, (tenant_of(session), claim.partner_id)) if claim.partner_id else None
    at = min(noon, clock.now())
    return Sale(
        occurred_at=at, amount=facts.amount, seller=facts.shop, partner=partner.code if partner else None
    )


def _would(session: Session, claim: Claim, sale: Sale) -> Answer | None:
    told = Told(
        f"claim {claim.number}", claim.member_id, sale.occurred_at, sale.amount, sale.seller, sale.partner
    )
    try:
        return dry_run(
            session, SYSTEM, programme_id=programme_of(session, claim).id, told=told, discounts=False
        )
    except Refusal:
        return None  # it could not be recorded, so it would give nothing


def _near(session: Session, claim: Claim, facts: ClaimFacts) -> Sequence[Near]:
    """Purchases of about that day and of that very sum."""
    if facts.day is None or facts.amount is None:
        return ()
    noon = datetime.combine(facts.day, time(12), clock.zone(programme_of(session, claim).zone))
    around = timedelta(days=DAYS_AROUND, hours=12)
    query = (
        select(Purchase, Merchant.name)
        .join(Merchant, (Merchant.tenant_id == Purchase.tenant_id) & (Merchant.id == Purchase.merchant_id))
        .where(
            Purchase.tenant_id == tenant_of(session),
            Purchase.member_id == claim.member_id,
            Purchase.amount == facts.amount,
            Purchase.occurred_at.between(noon - around, noon + around),
        )
        .order_by(Purchase.occurred_at)
        .limit(NEAR_MAX)
    )
    return [Near(purchase, name) for purchase, name in session.execute(query)]


def _spent(session: Session, claim: Claim) -> Spent:
    assert claim.redemption_id is not None, "the caller looked"
    redemption = redemption_by_id(session, claim.member_id, claim.redemption_id)
    certificate = session.scalars(
        select(Certificate).where(
            Certificate.tenant_id == tenant_of(session),
            Certificate.member_id == claim.member_id,
            Certificate.redemption_id == redemption.id,
        )
    ).one_or_none()
    reward = session.get_one(Reward, (redemption.tenant_id, redemption.reward_id))
    return Spent(redemption, reward, certificate, payout_of(session, redemption))
