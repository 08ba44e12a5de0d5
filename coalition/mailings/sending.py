"""Sending: a mailing is begun at its hour, its members are taken in slices, and it is done when every text is.

Whoever takes a slice locks the programme first: of two mailings at once the second sees whom the first has taken, so
no member ever gets more than the terms let her have. A slice and how far it came are one transaction: a job that was
killed has done nothing, and one that is done twice goes on where the first stopped.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.mailings.audience import belongs, had
from coalition.mailings.models import Mailing, MailingMember
from coalition.mailings.queries import text_of
from coalition.mailings.terms import mailing_terms
from coalition.members.consents import ADVERTISING, agrees
from coalition.members.models import Member, MemberPerson, Segment
from coalition.members.person import PLACE, Person
from coalition.messages.actions import forget_texts, send_text
from coalition.messages.models import TextMessage, What
from coalition.partners.queries import participant_by_id
from coalition.programmes.models import Programme
from tenants.actor import SYSTEM
from tenants.audit import record
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import ask, every, job
from tenants.vault import vault_of

MEMBERS_PER_SLICE = 300


@job("mailings.due", bulk=True)
def go_on(session: Session) -> None:
    """Have each that is due begun, and each that has gone through its members ended."""
    rows = session.scalars(
        select(Mailing.id)
        .where(
            Mailing.tenant_id == tenant_of(session),
            ((Mailing.state == "scheduled") & (Mailing.starts_at <= clock.now())) | (Mailing.state == "sent"),
        )
        .order_by(Mailing.starts_at, Mailing.id)
    ).all()
    for mailing_id in rows:
        ask(session, "mailings.move", mailing_id=mailing_id)


@job("mailings.move", bulk=True)
def move(session: Session, mailing_id: int) -> None:
    """Begin a mailing that is due, or end one that has no text on its way any more."""
    mailing = _locked(session, mailing_id)
    if mailing.state == "scheduled" and mailing.starts_at <= clock.now():
        _begin(session, mailing)
    elif mailing.state == "sent":
        _end(session, mailing)


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


def _begin(session: Session, mailing: Mailing) -> None:
    """Nothing begins after its day, of a participant that has left, or for a segment that is retired meanwhile."""
    left = participant_by_id(session, mailing.participant_id).left_at is not None
    bit = mailing.segment_bit
    retired = bit is not None and session.get_one(Segment, (mailing.tenant_id, bit)).retired_at is not None
    if left or retired or mailing.until <= clock.now():
        mailing.state, mailing.ended_at = "missed", clock.now()
    else:
        mailing.state = "sending"
        ask(session, "mailings.slice", mailing_id=mailing.id)
    record(session, SYSTEM, "mailing.begin", f"mailing {mailing.id}", after={"state": mailing.state})


def _next(session: Session, mailing: Mailing, per_week: int) -> Sequence[tuple[UUID, bool, bool]]:
    """The next members of the audience: whether each agrees, and whether there is room for one more this week."""
    query = (
        select(
            Member.id, agrees(mailing.tenant_id, ADVERTISING), had(mailing.tenant_id, clock.now()) < per_week
        )
        .where(*belongs(session, mailing))
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
            phone = Person.unpacked(vault_of(session).open(row.sealed, PLACE, row.member_id)).phone
            if not phone:
                mailing.without_phone += 1
                continue
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
