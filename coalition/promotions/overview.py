"""Promotions as people follow them: what state each is in, its versions, and the draft that is open."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from sqlalchemy import func, or_, select, union
from sqlalchemy.orm import Session

from coalition.promotions.life import OPEN
from coalition.promotions.models import Promotion, PromotionDraft, PromotionVersion
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


class Stage(StrEnum):
    """What a promotion or a version of it is to people; derived, never stored."""

    LIVE = "live"
    SCHEDULED = "scheduled"
    PAUSED = "paused"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"  # a version that another one replaced before it began
    CORRECTING = "correcting"  # a version that stands in the place of others in a span of the past
    DRAFT = "draft"  # a promotion that has no version yet


@dataclass(frozen=True)
class Overview:
    """A promotion with its versions, newest first; one that has only a draft has no row of its own yet."""

    code: str
    promotion: Promotion | None
    versions: Sequence[PromotionVersion]
    draft: PromotionDraft | None

    def number_of(self, version: PromotionVersion) -> int:
        """Its number among the promotion's versions, from 1 on: the one that people know it by."""
        return len(self.versions) - self.versions.index(version)

    def stage_of(self, version: PromotionVersion, now: datetime) -> Stage:
        """The version's state at that moment."""
        ends_at = version.ends_at
        if version.correcting:
            return Stage.CORRECTING
        if ends_at is not None and ends_at <= version.starts_at:
            return Stage.WITHDRAWN
        if version.starts_at > now:
            return Stage.SCHEDULED
        if ends_at is None or ends_at > now:
            return Stage.LIVE
        if self.promotion is not None and ends_at == self.promotion.paused_at:
            return Stage.PAUSED
        return Stage.ENDED

    def stage(self, now: datetime) -> Stage:
        """The promotion's state: the liveliest of its versions'."""
        found = {self.stage_of(version, now) for version in self.versions}
        if not found:
            return Stage.DRAFT
        return next(stage for stage in Stage if stage in found)

    def shown(self, now: datetime) -> PromotionVersion | None:
        """The version that speaks for the promotion: of those in its state the newest."""
        stage = self.stage(now)
        return next((version for version in self.versions if self.stage_of(version, now) is stage), None)


def promotions(session: Session, codes: Collection[str] | None = None) -> Sequence[Overview]:
    """Every promotion, and every draft that is to become one, by code; or those of these codes."""
    tenant_id = tenant_of(session)
    rows = select(Promotion).where(Promotion.tenant_id == tenant_id)
    versions = select(PromotionVersion).where(PromotionVersion.tenant_id == tenant_id)
    drafts = select(PromotionDraft).where(
        PromotionDraft.tenant_id == tenant_id, PromotionDraft.state.in_(OPEN)
    )
    if codes is not None:
        rows, drafts = rows.where(Promotion.code.in_(codes)), drafts.where(PromotionDraft.code.in_(codes))
    known = session.scalars(rows).all()
    if codes is not None:
        versions = versions.where(PromotionVersion.promotion_id.in_([row.id for row in known]))
    return _together(known, session.scalars(versions), session.scalars(drafts))


def promotion_codes(session: Session) -> list[str]:
    """The codes of every promotion, and of every draft that is to become one, in their order."""
    tenant_id = tenant_of(session)
    known = select(Promotion.code).where(Promotion.tenant_id == tenant_id)
    begun = select(PromotionDraft.code).where(
        PromotionDraft.tenant_id == tenant_id, PromotionDraft.state.in_(OPEN)
    )
    return sorted(session.scalars(union(known, begun)))


def codes_between(session: Session, begun: datetime, over: datetime, now: datetime) -> list[str]:
    """The codes of promotions, and of drafts that are to become one, that hold at some time in [begun, over).

    A draft without a start holds from `now` on, when it may be published.
    """
    tenant_id, version, draft = tenant_of(session), PromotionVersion, PromotionDraft
    held = (
        select(Promotion.code)
        .join(version, (version.tenant_id == Promotion.tenant_id) & (version.promotion_id == Promotion.id))
        .where(
            Promotion.tenant_id == tenant_id,
            version.starts_at < over,
            or_(version.ends_at.is_(None), (version.ends_at > begun) & (version.ends_at > version.starts_at)),
        )
    )
    planned = select(draft.code).where(
        draft.tenant_id == tenant_id,
        draft.state.in_(OPEN),
        func.coalesce(draft.starts_at, now) < over,
        or_(draft.ends_at.is_(None), draft.ends_at > begun),
    )
    return sorted(session.scalars(union(held, planned)))


def promotion_by_code(session: Session, code: str) -> Overview:
    """One promotion, or the draft of one; NotFound("promotion_unknown")."""
    found = promotions(session, [code])
    if not found:
        raise NotFound("promotion_unknown")
    return found[0]


def draft_by_id(session: Session, draft_id: int) -> PromotionDraft:
    """A draft of this tenant, open or not; NotFound("draft_unknown")."""
    draft = session.get(PromotionDraft, (tenant_of(session), draft_id))
    if draft is None:
        raise NotFound("draft_unknown")
    return draft


def drafts_of(session: Session, versions: Iterable[PromotionVersion]) -> dict[int, PromotionDraft]:
    """What each version was before its publication, by the version's number, as far as that is known."""
    numbers = {version.id: version.draft_id for version in versions if version.draft_id is not None}
    rows = session.scalars(
        select(PromotionDraft).where(
            PromotionDraft.tenant_id == tenant_of(session), PromotionDraft.id.in_(set(numbers.values()))
        )
    )
    found = {row.id: row for row in rows}
    return {version: found[draft] for version, draft in numbers.items()}


def drafts_in(session: Session, state: str) -> Sequence[str]:
    """The codes of promotions with a draft in the state: "checked" waits to be signed, "approved" to be published."""
    return session.scalars(
        select(PromotionDraft.code).where(
            PromotionDraft.tenant_id == tenant_of(session), PromotionDraft.state == state
        )
    ).all()


def _together(
    rows: Iterable[Promotion], versions: Iterable[PromotionVersion], drafts: Iterable[PromotionDraft]
) -> Sequence[Overview]:
    open_, of_promotion = {draft.code: draft for draft in drafts}, dict[int, list[PromotionVersion]]()
    for version in sorted(versions, key=attrgetter("id"), reverse=True):
        of_promotion.setdefault(version.promotion_id, []).append(version)
    found = [Overview(row.code, row, of_promotion.get(row.id, ()), open_.pop(row.code, None)) for row in rows]
    found += [Overview(code, None, (), draft) for code, draft in open_.items()]
    return sorted(found, key=attrgetter("code"))
