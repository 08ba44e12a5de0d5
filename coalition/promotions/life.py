"""The life of a promotion: a draft is checked, approved by another person, published; a live version can be paused.

Versions are never edited. What is to change is a draft, and who changes it says which revision was seen, so that
nobody overwrites or approves what somebody else has changed meanwhile.
"""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.queries import retired_benefits
from coalition.partners.queries import company_here
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import (
    fit_to_publish,
    promotion_locked,
    publish,
    raise_number,
)
from coalition.promotions.categories import written_out
from coalition.promotions.checking import CODE, CODE_SAID
from coalition.promotions.document import Document
from coalition.promotions.fitting import versions_after
from coalition.promotions.gives import GivesBenefit
from coalition.promotions.models import Promotion, PromotionDraft, PromotionVersion
from coalition.promotions.own import is_drafted_by, require_own
from coalition.promotions.queries import own_categories
from tenants.actor import Actor
from tenants.approvals.models import HOURS
from tenants.audit import attested, record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import next_numbers

OPEN = ("draft", "checked", "approved")
_MOVES = {
    ("draft", "save"): "draft",
    ("checked", "save"): "draft",
    ("approved", "save"): "draft",
    ("draft", "check"): "checked",
    ("checked", "approve"): "approved",
    ("approved", "publish"): "published",
    ("draft", "discard"): "discarded",
    ("checked", "discard"): "discarded",
    ("approved", "discard"): "discarded",
}


def begin_draft(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    code: str,
    document: dict[str, Any],
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    note: str = "",
) -> PromotionDraft:
    """Begin the next version of a promotion, or a new one; nothing of the document is checked yet.

    Raises Refusal("document_invalid", field="code"), or Conflict("draft_exists", id=...) while another is open, or
    Refusal("promotion_not_own") for a participant's person where it is not of her participant alone,
    Conflict("company_left") where that has left.
    """
    actor.must(Permission.DESK_PROMOTION_EDIT, own=Permission.PORTAL_PROMOTION_EDIT)
    company_here(session, actor.of_participant)
    require_own(session, actor.of_participant, document, code)
    tenant_id, programme = tenant_of(session), programme_by_id(session, programme_id)
    if not CODE.fullmatch(code):
        raise Refusal("document_invalid", field="code", why=CODE_SAID)
    number = next_numbers(session, "promotion_draft")  # from here on nobody else begins one
    open_ = session.scalars(
        select(PromotionDraft.id).where(
            PromotionDraft.tenant_id == tenant_id,
            PromotionDraft.code == code,
            PromotionDraft.state.in_(OPEN),
        )
    ).first()
    if open_ is not None:
        raise Conflict("draft_exists", id=open_)
    draft = PromotionDraft(
        tenant_id=tenant_id,
        id=number,
        code=code,
        programme_id=programme.id,
        document=document,
        starts_at=starts_at,
        ends_at=ends_at,
        state="draft",
        revision=1,
        author_id=actor.id,
        editor_id=actor.id,
        editors=[] if actor.id is None else [actor.id],
        note=note,
        saved_at=clock.now(),
    )
    session.add(draft)
    record(session, actor, "promotion.draft", f"promotion {code}", after={"revision": 1}, reason=note)
    return draft


def save_draft(
    session: Session,
    actor: Actor,
    *,
    draft_id: int,
    revision: int,
    document: dict[str, Any],
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    note: str = "",
) -> PromotionDraft:
    """Change a draft; whatever was checked or approved is a draft again.

    Raises Conflict("draft_changed") when it is not at the revision that was seen, or Conflict("draft_state").
    """
    actor.must(Permission.DESK_PROMOTION_EDIT, own=Permission.PORTAL_PROMOTION_EDIT)
    company_here(session, actor.of_participant)
    require_own(session, actor.of_participant, document)
    draft = _move(session, actor, draft_id, revision, "save")
    draft.document, draft.starts_at, draft.ends_at, draft.note = document, starts_at, ends_at, note
    draft.editor_id, draft.checked_by, draft.approved_by, draft.approved_at = actor.id, None, None, None
    if actor.id is not None and actor.id not in draft.editors:
        draft.editors = [*draft.editors, actor.id]
    draft.saved_at = clock.now()
    told = {"revision": draft.revision}
    record(session, actor, "promotion.draft", f"promotion {draft.code}", after=told, reason=note)
    return draft


