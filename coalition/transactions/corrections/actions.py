"""The life of a correction: asked for and previewed, sent, signed by another person, posted; or ended before that."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.members.queries import member_slices
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import raise_number
from coalition.promotions.checking import Flaw
from coalition.promotions.correcting import fit_to_correct, publish_correction
from coalition.promotions.models import Promotion, PromotionVersion
from coalition.transactions.corrections.asking import beside_flaws, day_flaws, waiting_beside
from coalition.transactions.corrections.models import Correction, CorrectionSlice
from coalition.transactions.corrections.tally import total_of
from coalition.transactions.corrections.valuing import moments_of
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import new_id, next_numbers
from tenants.runtime.jobs import ask

MEMBERS_PER_SLICE = 500
_MOVES = {
    ("asked", "rest"): "idle",
    ("asked", "send"): "sent",
    ("idle", "send"): "sent",
    ("sent", "approve"): "approved",
    ("asked", "discard"): "discarded",
    ("idle", "discard"): "discarded",
    ("sent", "discard"): "discarded",
    ("approved", "finish"): "done",
}


def begin_correction(
    session: Session,
    actor: Actor,
    *,
    code: str,
    document: dict[str, Any],
    first_day: date,
    last_day: date,
    debt: Literal["never", "allowed"] = "never",
    note: str = "",
) -> Correction:
    """Ask what it would change if the promotion had had these terms on these business days; jobs do the slices.

    Raises NotFound("promotion_unknown"), Refusal("correction_days"), "correction_not_past" for days that are not all
    over, "correction_too_long" for more than a year of them or "correction_too_old" (since=...), what
    `fit_to_correct` raises, "correction_same" where these very terms held on all of the days, or "correction_waits"
    (id=...) while another one of some of them is not posted yet.
    """
    actor.must(Permission.DESK_PROMOTION_EDIT)
    programme, now = _programme_of(session, code), clock.now()
    _require(day_flaws(first_day, last_day, clock.business_day(programme.zone)))
    checked, promotion = fit_to_correct(session, programme, code=code, document=document)
    _require(beside_flaws(session, programme, promotion, checked, first_day, last_day))
    slices = member_slices(session, programme.id, MEMBERS_PER_SLICE)
    correction = Correction(
        tenant_id=tenant_of(session),
        id=next_numbers(session, "correction"),
        cause=new_id(now),
        programme_id=programme.id,
        promotion_id=promotion.id,
        document=checked.model_dump(mode="json"),
        first_day=first_day,
        last_day=last_day,
        debt=debt,
        note=note,
        state="asked",
        author_id=actor.id,
        asked_at=now,
        slices=len(slices),
    )
    correction.replaces = _held_on(session, correction, programme.zone)
    session.add(correction)
    session.flush()  # slices refer to it
    _ask_for_previews(session, correction, slices)
    session.flush()
    if not slices:
        end_preview(session, correction.id)
    told = {"promotion": code, "first_day": first_day, "last_day": last_day}
    record(session, actor, "correction.ask", f"correction {correction.id}", after=told, reason=note)
    return correction


def end_preview(session: Session, correction_id: int) -> None:
    """After a slice: when it was the last one and nothing changes for anybody, the correction ends unsigned."""
    correction = _locked(session, correction_id)
    parts = slices_of(session, correction_id)
    if correction.state != "asked" or any(part.preview is None for part in parts):
        return
    if not total_of(part.preview for part in parts).members:
        correction.state = _after(correction, "rest")


def send_correction(session: Session, actor: Actor, *, correction_id: int) -> Correction:
    """Leave what was previewed to be signed by another person; one that has ended for want of changes, too.

    Such a one still holds for purchases of its days that become known later. Raises NotFound("correction_unknown"),
    Conflict("correction_state"), "correction_not_previewed", or "correction_outdated" as `approve_correction` does, or
    "correction_waits" (id=...) where another one of its days was asked for since it has ended.
    """
    actor.must(Permission.DESK_PROMOTION_EDIT)
    correction = _locked(session, correction_id)
    state = _after(correction, "send")
    _require_previewed(session, correction)
    if correction.state == "idle" and (other := waiting_beside(session, correction)) is not None:
        raise Conflict("correction_waits", id=other)
    told = {"state": correction.state}
    correction.state = state
    record(
        session, actor, "correction.send", f"correction {correction_id}", before=told, after={"state": state}
    )
    return correction


def _require_previewed(session: Session, correction: Correction) -> list[CorrectionSlice]:
    """All slices, previewed, and by what still holds; Conflict."""
    parts = slices_of(session, correction.id)
    if any(part.preview is None for part in parts):
        raise Conflict("correction_not_previewed")
    if _posted_since(session, correction):
        raise Conflict("correction_outdated")
    return parts


def approve_correction(session: Session, actor: Actor, *, correction_id: int) -> Correction:
    """Sign what was sent, as another person than who asked for it: it holds from now on, and jobs post it.

    The house itself needs nobody else. Raises NotFound("correction_unknown"), Conflict("correction_state"),
    Conflict("correction_posting") while another one of the programme is posted, Conflict("correction_outdated") where
    one was since this was asked for, of which its preview knows nothing, or Refusal("second_pair_of_eyes").
    """
    actor.must(Permission.DESK_PROMOTION_APPROVE)
    actor.must(Permission.DESK_LEDGER_ADJUST)
    raise_number(session)  # before any other lock, as everybody who publishes
    correction = _locked(session, correction_id)
    state = _after(correction, "approve")
    if actor.kind != "system" and actor.id in (None, correction.author_id):
        raise Refusal("second_pair_of_eyes")
    if _others(session, correction):
        raise Conflict("correction_posting")
    parts = _require_previewed(session, correction)
    programme = programme_by_id(session, correction.programme_id)
    starts_at, ends_at = moments_of(correction, programme.zone)
    version = publish_correction(
        session,
        actor,
        programme_id=programme.id,
        code=session.get_one(Promotion, (correction.tenant_id, correction.promotion_id)).code,
        document=correction.document,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    correction.state, correction.version_id = state, version.id
    correction.approved_by, correction.approved_at = actor.id, clock.now()
    for part in parts:
        ask(session, "corrections.post", correction_id=correction_id, number=part.number, turn=0)
    if not parts:
        finish(session, correction_id)
    told = {"state": state, "version": version.id}
    record(
        session, actor, "correction.sign", f"correction {correction_id}", before={"state": "sent"}, after=told
    )
    return correction


def _posted_since(session: Session, correction: Correction) -> bool:
    """Whether another correction of the same promotion was signed since this one was asked for."""
    later = select(Correction.id).where(
        Correction.tenant_id == correction.tenant_id,
        Correction.promotion_id == correction.promotion_id,
        Correction.id != correction.id,
        Correction.approved_at > correction.asked_at,
    )
    return session.scalars(later.limit(1)).first() is not None


def discard_correction(session: Session, actor: Actor, *, correction_id: int) -> Correction:
    """Give a correction up before it is signed; it stays to be read. Raises as `approve_correction` does."""
    actor.must(Permission.DESK_PROMOTION_EDIT)
    correction = _locked(session, correction_id)
    told = {"state": correction.state}
    correction.state = _after(correction, "discard")
    discarded = {"state": correction.state}
    record(session, actor, "correction.discard", f"correction {correction_id}", before=told, after=discarded)
    return correction


def finish(session: Session, correction_id: int) -> None:
    """After a slice: when it was the last one, the correction is done.

    Slices that a budget has cut are gone over once more first: what later ones gave back can be given now.
    """
    correction = _locked(session, correction_id)
    parts = slices_of(session, correction_id)
    if correction.state != "approved" or any(not part.rounds for part in parts):
        return
    again = [part for part in parts if part.rounds == 1 and part.posted and part.posted["short"]]
    if again and not any(part.rounds > 1 for part in parts):
        for part in again:
            ask(session, "corrections.post", correction_id=correction_id, number=part.number, turn=1)
    elif not again:
        correction.state, correction.done_at = _after(correction, "finish"), clock.now()


def slices_of(session: Session, correction_id: int) -> list[CorrectionSlice]:
    """All slices as they are now."""
    session.flush()
    return list(
        session.scalars(
            select(CorrectionSlice)
            .where(
                CorrectionSlice.tenant_id == tenant_of(session),
                CorrectionSlice.correction_id == correction_id,
            )
            .order_by(CorrectionSlice.number)
            .execution_options(populate_existing=True)
        )
    )


def _require(found: Iterable[Flaw]) -> None:
    """Refusal of the first flaw, by its kind."""
    for one in found:
        raise Refusal(one.kind, **one.facts)


def _programme_of(session: Session, code: str) -> Programme:
    """The promotion's programme; NotFound("promotion_unknown")."""
    number = session.scalars(
        select(Promotion.programme_id).where(
            Promotion.tenant_id == tenant_of(session), Promotion.code == code
        )
    ).one_or_none()
    if number is None:
        raise NotFound("promotion_unknown")
    return programme_by_id(session, number)


