"""Reads of corrections."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from coalition.ledger.post import day_start
from coalition.partners.models import Participant
from coalition.programmes.queries import programme_by_id
from coalition.promotions.budgets import left
from coalition.promotions.document import Document
from coalition.promotions.index import SEATS
from coalition.promotions.models import Deposit, Promotion, PromotionVersion
from coalition.promotions.queries import setting_of
from coalition.promotions.spent import budget_of
from coalition.transactions.corrections.models import CorrectedMember, Correction, CorrectionSlice
from coalition.transactions.corrections.tally import Tally, total_of
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.models import OutboxJob


class Found(NamedTuple):
    """A correction with what it would be and what it was, as far as that is known, and how many slices are in."""

    correction: Correction
    code: str
    previewed: int
    posted: int
    preview: Tally
    done: Tally

    @property
    def is_previewed(self) -> bool:
        """Whether the preview is whole."""
        return self.previewed == self.correction.slices

    @property
    def differs(self) -> bool:
        """Whether something else was posted than was previewed."""
        return self.correction.state == "done" and self.done.points != self.preview.points


def correction_by_id(session: Session, correction_id: int) -> Found:
    """A correction of this tenant; NotFound("correction_unknown")."""
    tenant_id = tenant_of(session)
    correction = session.get(Correction, (tenant_id, correction_id))
    if correction is None:
        raise NotFound("correction_unknown")
    promotion = session.get_one(Promotion, (tenant_id, correction.promotion_id))
    parts = session.scalars(
        select(CorrectionSlice).where(
            CorrectionSlice.tenant_id == tenant_id, CorrectionSlice.correction_id == correction_id
        )
    ).all()
    return Found(
        correction,
        promotion.code,
        sum(part.preview is not None for part in parts),
        sum(part.posted is not None for part in parts),
        total_of(part.preview for part in parts),
        total_of(part.posted for part in parts),
    )


def days_not_live(session: Session, correction: Correction) -> list[tuple[date, date]]:
    """Its days on which no version of the promotion held when it was asked for, as first and last ones of runs."""
    zone = programme_by_id(session, correction.programme_id).zone
    version = PromotionVersion
    spans = session.execute(
        select(version.starts_at, version.ends_at).where(
            version.tenant_id == tenant_of(session),
            version.promotion_id == correction.promotion_id,
            version.published_at <= correction.asked_at,
            version.ends_at.is_(None) | (version.ends_at > version.starts_at),
        )
    ).all()
    found: list[tuple[date, date]] = []
    day = correction.first_day
    while day <= correction.last_day:
        next_day = day + timedelta(days=1)
        start, end = day_start(day, zone), day_start(next_day, zone)
        if not any(since < end and (until is None or until > start) for since, until in spans):
            runs_on = bool(found) and found[-1][1] + timedelta(days=1) == day
            first = found.pop()[0] if runs_on else day
            found.append((first, day))
        day = next_day
    return found


class Bound(NamedTuple):
    """A hard bound that a correction draws on: a promotion's budget or places, or a participant's deposit."""

    kind: Literal["budget", "places", "deposit"]
    code: str
    units: int  # points; of places, members


def needed_bounds(session: Session, found: Found) -> list[Bound]:
    """What the preview needs of each hard bound; negative where more comes back."""
    return [Bound(*_whose(session, int(key)), units) for key, units in found.preview.needs.items()]


def short_bounds(session: Session, found: Found) -> list[Bound]:
    """Hard bounds that have less than the preview needs, with what is missing."""
    missing = []
    for key, units in found.preview.needs.items():
        if units > (room := _room(session, found.correction, int(key))):
            missing.append(Bound(*_whose(session, int(key)), units - room))
    return missing


def _whose(session: Session, purse: int) -> tuple[Literal["budget", "places", "deposit"], str]:
    if purse < 0:
        deposit = session.get_one(Deposit, (tenant_of(session), -purse))
        return "deposit", session.get_one(Participant, (deposit.tenant_id, deposit.participant_id)).code
    code = session.get_one(Promotion, (tenant_of(session), purse % SEATS)).code
    return ("budget", code) if purse < SEATS else ("places", code)


def _room(session: Session, correction: Correction, purse: int) -> int:
    """What the bound still has; a budget that the promotion gets by this correction is whole."""
    if 0 <= purse < SEATS and session.get_one(Promotion, (tenant_of(session), purse)).budget is None:
        programme = programme_by_id(session, correction.programme_id)
        limits = Document.model_validate(correction.document).limits
        return budget_of(limits, programme, setting_of(session, programme).units) or 0
    return left(session, purse)


def corrections_of(session: Session, promotion_id: int) -> Sequence[Correction]:
    """The corrections of a promotion, the newest first; those that were given up are left out."""
    return session.scalars(
        select(Correction)
        .where(
            Correction.tenant_id == tenant_of(session),
            Correction.promotion_id == promotion_id,
            Correction.state != "discarded",
        )
        .order_by(Correction.id.desc())
    ).all()


def corrections_to_sign(session: Session) -> list[Found]:
    """Corrections that were sent and whose preview still holds, the oldest first: what `approve_correction` takes."""
    sent = session.scalars(select(Correction.id).where(*_to_sign(session)).order_by(Correction.id))
    return [correction_by_id(session, number) for number in sent.all()]


def corrections_to_sign_count(session: Session, staff_id: UUID | None) -> int:
    """How many of them this person has not asked for."""
    others = Correction.author_id.is_distinct_from(staff_id)
    return int(session.scalar(select(func.count()).where(*_to_sign(session), others)) or 0)


def _to_sign(session: Session) -> Sequence[ColumnElement[bool]]:
    newer = aliased(Correction)
    outdated = exists().where(
        newer.tenant_id == Correction.tenant_id,
        newer.promotion_id == Correction.promotion_id,
        newer.approved_at > Correction.asked_at,
    )
    return Correction.tenant_id == tenant_of(session), Correction.state == "sent", ~outdated


def corrections_by_cause(session: Session, causes: Collection[UUID]) -> dict[UUID, Correction]:
    """The corrections that transfers name as their cause."""
    rows = session.scalars(
        select(Correction).where(Correction.tenant_id == tenant_of(session), Correction.cause.in_(causes))
    )
    return {row.cause: row for row in rows}


def corrected_members(
    session: Session, correction_id: int, *, after: UUID | None = None, limit: int = 25
) -> Sequence[CorrectedMember]:
    """Members for whom a correction changes something, in the order of their numbers, from after one on."""
    query = select(CorrectedMember).where(
        CorrectedMember.tenant_id == tenant_of(session), CorrectedMember.correction_id == correction_id
    )
    if after is not None:
        query = query.where(CorrectedMember.member_id > after)
    return session.scalars(query.order_by(CorrectedMember.member_id).limit(limit)).all()


def correction_has_stopped(session: Session, correction_id: int) -> bool:
    """Whether the job of a slice was given up."""
    failed = select(OutboxJob.id).where(
        OutboxJob.tenant_id == tenant_of(session),
        OutboxJob.state == "failed",
        OutboxJob.name.in_(("corrections.preview", "corrections.post")),
        OutboxJob.arguments["correction_id"].as_integer() == correction_id,
    )
    return session.scalars(failed.limit(1)).first() is not None
