"""What is wrong with what a correction is asked for: its days, and what it would not change or stand beside."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.post import day_start
from coalition.programmes.models import Programme
from coalition.promotions.checking import Flaw, as_far_as_sound, flaws
from coalition.promotions.correcting import flaws_to_correct
from coalition.promotions.document import Document
from coalition.promotions.models import Promotion, PromotionVersion
from coalition.promotions.moments import OLDEST
from coalition.promotions.queries import codes_of, setting_of
from coalition.transactions.corrections.models import Correction
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

LONGEST = timedelta(days=366)


def flaws_of_asked(
    session: Session,
    programme: Programme,
    promotion: Promotion,
    document: object,
    first_day: date | None,
    last_day: date | None,
) -> list[Flaw]:
    """Everything that is wrong, the days as far as they are known."""
    found = list(flaws(document, codes_of(session), setting_of(session, programme)))
    sound = as_far_as_sound(document)
    if sound is not None:
        named = {one.field for one in found}
        beside = flaws_to_correct(session, promotion, sound)
        found += [one for one in beside if one.field not in named]
    if first_day is None or last_day is None:
        return found
    in_days = day_flaws(first_day, last_day, clock.business_day(programme.zone))
    if sound is not None and not found and not in_days:
        in_days = beside_flaws(session, programme, promotion, sound, first_day, last_day)
    return [*in_days, *found]


def day_flaws(first_day: date, last_day: date, today: date) -> list[Flaw]:
    """Days in the wrong order, that are not all over, too many, or older than any promotion."""
    found = []
    if last_day < first_day:
        found.append(Flaw("last_day", "correction_days", "the last day comes before the first one", {}))
    if last_day >= today:
        found.append(Flaw("last_day", "correction_not_past", "the last day is not over yet", {}))
    if last_day - first_day > LONGEST:
        why = f"these are more than {LONGEST.days} days"
        found.append(Flaw("last_day", "correction_too_long", why, {"days": LONGEST.days}))
    if first_day < OLDEST.date():
        why, since = "no promotion is as old as that", OLDEST.date()
        found.append(Flaw("first_day", "correction_too_old", why, {"since": since}))
    return found


def beside_flaws(
    session: Session,
    programme: Programme,
    promotion: Promotion,
    document: Document,
    first_day: date,
    last_day: date,
) -> list[Flaw]:
    """Terms that held on all of the days anyway, and another correction of some of them that is not posted yet."""
    found = []
    start, end = day_start(first_day, programme.zone), day_start(last_day + timedelta(days=1), programme.zone)
    if _held_throughout(_versions(session, promotion, start, end), document, start, end):
        why = "these are the terms that held on all of these days"
        found.append(Flaw("", "correction_same", why, {}))
    if (other := waiting_on(session, promotion.id, first_day, last_day)) is not None:
        why = f"correction {other} of some of these days is not posted yet"
        found.append(Flaw("first_day", "correction_waits", why, {"id": other}))
    return found


def waiting_beside(session: Session, correction: Correction) -> int | None:
    """Another correction of some of its days that is not posted yet."""
    return waiting_on(session, correction.promotion_id, correction.first_day, correction.last_day)


def waiting_on(session: Session, promotion_id: int, first_day: date, last_day: date) -> int | None:
    """The first correction of some of these days that is not posted yet, and has not ended."""
    waiting = select(Correction.id).where(
        Correction.tenant_id == tenant_of(session),
        Correction.promotion_id == promotion_id,
        Correction.state.in_(("asked", "sent", "approved")),
        Correction.first_day <= last_day,
        Correction.last_day >= first_day,
    )
    return session.scalars(waiting.order_by(Correction.id).limit(1)).first()


def _versions(
    session: Session, promotion: Promotion, start: datetime, end: datetime
) -> Sequence[PromotionVersion]:
    """Those of the promotion that hold at some time of a span."""
    version = PromotionVersion
    return session.scalars(
        select(version)
        .where(
            version.tenant_id == tenant_of(session),
            version.promotion_id == promotion.id,
            version.starts_at < end,
            version.ends_at.is_(None) | ((version.ends_at > start) & (version.ends_at > version.starts_at)),
        )
        .order_by(version.starts_at)
    ).all()


def _held_throughout(
    versions: Sequence[PromotionVersion], document: Document, start: datetime, end: datetime
) -> bool:
    """Whether nothing but these terms held, without a gap.

    After a correction they may be asked for again: it may have written off what can be taken now.
    """
    for version in versions:
        if version.correcting or version.starts_at > start:
            return False
        if Document.model_validate(version.document) != document:
            return False
        start = end if version.ends_at is None else version.ends_at
    return start >= end