def check(session: Session, actor: Actor, *, draft_id: int, revision: int) -> PromotionDraft:
    """Find the draft fit to be approved, and write out in it what its categories mean: that is what will be signed.

    What `fit_to_publish` raises says why it is not.
    """
    actor.must(Permission.DESK_PROMOTION_EDIT, own=Permission.PORTAL_PROMOTION_EDIT)
    company_here(session, actor.of_participant)
    draft = _move(session, actor, draft_id, revision, "check")
    require_own(session, actor.of_participant, draft.document, draft.code)
    _require_fit(session, draft)
    draft.document = written_out(draft.document, own_categories(session))
    draft.checked_by = actor.id
    record(session, actor, "promotion.check", f"promotion {draft.code}", after={"revision": draft.revision})
    return draft


def approve(session: Session, actor: Actor, *, draft_id: int, revision: int) -> PromotionDraft:
    """Sign a checked draft, as a person of the staff who neither began it nor changed anything of it.

    Raises Refusal("second_pair_of_eyes"), or what `check` raises of a draft that has become unfit since.
    """
    actor.must(Permission.DESK_PROMOTION_APPROVE)
    draft = _move(session, actor, draft_id, revision, "approve")
    if actor.id is None or actor.id in draft.editors:
        raise Refusal("second_pair_of_eyes")
    _require_fit(session, draft)
    draft.approved_by, draft.approved_at = actor.id, clock.now()
    told = {"revision": draft.revision} | _signed(draft)
    record(session, actor, "promotion.sign", f"promotion {draft.code}", after=told)
    return draft


def publish_draft(session: Session, actor: Actor, *, draft_id: int, revision: int) -> PromotionVersion:
    """Make the approved draft the promotion's next version.

    Raises Refusal("signature_over") once 72 hours are over since it was signed, Refusal("signature_unproven") where
    the audit trail does not hold that exactly this was signed, and what `publish` raises.
    """
    actor.must(Permission.DESK_PROMOTION_PUBLISH)
    draft = _move(session, actor, draft_id, revision, "publish")
    if draft.approved_at is not None and clock.now() >= draft.approved_at + timedelta(hours=HOURS):
        raise Refusal("signature_over")
    if not attested(session, "promotion.sign", f"promotion {draft.code}", draft.approved_by, _signed(draft)):
        raise Refusal("signature_unproven")
    return publish(
        session,
        actor,
        programme_id=draft.programme_id,
        code=draft.code,
        document=draft.document,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        draft_id=draft.id,
    )


def discard(session: Session, actor: Actor, *, draft_id: int, revision: int) -> PromotionDraft:
    """Give a draft up; it stays to be read."""
    actor.must(Permission.DESK_PROMOTION_EDIT, own=Permission.PORTAL_PROMOTION_EDIT)
    draft = _move(session, actor, draft_id, revision, "discard")
    require_own(session, actor.of_participant, draft.document)
    record(session, actor, "promotion.discard", f"promotion {draft.code}", after={"revision": draft.revision})
    return draft


def pause(session: Session, actor: Actor, *, code: str) -> Promotion:
    """End the live version now, and withdraw those that were to follow: nothing is paid until it is resumed.

    Raises NotFound("promotion_unknown") or Conflict("promotion_not_live").
    """
    actor.must(Permission.DESK_PROMOTION_PUBLISH)
    raise_number(session)  # first: what is being booked meanwhile is booked before this moment
    promotion, now = _locked(session, code), clock.now()
    holding = versions_after(session, promotion.id, now)
    live = next((version for version in holding if version.starts_at <= now), None)
    if live is None:
        raise Conflict("promotion_not_live")
    promotion.paused_at, promotion.planned_end = now, live.ends_at
    for version in holding:
        version.ends_at = max(version.starts_at, now)
    record(
        session,
        actor,
        "promotion.pause",
        f"promotion {code}",
        before={"ends_at": promotion.planned_end},
        after={"ends_at": now},
    )
    return promotion


