"""What is wrong with a version beyond its own words: its dates, what its promotion gave, what other ones have said."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.promotions.checking import Flaw, validity_flaws
from coalition.promotions.document import Document
from coalition.promotions.events import declared_otherwise
from coalition.promotions.models import Promotion, PromotionVersion
from coalition.promotions.spent import spent_flaws
from tenants.runtime.db import tenant_of


def flaws_in_time(
    session: Session,
    programme: Programme,
    *,
    code: str,
    document: Document,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> list[Flaw]:
    """Of a document that is sound in itself, and so its dates: points nobody could spend, events declared otherwise."""
    return [
        *validity_flaws(document, programme, starts_at, ends_at, now),
        *declared_otherwise(
            session, programme, code=code, document=document, starts_at=starts_at or now, ends_at=ends_at
        ),
    ]


def flaws_beside_others(
    session: Session, programme: Programme, *, code: str, document: Document
) -> list[Flaw]:
    """Of a document that is sound in itself: what it may not be as the next version of its promotion."""
    found = share_flaws(session, document)
    promotion = session.scalars(
        select(Promotion).where(Promotion.tenant_id == tenant_of(session), Promotion.code == code)
    ).one_or_none()
    if promotion is None or promotion.programme_id != programme.id:
        return found
    return [
        *found,
        *counting_flaws(session, promotion.id, document),
        *spent_flaws(session, programme, promotion, document),
    ]


def past_flaws(session: Session, *, code: str, starts_at: datetime | None, now: datetime) -> list[Flaw]:
    """A start that would take a past from a version that was live."""
    promotion_id = session.scalars(
        select(Promotion.id).where(Promotion.tenant_id == tenant_of(session), Promotion.code == code)
    ).one_or_none()
    if promotion_id is None or past_taken(session, promotion_id, starts_at or now, now) is None:
        return []
    why = "the start lies in the past, where another version was live"
    return [Flaw("starts_at", "starts_in_past", why, {})]


def past_taken(
    session: Session, promotion_id: int, starts_at: datetime, now: datetime
) -> PromotionVersion | None:
    """The first version of which one from that start would take a past away."""
    if starts_at >= now:
        return None
    return next(
        (one for one in versions_after(session, promotion_id, starts_at) if one.starts_at < now), None
    )


def versions_after(session: Session, promotion_id: int, at: datetime) -> list[PromotionVersion]:
    """Versions of a promotion that hold at this moment or later; those that were withdrawn never do."""
    return list(
        session.scalars(
            select(PromotionVersion)
            .where(
                PromotionVersion.tenant_id == tenant_of(session),
                PromotionVersion.promotion_id == promotion_id,
                PromotionVersion.ends_at.is_(None)
                | ((PromotionVersion.ends_at > at) & (PromotionVersion.ends_at > PromotionVersion.starts_at)),
            )
            .order_by(PromotionVersion.starts_at)
        )
    )


def counting_flaws(session: Session, promotion_id: int, document: Document) -> list[Flaw]:
    """A promotion's counters outlive its versions: what they count may not become something else.

    What counts purchases and what counts occasions never shares counters either: a replay keeps only the latter's.
    """
    found: dict[str, str] = {}
    for stored in session.scalars(
        select(PromotionVersion.document).where(
            PromotionVersion.tenant_id == tenant_of(session), PromotionVersion.promotion_id == promotion_id
        )
    ):
        for field, why in _counted_otherwise(Document.model_validate(stored), document).items():
            found.setdefault(field, why)
    return [Flaw(field, "value_error", why, {}) for field, why in found.items()]


def _counted_otherwise(before: Document, document: Document) -> dict[str, str]:
    """What an older version counts or gives in another way, by its field, with the reason."""
    if before.is_occasional != document.is_occasional:
        return {"trigger": "a promotion is for purchases or for occasions, and stays so"}
    found = {}
    if before.gives.counts() != document.gives.counts():
        why = "a promotion goes on giving what it has given; give the new terms a promotion of their own"
        found["gives"] = why
    for field in ("trigger", "mechanic"):
        old, new = (getattr(one, field).counts() for one in (before, document))
        if old and new and old != new:
            found[field] = (
                "a promotion goes on counting what it has counted; give the new terms a promotion of their own"
            )
    return found


def share_flaws(session: Session, document: Document) -> list[Flaw]:
    """A test's control group is the same in all its promotions and versions, and so is the share that they state."""
    if document.test is None:
        return []
    stated = PromotionVersion.document["test"]
    other = session.scalars(
        select(stated["control_percent"].as_integer())
        .where(
            PromotionVersion.tenant_id == tenant_of(session),
            stated["name"].as_string() == document.test.name,
            stated["control_percent"].as_integer() != document.test.control_percent,
        )
        .limit(1)
    ).first()
    if other is None:
        return []
    why = f"a test keeps one share of the members out, and this one keeps {other} % out already"
    return [Flaw("test.control_percent", "value_error", why, {})]
