"""Promotions that a participant's own people write: of sales at its own partners, at its own expense alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from coalition.partners.queries import participant_by_id, partners_of
from coalition.promotions.document import Document
from coalition.promotions.gives import Giving
from coalition.promotions.models import Promotion, PromotionDraft, PromotionVersion
from coalition.promotions.triggers.first import FirstPurchases
from coalition.promotions.triggers.mission import Mission
from coalition.promotions.triggers.nth import Nth
from coalition.promotions.triggers.purchase import Purchase
from coalition.promotions.triggers.repeat import Repeat
from coalition.promotions.triggers.streak import Streak
from coalition.promotions.triggers.win_back import WinBack
from tenants.models import Staff
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

_COUNTING = (Purchase, Nth, FirstPurchases, Mission, Repeat, Streak, WinBack)
TRIGGERS = frozenset(str(one.model_fields["kind"].default) for one in _COUNTING)
"""Triggers that look at nothing but purchases which meet the conditions, so at those of the named partners alone."""


def require_own(
    session: Session, participant_id: int | None, document: Mapping[str, Any], code: str = ""
) -> None:
    """Refusal("promotion_not_own") where the document, or the promotion of that code, is not the participant's own.

    Nothing is asked where it is nobody's in particular: None.
    """
    if participant_id is None:
        return
    newest = _newest(session, code) if code else None
    if not is_own(session, participant_id, document) or (
        newest is not None and not is_own(session, participant_id, newest)
    ):
        raise Refusal("promotion_not_own")


def is_drafted_by(session: Session, participant_id: int | None, draft: PromotionDraft) -> bool:
    """Whether somebody of the participant began the draft, at its expense; of nobody in particular, every draft is.

    A person who has worked for another company, or for the programme itself, brings nothing of there along.
    """
    if participant_id is None:
        return True
    theirs = _drafted_by(session, participant_id).where(PromotionDraft.id == draft.id)
    return session.scalars(theirs).first() is not None


def drafts_of_participant(
    session: Session, participant_id: int, *, most: int = 100
) -> Sequence[PromotionDraft]:
    """The drafts that people of the participant began at its expense, the newest first."""
    return session.scalars(
        _drafted_by(session, participant_id).order_by(PromotionDraft.id.desc()).limit(most)
    ).all()


def _drafted_by(session: Session, participant_id: int) -> Select[PromotionDraft]:
    payer = participant_by_id(session, participant_id).code
    return (
        select(PromotionDraft)
        .join(Staff, (Staff.tenant_id == PromotionDraft.tenant_id) & (Staff.id == PromotionDraft.author_id))
        .where(
            PromotionDraft.tenant_id == tenant_of(session),
            Staff.participant_id == participant_id,
            PromotionDraft.document["funding"].contains([{"participant": payer}]),
        )
    )


def is_own(session: Session, participant_id: int, document: Mapping[str, Any]) -> bool:
    """Whether it gives points for purchases at the participant's partners and nowhere else, all at its expense."""
    try:
        told = Document.model_validate(document)
    except ValidationError:
        return False
    owner = participant_by_id(session, participant_id).code
    own = {one.code for one in partners_of(session, participant_id)}
    named = set(told.conditions.partners)
    return (
        [one.participant for one in told.funding] == [owner]
        and bool(named)
        and named <= own
        and told.trigger.kind in TRIGGERS
        and told.gives.giving is Giving.POINTS
    )


def own_promotions(session: Session, participant_id: int) -> list[Promotion]:
    """Promotions of the participant's own that run now or are to run, by their codes."""
    payer = participant_by_id(session, participant_id).code
    rows = session.execute(
        select(Promotion, PromotionVersion.document)
        .join(
            PromotionVersion,
            (Promotion.tenant_id == PromotionVersion.tenant_id)
            & (Promotion.id == PromotionVersion.promotion_id),
        )
        .where(
            Promotion.tenant_id == tenant_of(session),
            PromotionVersion.tenant_id == tenant_of(session),
            PromotionVersion.document["funding"] == [{"participant": payer, "share": 100}],
            PromotionVersion.ends_at.is_(None) | (PromotionVersion.ends_at > clock.now()),
        )
        .order_by(Promotion.code)
    )
    found = {one.id: one for one, document in rows if is_own(session, participant_id, document)}
    return list(found.values())


def codes_paid_by(session: Session, code: str) -> list[str]:
    """Codes of promotions some version of which a participant, by its code, pays for in whole or in part."""
    paid = PromotionVersion.document["funding"].contains([{"participant": code}])
    found = (
        select(Promotion.code)
        .join(
            PromotionVersion,
            (Promotion.tenant_id == PromotionVersion.tenant_id)
            & (Promotion.id == PromotionVersion.promotion_id),
        )
        .where(
            Promotion.tenant_id == tenant_of(session), PromotionVersion.tenant_id == tenant_of(session), paid
        )
    )
    return sorted(set(session.scalars(found)))


def confined(document: Mapping[str, Any], owner: str, partners: frozenset[str]) -> dict[str, Any]:
    """The document with the participant as who pays, for its partners alone: those that it names, or all of them."""
    conditions = dict(document.get("conditions") or {})
    named = [code for code in conditions.get("partners", ()) if code in partners]
    conditions["partners"] = named or sorted(partners)
    return {**document, "conditions": conditions, "funding": [{"participant": owner, "share": 100}]}


def _newest(session: Session, code: str) -> Mapping[str, Any] | None:
    """The document of the promotion's newest version, if there is one."""
    return session.scalars(
        select(PromotionVersion.document)
        .join(
            Promotion,
            (Promotion.tenant_id == PromotionVersion.tenant_id)
            & (Promotion.id == PromotionVersion.promotion_id),
        )
        .where(Promotion.tenant_id == tenant_of(session), Promotion.code == code)
        .order_by(PromotionVersion.id.desc())
        .limit(1)
    ).first()