def end(session: Session, actor: Actor, *, code: str) -> Promotion:
    """End it for good: what is live, paused or still to come; only a new version brings it back.

    Raises NotFound("promotion_unknown") or Conflict("promotion_not_live") when it is over already.
    """
    actor.must(Permission.DESK_PROMOTION_PUBLISH)
    raise_number(session)  # first: what is being booked meanwhile is booked before this moment
    promotion, now = _locked(session, code), clock.now()
    holding = versions_after(session, promotion.id, now)
    if not holding and promotion.paused_at is None:
        raise Conflict("promotion_not_live")
    promotion.paused_at = promotion.planned_end = None
    for version in holding:
        version.ends_at = max(version.starts_at, now)
    record(
        session, actor, "promotion.end", f"promotion {code}", after={"versions": [one.id for one in holding]}
    )
    return promotion


def resume(session: Session, actor: Actor, *, code: str) -> PromotionVersion:
    """Publish what was paused anew, from now until the end it had.

    Raises Conflict("promotion_not_paused"), Conflict("promotion_over") when that end has come meanwhile, or
    Refusal("benefit_retired", benefit=...) when what it grants has been retired.
    """
    actor.must(Permission.DESK_PROMOTION_PUBLISH)
    raise_number(session)  # before the promotion's lock, as everybody who publishes
    promotion = _locked(session, code)
    if promotion.paused_at is None:
        raise Conflict("promotion_not_paused")
    ends_at = promotion.planned_end
    if ends_at is not None and ends_at <= clock.now():
        raise Conflict("promotion_over", ended_at=ends_at)
    stopped = session.scalars(
        select(PromotionVersion)
        .where(
            PromotionVersion.tenant_id == promotion.tenant_id,
            PromotionVersion.promotion_id == promotion.id,
            PromotionVersion.correcting.is_(False),
            PromotionVersion.starts_at <= promotion.paused_at,
            PromotionVersion.ends_at == promotion.paused_at,
        )
        .order_by(PromotionVersion.id.desc())
        .limit(1)
    ).one()
    gives = Document.model_validate(stopped.document).gives
    if isinstance(gives, GivesBenefit) and gives.code in retired_benefits(session):
        raise Refusal("benefit_retired", benefit=gives.code)
    return publish(
        session,
        actor,
        programme_id=promotion.programme_id,
        code=code,
        document=stopped.document,
        ends_at=ends_at,
        draft_id=stopped.draft_id,
    )


def _signed(draft: PromotionDraft) -> dict[str, Any]:
    """What a signature is bound to: this draft's document and its days, by their SHA-256."""
    days = [day and day.astimezone(UTC).isoformat() for day in (draft.starts_at, draft.ends_at)]
    written = json.dumps([draft.document, *days], sort_keys=True, ensure_ascii=False)
    return {"draft": draft.id, "sha256": sha256(written.encode()).hexdigest()}


def _require_fit(session: Session, draft: PromotionDraft) -> None:
    """It raises what `fit_to_publish` raises of the draft as it stands, were it published now."""
    now = clock.now()
    fit_to_publish(
        session,
        programme_by_id(session, draft.programme_id),
        code=draft.code,
        document=draft.document,
        starts_at=draft.starts_at or now,
        ends_at=draft.ends_at,
        now=now,
    )


def _move(session: Session, actor: Actor, draft_id: int, revision: int, event: str) -> PromotionDraft:
    """The draft, locked, in its next state and at its next revision; a participant's people find only their own."""
    draft = session.get(
        PromotionDraft, (tenant_of(session), draft_id), with_for_update=True, populate_existing=True
    )
    if draft is None or not is_drafted_by(session, actor.of_participant, draft):
        raise NotFound("draft_unknown")
    if draft.revision != revision:
        raise Conflict("draft_changed")
    if (draft.state, event) not in _MOVES:
        raise Conflict("draft_state", state=draft.state)
    draft.state = _MOVES[draft.state, event]
    draft.revision += 1
    return draft


def _locked(session: Session, code: str) -> Promotion:
    promotion = promotion_locked(session, code)
    if promotion is None:
        raise NotFound("promotion_unknown")
    return promotion
