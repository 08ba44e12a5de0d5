"""Writing, offering, deciding and withdrawing a mailing. It goes from state to state by one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.mailings import audience, wording
from coalition.mailings.hours import span
from coalition.mailings.models import AUDIENCES, CHANNELS, Mailing
from coalition.mailings.queries import advertiser_of, mailing_by_id, text_of
from coalition.mailings.sending import drop_waiting, promotion_holds
from coalition.members.models import Segment
from coalition.members.queries import retired_segments
from coalition.messages.actions import texts_go_out
from coalition.messages.to_partners import tell_people
from coalition.partners.queries import participant_here
from coalition.programmes.queries import programme_by_id
from coalition.promotions.own import own_promotions
from tenants.actor import Actor
from tenants.audit import record
from tenants.hosts import hosts_of
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Forbidden, Refusal
from tenants.runtime.ids import next_numbers
from tenants.runtime.patience import within

OPEN_MOST, REASON_MAX = 30, 300
"""How many mailings of a participant are on their way at a time."""
STATES: Mapping[tuple[str, str], str] = {
    ("draft", "save"): "draft",
    ("offered", "save"): "draft",
    ("declined", "save"): "draft",
    ("draft", "offer"): "offered",
    ("offered", "approve"): "scheduled",
    ("offered", "decline"): "declined",
    ("draft", "withdraw"): "withdrawn",
    ("offered", "withdraw"): "withdrawn",
    ("declined", "withdraw"): "withdrawn",
    ("scheduled", "withdraw"): "withdrawn",
    ("scheduled", "stop"): "withdrawn",
    ("sending", "stop"): "withdrawn",
    ("sent", "stop"): "withdrawn",
}
"""{(state, verb): state}; anything else is a Conflict. The company saves, offers and withdraws until it begins; the
programme approves, declines, and stops what goes out already."""


@dataclass(frozen=True)
class Plan:
    """What a mailing is to be, as it was asked for; `segment` and `promotion` are codes, or empty."""

    title: str
    words: str
    channel: str
    audience: str
    day: date | None
    hour: int
    segment: str = ""
    promotion: str = ""


def plan_mailing(session: Session, actor: Actor, *, programme_id: int, plan: Plan) -> Mailing:
    """Begin a mailing of one's own company.

    Raises what `change_mailing` raises for what is planned, Conflict("participant_left"), and Conflict("mailings_many",
    most=...) where so many are on their way already.
    """
    actor.must(Permission.PORTAL_MAILING_EDIT)
    participant_id, author_id = _author(actor)
    participant_here(session, participant_id)
    number = next_numbers(session, "mailing")  # from here on nobody else begins one
    on_the_way = select(func.count()).where(
        Mailing.tenant_id == tenant_of(session),
        Mailing.participant_id == participant_id,
        Mailing.state.in_(("draft", "offered", "declined", "scheduled")),
    )
    if int(session.scalar(on_the_way) or 0) >= OPEN_MOST:
        raise Conflict("mailings_many", most=OPEN_MOST)
    mailing = Mailing(
        tenant_id=tenant_of(session),
        id=number,
        programme_id=programme_id,
        participant_id=participant_id,
        author_id=author_id,
        revision=0,
        state="draft",
    )
    _write(session, mailing, plan)
    session.add(mailing)
    record(session, actor, "mailing.save", f"mailing {number}", after=_told(mailing))
    return mailing


def change_mailing(session: Session, actor: Actor, *, mailing_id: int, revision: int, plan: Plan) -> Mailing:
    """Write a mailing anew that is not approved yet: what was offered is offered again.

    Raises Refusal("mailing_title", most=...), "mailing_words", "mailing_placeholder", "mailing_link", "mailing_long",
    "mailing_channel", "mailing_audience", "mailing_segment", "mailing_promotion", "mailing_day", "mailing_hour",
    "mailing_past", "card_number"; Conflict("mailing_changed") where it is another by now, Conflict("mailing_state"),
    NotFound("mailing_unknown").
    """
    actor.must(Permission.PORTAL_MAILING_EDIT)
    _, author_id = _author(actor)
    mailing = _locked(session, actor, mailing_id)
    if mailing.revision != revision:
        raise Conflict("mailing_changed")
    before = _told(mailing)
    _move(mailing, "save")
    _write(session, mailing, plan)
    mailing.author_id, mailing.decided_at, mailing.decided_by, mailing.reason = author_id, None, None, ""
    record(session, actor, "mailing.save", f"mailing {mailing_id}", before=before, after=_told(mailing))
    return mailing


def offer_mailing(session: Session, actor: Actor, *, mailing_id: int, revision: int) -> Mailing:
    """Offer a mailing to the programme.

    Raises Refusal("mailing_past"), Conflict("participant_left"), "mailing_changed" or "mailing_state", and
    NotFound("mailing_unknown").
    """
    actor.must(Permission.PORTAL_MAILING_EDIT)
    _author(actor)
    mailing = _seen(session, actor, mailing_id, revision)
    participant_here(session, mailing.participant_id)
    _require_ahead(mailing)
    _move(mailing, "offer")
    record(session, actor, "mailing.offer", f"mailing {mailing_id}", after={"revision": revision})
    return mailing


def withdraw_mailing(session: Session, actor: Actor, *, mailing_id: int) -> Mailing:
    """Take a mailing of one's own company back, until it begins; Conflict("mailing_state") afterwards."""
    actor.must(Permission.PORTAL_MAILING_EDIT)
    _author(actor)
    mailing = _locked(session, actor, mailing_id)
    _move(mailing, "withdraw")
    mailing.ended_at = clock.now()
    record(session, actor, "mailing.withdraw", f"mailing {mailing_id}")
    return mailing


