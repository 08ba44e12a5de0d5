"""What waits for the signature of the person at the desk: of the work of others, what that person may sign."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Uuid, all_, func, literal, select
from sqlalchemy.orm import Session

from admin.console import approval_told
from admin.console.promotion_told import people_named, title_of
from admin.desk import Visitor, visitor
from coalition.cabinet import claim_words
from coalition.claims.models import ClaimDecision
from coalition.claims.queries import decisions_of, queue
from coalition.promotions.models import PromotionDraft
from coalition.promotions.overview import Overview, drafts_in, promotions
from coalition.transactions.corrections.queries import corrections_to_sign, corrections_to_sign_count
from tenants.approvals.queries import approvals_to_sign, approvals_to_sign_count
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.web import session as at_hand

SIGNS = (
    Permission.DESK_PROMOTION_APPROVE,
    Permission.DESK_CLAIM_APPROVE,
    Permission.DESK_CHANGE_APPROVE,
)


class Waits(NamedTuple):
    """One thing to sign: what it is called, what it is and whose, where; since when, until when, and what changes."""

    title: str
    what: str
    href: str
    since: datetime
    until: datetime | None = None
    changes: Sequence[str] = ()


def may_sign(visitor: Visitor) -> bool:
    """Whether the person signs anything at all."""
    return visitor.actor.participant_id is None and any(visitor.may(one) for one in SIGNS)


def to_sign_count() -> int:
    """How much waits for the signature of whoever is at the desk, without reading it: for the menu of every page."""
    found = visitor()
    if found is None or not may_sign(found):
        return 0
    session = at_hand()
    tenant_id, count = tenant_of(session), approvals_to_sign_count(session, found.actor)
    if found.may(Permission.DESK_PROMOTION_APPROVE):
        drafts = select(func.count()).where(
            PromotionDraft.tenant_id == tenant_id,
            PromotionDraft.state == "checked",
            literal(found.actor.id, Uuid()) != all_(PromotionDraft.editors),
        )
        count += int(session.scalar(drafts) or 0)
        if found.may(Permission.DESK_LEDGER_ADJUST):
            count += corrections_to_sign_count(session, found.actor.id)
    if found.may(Permission.DESK_CLAIM_APPROVE):
        decisions = select(func.count()).where(
            ClaimDecision.tenant_id == tenant_id,
            ClaimDecision.state == "proposed",
            ClaimDecision.author_id != found.actor.id,
        )
        count += int(session.scalar(decisions) or 0)
    return count


def waiting_for(session: Session, visitor: Visitor) -> Sequence[Waits]:
    """Changes that were asked for, checked drafts, previewed corrections, proposed decisions of claims.

    Never what the person wrote. What ends comes first, then what waits longest.
    """
    found: list[Waits] = []
    if visitor.may(Permission.DESK_CHANGE_APPROVE):
        found += _changes(session, visitor)
    if visitor.may(Permission.DESK_PROMOTION_APPROVE):
        found += (*_drafts(session, visitor), *_corrections(session, visitor))
    if visitor.may(Permission.DESK_CLAIM_APPROVE):
        found += _claims(session, visitor)
    return sorted(found, key=lambda one: (one.until is None, one.until or one.since))


def _changes(session: Session, visitor: Visitor) -> Sequence[Waits]:
    asked = approvals_to_sign(session, visitor.actor)
    people = people_named(session, (one.author_id for one in asked))
    return [
        Waits(
            approval_told.title(session, one, visitor.w),
            _("Asked by %(name)s", name=people.get(one.author_id, "")),
            url_for("desk_approvals.approval", approval_id=one.id),
            one.asked_at,
            one.expires_at,
            approval_told.told(session, one, visitor.w),
        )
        for one in asked
    ]


def _claims(session: Session, visitor: Visitor) -> Sequence[Waits]:
    proposed = [
        (claim, decision)
        for claim in queue(session, "signing", visitor.actor.id)
        for decision in decisions_of(session, claim)
        if decision.state == "proposed" and decision.author_id != visitor.actor.id
    ]
    people = people_named(session, (decision.author_id for _claim, decision in proposed))
    return [
        Waits(
            claim_words.name_of(claim),
            _("Decision of a claim, by %(name)s", name=people.get(decision.author_id, _("The house"))),
            url_for("desk_claims.claim", number=claim.number),
            decision.proposed_at,
        )
        for claim, decision in proposed
    ]


def _drafts(session: Session, visitor: Visitor) -> Sequence[Waits]:
    checked = [
        (one, draft)
        for one, draft in _with_drafts(session, "checked")
        if visitor.actor.id not in draft.editors
    ]
    return _told(session, visitor, checked)


def to_publish(session: Session, visitor: Visitor) -> Sequence[Waits]:
    """Signed drafts, for who publishes: their own, too."""
    return _told(session, visitor, _with_drafts(session, "approved"))


def _with_drafts(session: Session, state: str) -> list[tuple[Overview, PromotionDraft]]:
    found = promotions(session, drafts_in(session, state))
    return [(one, one.draft) for one in found if one.draft is not None and one.draft.state == state]


def _told(
    session: Session, visitor: Visitor, found: Sequence[tuple[Overview, PromotionDraft]]
) -> Sequence[Waits]:
    now, w = clock.now(), visitor.w
    people = people_named(session, (draft.editor_id for _one, draft in found))
    return [
        Waits(
            title_of(one, now, w.lang),
            _("New version of the promotion, by %(name)s", name=people.get(draft.editor_id, _("The house")))
            if one.versions
            else _("New promotion, by %(name)s", name=people.get(draft.editor_id, _("The house"))),
            url_for("desk_promotions.promotion", code=one.code, _anchor="draft"),
            draft.saved_at,
        )
        for one, draft in found
    ]


def _corrections(session: Session, visitor: Visitor) -> Sequence[Waits]:
    if not visitor.may(Permission.DESK_LEDGER_ADJUST):
        return ()
    now, w = clock.now(), visitor.w
    found = [one for one in corrections_to_sign(session) if one.correction.author_id != visitor.actor.id]
    known = {one.code: one for one in promotions(session, [one.code for one in found])}
    people = people_named(session, (one.correction.author_id for one in found))
    return [
        Waits(
            title_of(known[one.code], now, w.lang),
            _(
                "Correction for %(first)s — %(last)s, by %(name)s",
                first=w.day(one.correction.first_day),
                last=w.day(one.correction.last_day),
                name=people.get(one.correction.author_id, _("The house")),
            ),
            url_for("desk_corrections.correction", correction_id=one.correction.id),
            one.correction.asked_at,
        )
        for one in found
    ]
