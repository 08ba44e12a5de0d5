"""Sending: a mailing is begun at its hour, its members are taken in slices, and it is done when every text is.

Whoever takes a slice locks the programme first: of two mailings at once the second sees whom the first has taken, so
no member ever gets more than the terms let her have. A slice and how far it came are one transaction: a job that was
killed has done nothing, and one that is done twice goes on where the first stopped.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.mailings.audience import audience_of, belongs, had, is_enough
from coalition.mailings.models import BOUGHT_DAYS, Mailing, MailingMember
from coalition.mailings.queries import bought_after, text_of
from coalition.mailings.terms import mailing_terms
from coalition.members.consents import ADVERTISING, agreed_per_week, agrees
from coalition.members.models import Member, MemberPerson, Segment
from coalition.members.person import PLACE, Person
from coalition.messages.actions import forget_texts, send_text
from coalition.messages.models import TextMessage, What
from coalition.partners.queries import participant_by_id
from coalition.programmes.models import Programme
from coalition.promotions.own import own_promotions
from tenants.actor import SYSTEM
from tenants.audit import record
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.jobs import ask, every, job
from tenants.runtime.models import OutboxJob
from tenants.vault import vault_of

logger = logging.getLogger(__name__)

MEMBERS_PER_SLICE = 300
ENDED = ("done", "withdrawn")
"""States in which a mailing has gone to all to whom it ever goes."""


@job("mailings.due", bulk=True)
def go_on(session: Session) -> None:
    """Have each that is due begun or ended, and how many bought counted where the days for it are over."""
    now = clock.now()
    over = Mailing.until <= now - timedelta(days=BOUGHT_DAYS)
    rows = session.scalars(
        select(Mailing.id)
        .where(
            Mailing.tenant_id == tenant_of(session),
            ((Mailing.state == "scheduled") & (Mailing.starts_at <= now))
            | Mailing.state.in_(("sending", "sent"))
            | (Mailing.state.in_(ENDED) & (Mailing.looked_at > 0) & Mailing.bought.is_(None) & over),
        )
        .order_by(Mailing.starts_at, Mailing.id)
    ).all()
    for mailing_id in rows:
        ask(session, "mailings.move", mailing_id=mailing_id)


@job("mailings.move", bulk=True)
def move(session: Session, mailing_id: int) -> None:
    """Begin a mailing that is due, go on with one whose slice has failed, or end one that has no text on its way.

    Of one that is over it is counted once how many bought afterwards.
    """
    mailing = _locked(session, mailing_id)
    if mailing.state == "scheduled" and mailing.starts_at <= clock.now():
        _begin(session, mailing)
    elif mailing.state in ("sending", "sent") and _has_left(session, mailing):
        _stop(session, mailing)
    elif mailing.state == "sending" and mailing.until <= clock.now():
        _end(session, mailing)
    elif mailing.state == "sending" and not _slice_waits(session, mailing):
        ask(session, "mailings.slice", mailing_id=mailing_id)
    elif mailing.state == "sent":
        _end(session, mailing)
    elif mailing.state in ENDED and mailing.bought is None and mailing.bought_known_at <= clock.now():
        mailing.bought = bought_after(session, mailing)


@job("mailings.slice", bulk=True)
def send_slice(session: Session, mailing_id: int) -> None:
    """Take the next members of a mailing that goes out; nothing of one that was stopped, or whose day is over."""
    programme_id = session.get_one(Mailing, (tenant_of(session), mailing_id)).programme_id
    programme = session.get_one(
        Programme, (tenant_of(session), programme_id), with_for_update={"key_share": True}
    )
    mailing = _locked(session, mailing_id)
    if mailing.state != "sending":
        return
    if _has_left(session, mailing):
        _stop(session, mailing)
        return
    now = clock.now()
    rows = [] if mailing.until <= now else _next(session, mailing, mailing_terms(programme).per_week)
    taken = [member_id for member_id, consents, free in rows if consents and free]
    mailing.no_consent += sum(not consents for _, consents, _ in rows)
    mailing.over_limit += sum(consents and not free for _, consents, free in rows)
    mailing.looked_at += len(rows)
    _send(session, programme, mailing, taken)
    if len(rows) == MEMBERS_PER_SLICE:
        mailing.reached = rows[-1][0]
        ask(session, "mailings.slice", mailing_id=mailing_id)
        return
    mailing.state = "sent"
    if mailing.channel == "notice":
        _end(session, mailing)


def drop_waiting(session: Session, mailing: Mailing) -> None:
    """Let nothing that waits for the gateway leave any more, and count what has become of all of it."""
    own = select(MailingMember.message_id).where(
        MailingMember.tenant_id == mailing.tenant_id, MailingMember.mailing_id == mailing.id
    )
    forget_texts(session, TextMessage.id.in_(own))
    _count(session, mailing)


def promotion_holds(session: Session, mailing: Mailing) -> bool:
    """Whether the promotion that it is for is its company's own and runs or is to run still; it may be for none."""
    own = {one.id for one in own_promotions(session, mailing.participant_id)} if mailing.promotion_id else ()
    return mailing.promotion_id is None or mailing.promotion_id in own


def _has_left(session: Session, mailing: Mailing) -> bool:
    return participant_by_id(session, mailing.participant_id).left_at is not None


def _stop(session: Session, mailing: Mailing) -> None:
    """Let nothing more go out of a participant that has left, as if the programme had stopped it."""
    mailing.state, mailing.ended_at = "withdrawn", clock.now()
    drop_waiting(session, mailing)
    record(session, SYSTEM, "mailing.stop", f"mailing {mailing.id}", after={"state": mailing.state})


