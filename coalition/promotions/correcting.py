"""Correcting versions: what should have held of a promotion in a span of the past.

Whose points that changes, and how they are moved, is `coalition.transactions.corrections`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import (
    promotion_locked,
    raise_number,
)
from coalition.promotions.budgets import set_budget
from coalition.promotions.checking import Flaw, checked_document, require_none
from coalition.promotions.document import Document
from coalition.promotions.fitting import counting_flaws, share_flaws
from coalition.promotions.gives import Giving
from coalition.promotions.models import Promotion, PromotionVersion
from coalition.promotions.queries import setting_of
from coalition.promotions.spent import budget_of
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
    require_none(flaws_to_correct(session, promotion, checked))
    return checked, promotion


def flaws_to_correct(session: Session, promotion: Promotion, document: Document) -> list[Flaw]:
    """Of a document that is sound in itself: everything for which it cannot correct the promotion's past."""
    limits = document.limits
    wrong = (
        ("trigger", document.is_occasional, "only what purchases gave can be corrected"),
        ("gives", document.gives.giving is not Giving.POINTS, "only points can be corrected"),
        (
            "limits.budget",
            promotion.budget is not None and not limits.has_budget,
            "a correction keeps the promotion's budget",
        ),
        (
            "limits.first_members",
            (promotion.seats is None) != (limits.first_members is None),
            "a correction keeps the promotion's places for members",
        ),
    )
    found = [Flaw(field, "value_error", why, {}) for field, is_wrong, why in wrong if is_wrong]
    named = {one.field for one in found}
    counted = [one for one in counting_flaws(session, promotion.id, document) if one.field not in named]
    return [*found, *share_flaws(session, document), *counted]


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
