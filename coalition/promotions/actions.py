"""Writes of promotions."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.budgets import set_budget, set_seats
from coalition.promotions.checking import budget_flaws, checked_document, period_flaws, require_none
from coalition.promotions.document import Document
from coalition.promotions.fitting import flaws_beside_others, flaws_in_time, past_taken, versions_after
from coalition.promotions.models import Promotion, PromotionVersion
from coalition.promotions.queries import UNCOMMITTED, setting_of
from coalition.promotions.spent import budget_of
from tenants.actor import Actor
from tenants.audit import record
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
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    draft_id: int | None = None,
) -> PromotionVersion:
    """Make a version live from `starts_at`, or at once; the one that was live then ends there, and a pause is over.

    Versions are never changed, and no version takes a past away from another: only where none has been may the start
    lie in the past. Raises what `fit_to_publish` raises, or Refusal("budget_below_spent", spent=...) where
    members got more at the same moment.
    """
    actor.must(Permission.DESK_PROMOTION_PUBLISH)
    raise_number(session)  # first: what is being booked meanwhile is booked before this moment
    tenant_id, now = tenant_of(session), clock.now()
    starts_at = starts_at or now
    programme = programme_by_id(session, programme_id)
    checked, promotion = fit_to_publish(
        session, programme, code=code, document=document, starts_at=starts_at, ends_at=ends_at, now=now
    )
    if promotion is None:
        promotion = Promotion(
            tenant_id=tenant_id, id=next_numbers(session, "promotion"), programme_id=programme_id, code=code
        )
        session.add(promotion)
        session.flush()  # the version refers to it
    promotion.paused_at = promotion.planned_end = None
    for older in versions_after(session, promotion.id, starts_at):
        older.ends_at = max(older.starts_at, starts_at)
    version = PromotionVersion(
        tenant_id=tenant_id,
        id=next_numbers(session, "promotion_version"),
        promotion_id=promotion.id,
        document=checked.model_dump(mode="json"),
        starts_at=starts_at,
        ends_at=ends_at,
        published_at=now,
        draft_id=draft_id,
    )
    session.add(version)
    if checked.limits.has_budget or promotion.budget is not None:
        units = checked.gives.setting(setting_of(session, programme)).units
        set_budget(session, promotion, budget_of(checked.limits, programme, units))
    set_seats(session, promotion, checked.limits.first_members)
    session.flush()  # who reads on another session of this connection sees it
    told = {"version": version.id, "starts_at": starts_at, "ends_at": ends_at}
    record(session, actor, "promotion.publish", f"promotion {code}", after=told)
    return version


def fit_to_publish(
    session: Session,
    programme: Programme,
    *,
    code: str,
    document: dict[str, Any],
    starts_at: datetime,
    ends_at: datetime | None,
    now: datetime,
) -> tuple[Document, Promotion | None]:
    """The document and its promotion, locked, if there is one, when the next version can be this.

    Raises Refusal("document_invalid", field=..., why=...) for a document that cannot be met, whose budget is below one
    award or what members have got already, that would count something else than before or that declares an event
    otherwise than another promotion; else Refusal("promotion_of_another_programme") or
    Refusal("starts_in_past", live_until=...).
    """
    checked = checked_document(session, programme, document)
    require_none(period_flaws(starts_at, ends_at, now))
    require_none(budget_flaws(checked, setting_of(session, programme)))
    require_none(
        flaws_in_time(
            session, programme, code=code, document=checked, starts_at=starts_at, ends_at=ends_at, now=now
        )
    )
    promotion = promotion_locked(session, code)
    if promotion is not None and promotion.programme_id != programme.id:
        raise Refusal("promotion_of_another_programme", promotion=code)
    require_none(flaws_beside_others(session, programme, code=code, document=checked))
    if promotion is not None:
        _require_no_past(session, promotion.id, starts_at, now)
    return checked, promotion


def promotion_locked(session: Session, code: str) -> Promotion | None:
    """The promotion, locked against whoever publishes or pauses it meanwhile."""
    return session.scalars(
        select(Promotion)
        .where(Promotion.tenant_id == tenant_of(session), Promotion.code == code)
        .with_for_update()
    ).one_or_none()


def _require_no_past(session: Session, promotion_id: int, starts_at: datetime, now: datetime) -> None:
    """Refusal("starts_in_past", live_until=...) when a version from that start would take a past from another."""
    if (older := past_taken(session, promotion_id, starts_at, now)) is not None:
        raise Refusal("starts_in_past", live_until=older.ends_at)


def raise_number(session: Session) -> None:
    """Tell every process, in this very transaction, that its compiled index is old."""
    session.execute(
        text(
            "insert into promotion_clock (tenant_id, number) values (:tenant, 1) "
            "on conflict (tenant_id) do update set number = promotion_clock.number + 1"
        ),
        {"tenant": tenant_of(session)},
    )
    session.info[UNCOMMITTED] = True