def _slice_waits(session: Session, mailing: Mailing) -> bool:
    """Whether somebody is to take the next slice already; a job that has failed for good does not."""
    waiting = select(OutboxJob.id).where(
        OutboxJob.tenant_id == mailing.tenant_id,
        OutboxJob.name == "mailings.slice",
        OutboxJob.state == "asked",
        OutboxJob.arguments["mailing_id"].as_integer() == mailing.id,
    )
    return session.scalars(waiting.limit(1)).first() is not None


def _begin(session: Session, mailing: Mailing) -> None:
    """Nothing begins after its day, of a participant that has left, or to too few.

    Nor does what is for a segment that is retired meanwhile, or for a promotion that is over.
    """
    bit = mailing.segment_bit
    retired = bit is not None and session.get_one(Segment, (mailing.tenant_id, bit)).retired_at is not None
    if (
        retired
        or mailing.until <= clock.now()
        or _has_left(session, mailing)
        or not promotion_holds(session, mailing)
        or not is_enough(session, mailing)
    ):
        mailing.state, mailing.ended_at = "missed", clock.now()
    else:
        mailing.state = "sending"
        ask(session, "mailings.slice", mailing_id=mailing.id)
    record(session, SYSTEM, "mailing.begin", f"mailing {mailing.id}", after={"state": mailing.state})


def _next(session: Session, mailing: Mailing, per_week: int) -> Sequence[tuple[UUID, bool, bool]]:
    """The next members of the audience: whether each agrees, and whether there is room for one more this week.

    There is as much of it as the terms let everybody have, and no more than she agreed to.
    """
    most = func.least(per_week, agreed_per_week(mailing.tenant_id))  # of nothing and a number, the number
    query = (
        select(Member.id, agrees(mailing.tenant_id, ADVERTISING), had(mailing.tenant_id, clock.now()) < most)
        .where(*belongs(session, audience_of(mailing)))
        .order_by(Member.id)
        .limit(MEMBERS_PER_SLICE)
    )
    if mailing.reached is not None:
        query = query.where(Member.id > mailing.reached)
    return [(one, consents, free) for one, consents, free in session.execute(query)]


def _send(session: Session, programme: Programme, mailing: Mailing, members: Collection[UUID]) -> None:
    """Have it go to these members; an erasure waits for them, and whom one has just taken away gets nothing."""
    text = text_of(session, mailing)
    rows = session.scalars(
        select(MemberPerson)
        .join(Member, (Member.tenant_id == MemberPerson.tenant_id) & (Member.id == MemberPerson.member_id))
        .where(Member.tenant_id == mailing.tenant_id, Member.id.in_(members))
        .order_by(Member.id)
        .with_for_update(read=True, key_share=True, of=Member)
    )
    for row in rows:
        message_id = None
        if mailing.channel == "text":
            phone, opened = _phone(session, row)
            if opened and not phone:
                mailing.without_phone += 1
                continue
            if phone:  # else what is sealed is broken: for her it has failed, and goes on with the next
                message_id = send_text(
                    session, programme, what=What.ADVERTISING, member_id=row.member_id, phone=phone,
                    message="%(text)s", until=mailing.until, text=text,
                )  # fmt: skip
        session.add(
            MailingMember(
                tenant_id=mailing.tenant_id, member_id=row.member_id, mailing_id=mailing.id,
                at=clock.now(), message_id=message_id,
            )
        )  # fmt: skip


def _phone(session: Session, row: MemberPerson) -> tuple[str | None, bool]:
    """The member's phone, and whether what is sealed of her could be opened."""
    try:
        return Person.unpacked(vault_of(session).open(row.sealed, PLACE, row.member_id)).phone, True
    except Refusal:
        logger.warning("The person of the member %s does not open", row.member_id)
        return None, False


def _end(session: Session, mailing: Mailing) -> None:
    """End it once no text of it is on its way, or its day is over: what waits then does not leave any more."""
    if clock.now() < mailing.until and _texts(session, mailing).get("waiting"):
        return
    drop_waiting(session, mailing)
    mailing.state, mailing.ended_at = "done", clock.now()
    told = {"sent": mailing.sent, "failed": mailing.failed}
    record(session, SYSTEM, "mailing.end", f"mailing {mailing.id}", after=told)


def _count(session: Session, mailing: Mailing) -> None:
    """What became of everything: a notice is there, a text has left or has not."""
    session.flush()  # rows of this very slice are among them
    gone = int(
        session.scalar(
            select(func.count()).where(
                MailingMember.tenant_id == mailing.tenant_id, MailingMember.mailing_id == mailing.id
            )
        )
        or 0
    )
    mailing.sent = _texts(session, mailing).get("sent", 0) if mailing.channel == "text" else gone
    mailing.failed = gone - mailing.sent


def _texts(session: Session, mailing: Mailing) -> dict[str, int]:
    """How many of its texts are in each state."""
    rows = session.execute(
        select(TextMessage.state, func.count())
        .join(
            MailingMember,
            (MailingMember.tenant_id == TextMessage.tenant_id) & (MailingMember.message_id == TextMessage.id),
        )
        .where(MailingMember.tenant_id == mailing.tenant_id, MailingMember.mailing_id == mailing.id)
        .group_by(TextMessage.state)
    )
    return {state: int(count) for state, count in rows}


def _locked(session: Session, mailing_id: int) -> Mailing:
    return session.get_one(
        Mailing, (tenant_of(session), mailing_id), with_for_update=True, populate_existing=True
    )


every(300, "mailings.due")