def approve_mailing(session: Session, actor: Actor, *, mailing_id: int, revision: int) -> Mailing:
    """Let a mailing go out at its hour, as it is in this revision; its company is told by mail.

    Raises Refusal("second_pair_of_eyes") to its author, "mailing_past", "texts_not_sent" where no text leaves the
    deployment, "mailing_few" (least=...), "mailing_promotion_over", what was planned and does not hold any more,
    Conflict("mailing_changed") and as `offer_mailing`.
    """
    actor.must(Permission.DESK_MAILING_DECIDE)
    mailing = _to_decide(session, actor, mailing_id, revision)
    participant_here(session, mailing.participant_id)
    _require_ahead(mailing)
    if mailing.channel == "text" and not texts_go_out():
        raise Refusal("texts_not_sent")
    if mailing.segment_bit is not None:
        _require_segment(session, _segment_code(session, mailing.segment_bit))
    if not promotion_holds(session, mailing):
        raise Refusal("mailing_promotion_over")
    wording.checked_words(mailing.words, hosts_of(session))
    wording.require_short(text_of(session, mailing))
    if within(session, audience.COUNT_SECONDS, lambda: audience.is_enough(session, mailing)) is False:
        raise Refusal("mailing_few", least=audience.LEAST)
    mailing.advertiser = advertiser_of(session, mailing)
    _decide(mailing, actor, "approve")
    record(session, actor, "mailing.approve", f"mailing {mailing_id}", after={"revision": revision})
    tell_people(session, mailing.participant_id, "mailing", mailing_id, revision)
    return mailing


def decline_mailing(
    session: Session, actor: Actor, *, mailing_id: int, revision: int, reason: str
) -> Mailing:
    """Decline a mailing with a reason, which its company reads; Refusal("mailing_reason", most=...) and as above."""
    actor.must(Permission.DESK_MAILING_DECIDE)
    told = _reason(reason)
    mailing = _to_decide(session, actor, mailing_id, revision)
    _decide(mailing, actor, "decline")
    mailing.reason = told
    record(session, actor, "mailing.decline", f"mailing {mailing_id}", reason=told)
    tell_people(session, mailing.participant_id, "mailing", mailing_id, revision)
    return mailing


def stop_mailing(session: Session, actor: Actor, *, mailing_id: int, reason: str) -> Mailing:
    """Let nothing of a mailing go out any more: what waits for the gateway is forgotten, its notices are not shown.

    Raises Refusal("mailing_reason", most=...), Conflict("mailing_state"), NotFound("mailing_unknown").
    """
    actor.must(Permission.DESK_MAILING_DECIDE)
    told = _reason(reason)
    mailing = _locked(session, actor, mailing_id)
    _move(mailing, "stop")
    mailing.reason, mailing.ended_at = told, clock.now()
    drop_waiting(session, mailing)
    record(session, actor, "mailing.stop", f"mailing {mailing_id}", reason=told)
    tell_people(session, mailing.participant_id, "mailing", mailing_id, mailing.revision)
    return mailing


