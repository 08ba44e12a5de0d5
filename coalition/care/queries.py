"""Reads of what the contact centre did for members."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.care.models import NOTE_PLACE, WORDS_PLACE, Goodwill, GoodwillDay, MemberNote
from coalition.care.terms import GoodwillTerms
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.vault import vault_of


class Room(NamedTuple):
    """How many points may still be given, in the points' units: now, of the member's month, of the person's day."""

    grant: int
    month: int
    day: int

    @property
    def most(self) -> int:
        """What one grant may have at this moment."""
        return max(min(self), 0)


def room_for(
    session: Session, terms: GoodwillTerms, scale: int, *, member_id: UUID, staff_id: UUID | None, day: date
) -> Room:
    """What the limits leave on the day."""
    unit = 10**scale
    return Room(
        terms.per_grant * unit,
        terms.per_member_month * unit - given_in_month(session, member_id, day),
        terms.per_agent_day * unit - (given_by(session, staff_id, day) if staff_id else 0),
    )


def given_in_month(session: Session, member_id: UUID, day: date) -> int:
    """Points that the member was given in the day's month and that stand."""
    first = day.replace(day=1)
    after = first.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
    found = session.scalar(
        select(func.sum(Goodwill.points)).where(
            Goodwill.tenant_id == tenant_of(session),
            Goodwill.member_id == member_id,
            Goodwill.day >= first,
            Goodwill.day < after,
            Goodwill.undone_at.is_(None),
        )
    )
    return int(found or 0)


def given_by(session: Session, staff_id: UUID, day: date) -> int:
    """Points that one of the staff has given on the day, less what was really taken back of them."""
    found = session.scalar(
        select(GoodwillDay.points).where(
            GoodwillDay.tenant_id == tenant_of(session),
            GoodwillDay.staff_id == staff_id,
            GoodwillDay.day == day,
        )
    )
    return int(found or 0)


def goodwill_by_id(session: Session, member_id: UUID, goodwill_id: UUID) -> Goodwill:
    """One grant; NotFound("goodwill_unknown")."""
    found = session.get(Goodwill, (tenant_of(session), member_id, goodwill_id))
    if found is None:
        raise NotFound("goodwill_unknown")
    return found


def opened_note(session: Session, note: MemberNote) -> str:
    """What a note says."""
    return vault_of(session).open(note.sealed, NOTE_PLACE, note.member_id, note.id)


def opened_words(session: Session, goodwill: Goodwill) -> str:
    """What was written beside the reason of a grant; empty where nothing was."""
    if goodwill.sealed is None:
        return ""
    return vault_of(session).open(goodwill.sealed, WORDS_PLACE, goodwill.member_id, goodwill.id)
