"""How much one person decides alone: beyond it a decision is not refused, but waits for a second person."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from coalition.claims.models import Claim, ClaimDecision, ClaimEvent
from coalition.claims.moving import programme_of
from coalition.claims.states import Verb
from coalition.claims.terms import terms_of
from coalition.programmes.words import words_in
from coalition.transactions.models import Purchase
from coalition.transactions.two_channels.terms import same_sale_terms
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.translations import N_

if TYPE_CHECKING:
    from coalition.claims.deciding import Sale

WINDOW = timedelta(days=30)
NEAR_DAYS = 2
Why = Literal["", "claim", "sum", "near", "opener", "member", "officer"]
WHYS: Mapping[Why, str] = {
    "claim": N_("More than %(points)s for one claim need a second signature: nothing is posted until then"),
    "sum": N_("A purchase of such a sum needs a second signature: nothing is posted until then"),
    "near": N_(
        "A purchase of this sum is known of these days. If it is another one, a second person signs that: "
        "nothing is posted until then"
    ),
    "opener": N_("You opened this claim, so another person signs the decision: nothing is posted until then"),
    "member": N_(
        "With this the member gets more in thirty days than is given without a second signature: "
        "nothing is posted until then"
    ),
    "officer": N_(
        "With this you give more in thirty days than one person gives alone: nothing is posted until then"
    ),
}
"""Why a second person signs, as the officer reads it."""


def why_two(
    session: Session, claim: Claim, *, officer_id: UUID | None, points: int, sale: "Sale | None" = None
) -> Why:
    """Which limit of one person the decision would pass, if any. The caller of a decision holds `hold_sums`."""
    programme = programme_of(session, claim)
    terms, unit = terms_of(programme), 10**programme.scale
    of_claim = ClaimDecision.claim_id == claim.id
    of_member = ClaimDecision.member_id == claim.member_id
    if points + _given(session, of_member, of_claim) > terms.alone_points * unit:
        return "claim"
    if sale is not None and sale.amount > terms.alone_sum * 10 ** words_in("en", programme).exponent:
        return "sum"
    if sale is not None and _near(session, claim, sale):
        return "near"
    if _opened_by(session, claim, officer_id):
        return "opener"
    alone = ~ClaimDecision.two & (ClaimDecision.done_at > clock.now() - WINDOW)
    if points and points + _given(session, of_member, alone) > terms.member_points * unit:
        return "member"
    if points and points + _given(session, ClaimDecision.author_id == officer_id, alone) > (
        terms.officer_points * unit
    ):
        return "officer"
    return ""


def _given(session: Session, *which: ColumnElement[bool]) -> int:
    """Points of done decisions."""
    total = session.scalar(
        select(func.coalesce(func.sum(ClaimDecision.given), 0)).where(
            ClaimDecision.tenant_id == tenant_of(session), ClaimDecision.state == "done", *which
        )
    )
    return int(total or 0)


def _opened_by(session: Session, claim: Claim, staff_id: UUID | None) -> bool:
    """Whether that person of the staff opened the claim, or opened it again."""
    return bool(
        session.scalar(
            select(func.count()).where(
                ClaimEvent.tenant_id == claim.tenant_id,
                ClaimEvent.member_id == claim.member_id,
                ClaimEvent.claim_id == claim.id,
                ClaimEvent.verb.in_((Verb.OPEN, Verb.REOPEN)),
                ClaimEvent.staff_id == staff_id,
            )
        )
    )


def _near(session: Session, claim: Claim, sale: "Sale") -> bool:
    """Whether the member has a purchase that may be this one: about its sum, by the same-sale terms, and its day."""
    terms = same_sale_terms(programme_of(session, claim))
    around = timedelta(days=max(NEAR_DAYS, terms.days if terms else 0))
    off = sale.amount * (terms.tolerance_percent if terms else 0)
    return bool(
        session.scalar(
            select(func.count()).where(
                Purchase.tenant_id == claim.tenant_id,
                Purchase.member_id == claim.member_id,
                Purchase.occurred_at.between(sale.occurred_at - around, sale.occurred_at + around),
                func.abs(Purchase.amount - sale.amount) * 100 <= off,
            )
        )
    )
