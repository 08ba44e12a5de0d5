"""What waits for the signature of the person at the desk: of the work of others, what that person may sign."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.promotion_told import people_named, title_of
from admin.desk import Visitor
from coalition.cabinet import claim_words
from coalition.claims.queries import decisions_of, queue
from coalition.promotions.models import PromotionDraft
from coalition.promotions.overview import Overview, drafts_in, promotions
from coalition.transactions.corrections.queries import corrections_to_sign
from tenants.permissions import Permission
from tenants.runtime import clock


class Waits(NamedTuple):
    """One thing to sign: what it is called, what it is and whose, and where it is signed."""

    title: str
    what: str
    href: str


def may_sign(visitor: Visitor) -> bool:
    """Whether the person signs anything at all."""
    return visitor.may(Permission.DESK_PROMOTION_APPROVE) or visitor.may(Permission.DESK_CLAIM_APPROVE)


def waiting_for(session: Session, visitor: Visitor) -> Sequence[Waits]:
    """Checked drafts, previewed corrections, proposed decisions of claims; never what the person wrote."""
    found: list[Waits] = []
    if visitor.may(Permission.DESK_PROMOTION_APPROVE):
        found += (*_drafts(session, visitor), *_corrections(session, visitor))
    if visitor.may(Permission.DESK_CLAIM_APPROVE):
        found += _claims(session, visitor)
    return found


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
        )
        for one in found
    ]
