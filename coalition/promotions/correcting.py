"""Correcting versions: what should have held of a promotion in a span of the past.

Whose points that changes, and how they are moved, is `coalition.transactions.corrections`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from coalition.partners.queries import participants_by_code
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import (
    budget_of,
    promotion_locked,
    raise_number,
    require_same_counting,
    require_same_share,
)
from coalition.promotions.budgets import set_budget
from coalition.promotions.checking import checked_document
from coalition.promotions.document import Document
from coalition.promotions.gives import Giving
from coalition.promotions.models import Promotion, PromotionVersion
from coalition.promotions.queries import deposits_of, published_versions, setting_of
from coalition.promotions.triggers.tier_reached import TierReached
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import next_numbers


def fit_to_correct(
    session: Session, programme: Programme, *, code: str, document: dict[str, Any]
) -> tuple[Document, Promotion]:
    """The document and the promotion, locked, whose past it can correct.

    Raises NotFound("promotion_unknown"), and of what `fit_to_publish` raises all that does not concern dates.
    """
    promotion = promotion_locked(session, code)
    if promotion is None:
        raise NotFound("promotion_unknown")
    if promotion.programme_id != programme.id:
        raise Refusal("promotion_of_another_programme", promotion=code)
    checked = checked_document(session, programme, document)
    if checked.is_occasional:
        raise Refusal("document_invalid", field="trigger", why="only what purchases gave can be corrected")
    if checked.gives.giving is not Giving.POINTS:
        raise Refusal("document_invalid", field="gives", why="only points can be corrected")
    if checked.activation is not None or _moves_what_waits(session, programme, promotion):
        why = "points that wait for a condition cannot be corrected, nor what they look at"
        raise Refusal("document_invalid", field="activation", why=why)
    limits = checked.limits
    if promotion.budget is not None and not limits.has_budget:
        raise Refusal(
            "document_invalid", field="limits.budget", why="a correction keeps the promotion's budget"
        )
    if (promotion.seats is None) != (limits.first_members is None):
        why = "a correction keeps the promotion's places for members"
        raise Refusal("document_invalid", field="limits.first_members", why=why)
    require_same_share(session, checked)
    require_same_counting(session, promotion.id, checked)
    return checked, promotion


def publish_correction(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    code: str,
    document: dict[str, Any],
    starts_at: datetime,
    ends_at: datetime,
) -> PromotionVersion:
    """Make a version hold for whatever was bought in the span, known or not yet; it raises what `fit_to_correct` does.

    The promotion keeps its budget. One that it has for the first time by this version is that of the document.
    """
    actor.must(Permission.DESK_PROMOTION_APPROVE)
    raise_number(session)  # first: what is being booked meanwhile is booked before this moment
    programme = programme_by_id(session, programme_id)
    checked, promotion = fit_to_correct(session, programme, code=code, document=document)
    version = PromotionVersion(
        tenant_id=promotion.tenant_id,
        id=next_numbers(session, "promotion_version"),
        promotion_id=promotion.id,
        document=checked.model_dump(mode="json"),
        starts_at=starts_at,
        ends_at=ends_at,
        published_at=clock.now(),
        correcting=True,
    )
    session.add(version)
    if checked.limits.has_budget and promotion.budget is None:
        units = setting_of(session, programme).units
        set_budget(session, promotion, budget_of(checked.limits, programme, units))
    session.flush()  # who reads on another session of this connection sees it
    return version


def _moves_what_waits(session: Session, programme: Programme, promotion: Promotion) -> bool:
    """Whether points that wait for a condition could be moved: the promotion's own, or those that look at others'.

    These are of versions that share a lane, a level or a deposit with others or add to what others give, and those
    under a hard bound, because what was cut by it could be given now.
    """
    deposited = deposits_of(session, programme).keys()
    participants = participants_by_code(session)
    for one in published_versions(session, programme):
        document = one.document
        if document.activation is None or document.is_occasional:
            continue  # occasions are never valued anew
        looks = document.lane or document.mechanic.late or isinstance(document.trigger, TierReached)
        bounded = document.limits.has_budget or document.limits.first_members is not None
        levels = any(condition.kind == "tier" for condition in document.where)
        paid_in = any(participants[funder.participant] in deposited for funder in document.funding)
        if one.promotion == promotion.id or looks or levels or bounded or paid_in:
            return True
    return False