def _author(actor: Actor) -> tuple[int, UUID]:
    """For whom and as whom somebody plans: a mailing has a company, and somebody of it who wrote it."""
    if actor.of_participant is None or actor.id is None:
        raise Forbidden("not_permitted", permission=str(Permission.PORTAL_MAILING_EDIT))
    return actor.of_participant, actor.id


def _locked(session: Session, by: Actor, mailing_id: int) -> Mailing:
    mailing = mailing_by_id(session, mailing_id, by.of_participant)
    session.refresh(mailing, with_for_update=True)
    return mailing


def _seen(session: Session, by: Actor, mailing_id: int, revision: int) -> Mailing:
    mailing = _locked(session, by, mailing_id)
    if mailing.revision != revision:
        raise Conflict("mailing_changed")
    return mailing


def _move(mailing: Mailing, verb: str) -> None:
    new = STATES.get((mailing.state, verb))
    if new is None:
        raise Conflict("mailing_state")
    mailing.state = new


def _to_decide(session: Session, by: Actor, mailing_id: int, revision: int) -> Mailing:
    """The mailing for somebody who has not written it."""
    mailing = _seen(session, by, mailing_id, revision)
    if mailing.author_id == by.id:
        raise Refusal("second_pair_of_eyes")
    if mailing.state != "offered":
        raise Conflict("mailing_state")
    return mailing


def _decide(mailing: Mailing, by: Actor, verb: str) -> None:
    _move(mailing, verb)
    mailing.decided_at, mailing.decided_by = clock.now(), by.id


def _write(session: Session, mailing: Mailing, plan: Plan) -> None:
    """What is planned, checked, in the row's next revision."""
    title, words = wording.checked_title(plan.title), wording.checked_words(plan.words, hosts_of(session))
    if plan.channel not in CHANNELS:
        raise Refusal("mailing_channel")
    if plan.audience not in AUDIENCES:
        raise Refusal("mailing_audience")
    bit = _require_segment(session, plan.segment) if plan.audience == "segment" else None
    promotion_id = _promotion(session, mailing.participant_id, plan.promotion)
    if plan.day is None:
        raise Refusal("mailing_day")
    starts_at, until = span(plan.day, plan.hour, programme_by_id(session, mailing.programme_id).zone)
    if starts_at <= clock.now():
        raise Refusal("mailing_past")
    with session.no_autoflush:  # the row is whole again at the end
        mailing.title, mailing.words, mailing.channel = title, words, plan.channel
        mailing.audience, mailing.segment_bit, mailing.promotion_id = plan.audience, bit, promotion_id
        mailing.starts_at, mailing.until = starts_at, until
        mailing.revision, mailing.saved_at = mailing.revision + 1, clock.now()
    wording.require_short(text_of(session, mailing))


def _require_segment(session: Session, code: str) -> int:
    """Its bit; Refusal("mailing_segment") for one that is not there or is retired."""
    found = session.scalar(
        select(Segment.bit).where(Segment.tenant_id == tenant_of(session), Segment.code == code)
    )
    if found is None or code in retired_segments(session):
        raise Refusal("mailing_segment")
    return found


def _segment_code(session: Session, bit: int) -> str:
    return session.get_one(Segment, (tenant_of(session), bit)).code


def _promotion(session: Session, participant_id: int, code: str) -> int | None:
    if not code:
        return None
    for one in own_promotions(session, participant_id):
        if one.code == code:
            return one.id
    raise Refusal("mailing_promotion")


def _require_ahead(mailing: Mailing) -> None:
    if mailing.starts_at <= clock.now():
        raise Refusal("mailing_past")


def _reason(text: str) -> str:
    told = " ".join(text.split())
    if not 0 < len(told) <= REASON_MAX or not told.isprintable():
        raise Refusal("mailing_reason", most=REASON_MAX)
    return told


def _told(mailing: Mailing) -> dict[str, object]:
    """For the trail."""
    return {
        "title": mailing.title,
        "revision": mailing.revision,
        "starts_at": mailing.starts_at,
        "channel": mailing.channel,
        "audience": mailing.audience,
    }
