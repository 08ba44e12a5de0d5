"""Writes of promotions."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from coalition import money
from coalition.programmes.queries import programme_by_id
from coalition.promotions.budgets import set_budget
from coalition.promotions.document import Document
from coalition.promotions.models import Promotion, PromotionVersion
from coalition.promotions.queries import codes_of
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import next_numbers


def publish(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    code: str,
    document: dict[str, Any],
    starts_at: datetime,
    ends_at: datetime | None = None,
) -> PromotionVersion:
    """Make a version live from `starts_at`; the one that was live then ends there. Versions are never changed.

    Raises Refusal("document_invalid", field=..., why=...) for a document that cannot be met, or
    Refusal("budget_below_spent", spent=...).
    """
    actor.must(Permission.DESK_PROMOTION_PUBLISH)
    tenant_id = tenant_of(session)
    checked = _checked(session, document)
    if ends_at is not None and ends_at <= starts_at:
        raise Refusal("document_invalid", field="ends_at", why="the end comes after the start")
    promotion = session.scalars(
        select(Promotion).where(Promotion.tenant_id == tenant_id, Promotion.code == code).with_for_update()
    ).one_or_none()
    if promotion is None:
        promotion = Promotion(
            tenant_id=tenant_id, id=next_numbers(session, "promotion"), programme_id=programme_id, code=code
        )
        session.add(promotion)
        session.flush()  # the version refers to it
    for older in session.scalars(
        select(PromotionVersion).where(
            PromotionVersion.tenant_id == tenant_id,
            PromotionVersion.promotion_id == promotion.id,
            (PromotionVersion.ends_at.is_(None)) | (PromotionVersion.ends_at > starts_at),
        )
    ):
        older.ends_at = max(older.starts_at, starts_at)
    version = PromotionVersion(
        tenant_id=tenant_id,
        id=next_numbers(session, "promotion_version"),
        promotion_id=promotion.id,
        document=checked.model_dump(mode="json"),
        starts_at=starts_at,
        ends_at=ends_at,
        published_at=clock.now(),
    )
    session.add(version)
    if checked.limits.budget is not None or promotion.budget is not None:
        scale = programme_by_id(session, programme_id).scale
        total = checked.limits.budget
        set_budget(session, promotion, None if total is None else money.in_units(total, scale))
    _raise_number(session)
    return version


def _checked(session: Session, document: dict[str, Any]) -> Document:
    try:
        checked = Document.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal("document_invalid", field=".".join(map(str, first["loc"])), why=first["msg"]) from None
    codes = codes_of(session)
    for field, wanted, known in (
        ("conditions.partners", checked.conditions.partners, codes.partners),
        ("conditions.segments", checked.conditions.segments, codes.segments),
        ("funding", tuple(funder.participant for funder in checked.funding), codes.participants),
    ):
        for code in wanted:
            if code not in known:
                raise Refusal("document_invalid", field=field, why=f"there is no {code}")
    return checked


def _raise_number(session: Session) -> None:
    """Tell every process, in this very transaction, that its compiled index is old."""
    session.execute(
        text(
            "insert into promotion_clock (tenant_id, number) values (:tenant, 1) "
            "on conflict (tenant_id) do update set number = promotion_clock.number + 1"
        ),
        {"tenant": tenant_of(session)},
    )