def _ask_for_previews(
    session: Session, correction: Correction, slices: Iterable[tuple[UUID, UUID | None]]
) -> None:
    for number, (first, end) in enumerate(slices):
        session.add(
            CorrectionSlice(
                tenant_id=correction.tenant_id,
                correction_id=correction.id,
                number=number,
                first_member=first,
                end_member=end,
                rounds=0,
            )
        )
        ask(session, "corrections.preview", correction_id=correction.id, number=number)


def _locked(session: Session, correction_id: int) -> Correction:
    correction = session.get(
        Correction,
        (tenant_of(session), correction_id),
        with_for_update={"key_share": True},  # slices that end together have rows that refer to it
        populate_existing=True,
    )
    if correction is None:
        raise NotFound("correction_unknown")
    return correction


def _after(correction: Correction, event: str) -> str:
    """The state that follows; Conflict("correction_state") where nothing does."""
    if (correction.state, event) not in _MOVES:
        raise Conflict("correction_state", state=correction.state)
    return _MOVES[correction.state, event]


def _others(session: Session, correction: Correction) -> int:
    """How many others of the programme are being posted."""
    return (
        session.scalar(
            select(func.count()).where(
                Correction.tenant_id == correction.tenant_id,
                Correction.programme_id == correction.programme_id,
                Correction.state == "approved",
                Correction.id != correction.id,
            )
        )
        or 0
    )


def _held_on(session: Session, correction: Correction, zone: str) -> int | None:
    """The version that holds at some time of the first day: the newest one, a correcting one before all others."""
    starts_at, _ = moments_of(correction, zone)
    return session.scalars(
        select(PromotionVersion.id)
        .where(
            PromotionVersion.tenant_id == correction.tenant_id,
            PromotionVersion.promotion_id == correction.promotion_id,
            PromotionVersion.starts_at < starts_at + timedelta(days=1),
            PromotionVersion.ends_at.is_(None) | (PromotionVersion.ends_at > starts_at),
        )
        .order_by(PromotionVersion.correcting.desc(), PromotionVersion.id.desc())
        .limit(1)
    ).one_or_none()
