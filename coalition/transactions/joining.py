"""Occasions that members make: joining, linking a card, completing the profile; jobs that their room asks for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.members.models import Handle, HandleKind, Member
from coalition.programmes.queries import programme_by_id
from coalition.promotions.queries import index_of
from coalition.transactions.occasions import Happened, note_occasions
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.jobs import job


@job("occasions.enrolment", bulk=True)
def enrolled(session: Session, items: Sequence[str]) -> None:
    """Note that these members have joined."""
    people = _members(session, items)
    _note(session, people, [Happened(one.id, "enrolment", "", one.enrolled_at) for one in people.values()])


@job("occasions.profile_completed", bulk=True)
def profile_completed(session: Session, items: Sequence[str]) -> None:
    """Note that these members have told all there is to tell."""
    people, now = _members(session, items), clock.now()
    _note(session, people, [Happened(one, "profile_completed", "", now) for one in people])


@job("occasions.card_activation", bulk=True)
def card_activated(session: Session, items: Sequence[str]) -> None:
    """Note that the bank cards of these digests have been linked, or the loyalty cards activated."""
    handles = session.scalars(
        select(Handle).where(
            Handle.tenant_id == tenant_of(session),
            Handle.kind.in_([HandleKind.CARD_TOKEN, HandleKind.CARD_NUMBER]),
            Handle.digest.in_([UUID(item) for item in items]),
        )
    ).all()
    people, now = _members(session, [str(handle.member_id) for handle in handles]), clock.now()
    _note(session, people, [_activation(one, now) for one in handles])


def _activation(handle: Handle, now: datetime) -> Happened:
    """A loyalty card is activated some time after it was linked: a moment ago, when the job was asked for."""
    key = str(handle.digest)
    if handle.kind == HandleKind.CARD_NUMBER:
        return Happened(handle.member_id, "card_activation", key, now, {"card": "loyalty"})
    return Happened(handle.member_id, "card_activation", key, handle.linked_at)


def _members(session: Session, items: Iterable[str]) -> dict[UUID, Member]:
    """Those of the members who are there: what was asked for may have been taken back."""
    rows = session.scalars(
        select(Member).where(
            Member.tenant_id == tenant_of(session), Member.id.in_([UUID(item) for item in items])
        )
    )
    return {row.id: row for row in rows}


def _note(session: Session, people: Mapping[UUID, Member], told: Sequence[Happened]) -> None:
    """Note the occasions in each member's programme, if it has anything to give for them."""
    for number in sorted({one.programme_id for one in people.values()}):
        programme = programme_by_id(session, number)
        index = index_of(session, programme)
        mine = [one for one in told if people[one.member_id].programme_id == number]
        note_occasions(session, programme, [one for one in mine if one.kind in index.by_occasion])
