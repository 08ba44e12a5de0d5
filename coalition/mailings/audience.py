"""Who is of a mailing's audience, as conditions of a statement over members; how many they are, as is told."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Exists, ScalarSelect, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.ledger.post import day_start
from coalition.mailings.models import Mailing, MailingMember, MailingSize
from coalition.mailings.rounding import FLOOR
from coalition.members.consents import ADVERTISING, agrees
from coalition.members.models import Member, MemberPerson
from coalition.partners.queries import partners_of
from coalition.programmes.queries import programme_by_id
from coalition.promotions.kinds import OperationKind
from coalition.transactions.models import Purchase
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.patience import within

WEEK = timedelta(days=7)
COUNT_SECONDS = 5
LEAST = FLOOR
"""No mailing goes to fewer: its company could know by its numbers who they are."""
LOOKS_MOST = 30
"""How many audiences a company is told the size of in a day."""


class Audience(NamedTuple):
    """Whom a mailing means, whatever else it is."""

    programme_id: int
    participant_id: int
    kind: str
    segment_bit: int | None


def audience_of(mailing: Mailing) -> Audience:
    """The audience of a mailing."""
    return Audience(mailing.programme_id, mailing.participant_id, mailing.audience, mailing.segment_bit)


def belongs(
    session: Session, audience: Audience, before: datetime | None = None
) -> Sequence[ColumnElement[bool]]:
    """Members of the programme whose person is there, and of them whom the audience means.

    With `before`, who has bought had done so by then, and it was told by then.
    """
    tenant_id = tenant_of(session)
    found: list[ColumnElement[bool]] = [
        Member.tenant_id == tenant_id,
        Member.programme_id == audience.programme_id,
        exists().where(MemberPerson.tenant_id == tenant_id, MemberPerson.member_id == Member.id),
    ]
    if audience.kind == "met":
        own = [one.id for one in partners_of(session, audience.participant_id)]
        found.append(bought(tenant_id, own, before))
    elif audience.segment_bit is not None:
        found.append(Member.segments.op("&")(1 << audience.segment_bit) != 0)
    return found


def bought(tenant_id: int, partners: Sequence[int], before: datetime | None = None) -> Exists:
    """Who has bought at one of the partners."""
    found = exists().where(
        Purchase.tenant_id == tenant_id,
        Purchase.member_id == Member.id,
        Purchase.partner_id.in_(partners),
        Purchase.kind == OperationKind.PURCHASE,
    )
    return found if before is None else found.where(Purchase.booked_at < before)


def had(tenant_id: int, now: datetime) -> ScalarSelect[int]:
    """How many mailings of anybody's each member got in the last seven days."""
    return (
        select(func.count())
        .select_from(MailingMember)
        .where(
            MailingMember.tenant_id == tenant_id,
            MailingMember.member_id == Member.id,
            MailingMember.at > now - WEEK,
        )
        .correlate(Member)
        .scalar_subquery()
    )


def is_enough(session: Session, mailing: Mailing) -> bool:
    """Whether `LEAST` of the audience at least agree to advertising now."""
    some = (
        select(Member.id)
        .where(*belongs(session, audience_of(mailing)), agrees(mailing.tenant_id, ADVERTISING))
        .limit(LEAST)
    )
    return len(session.scalars(some).all()) >= LEAST


def size_of(session: Session, audience: Audience) -> int | None:
    """How many of the audience agreed to advertising when the programme's day began.

    It is counted once in a day and kept, so that nothing which is done today moves it. Nothing where counting takes
    longer than `COUNT_SECONDS`.
    """
    zone = programme_by_id(session, audience.programme_id).zone
    day = clock.business_day(zone)
    key = _key(session, audience, day)
    kept = session.get(MailingSize, key)
    if kept is None:
        people = within(session, COUNT_SECONDS, lambda: _count(session, audience, day_start(day, zone)))
        session.execute(
            delete(MailingSize).where(MailingSize.tenant_id == key["tenant_id"], MailingSize.day < day)
        )
        session.execute(insert(MailingSize).values(**key, people=people).on_conflict_do_nothing())
        kept = session.get_one(MailingSize, key)  # whoever was there first has counted
    return kept.people


def size_for_company(session: Session, audience: Audience) -> int | None:
    """As `size_of`, for people of the company; Refusal("mailing_looks", most=...) for yet another audience that day."""
    day = clock.business_day(programme_by_id(session, audience.programme_id).zone)
    key = _key(session, audience, day)
    if session.get(MailingSize, key) is None:
        told = select(func.count()).where(
            MailingSize.tenant_id == key["tenant_id"],
            MailingSize.participant_id == audience.participant_id,
            MailingSize.day == day,
        )
        if int(session.scalar(told) or 0) >= LOOKS_MOST:
            raise Refusal("mailing_looks", most=LOOKS_MOST)
    return size_of(session, audience)


def _count(session: Session, audience: Audience, before: datetime) -> int:
    asked = (
        select(func.count())
        .select_from(Member)
        .where(*belongs(session, audience, before), agrees(tenant_of(session), ADVERTISING, before))
    )
    return int(session.scalar(asked) or 0)


def _key(session: Session, audience: Audience, day: date) -> dict[str, Any]:
    """Where the size of that day is kept."""
    bit = audience.segment_bit
    return {
        "tenant_id": tenant_of(session),
        "participant_id": audience.participant_id,
        "programme_id": audience.programme_id,
        "day": day,
        "whom": audience.kind if bit is None else f"{audience.kind}:{bit}",
    }
