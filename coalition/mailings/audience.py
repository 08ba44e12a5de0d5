"""Who is of a mailing's audience, as conditions of a statement over members; how many would get it now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Exists, ScalarSelect, exists, func, select
from sqlalchemy.orm import Session

from coalition.mailings.models import Mailing, MailingMember
from coalition.members.consents import ADVERTISING, agrees
from coalition.members.models import Member, MemberPerson
from coalition.partners.queries import partners_of
from coalition.promotions.kinds import OperationKind
from coalition.transactions.models import Purchase
from tenants.runtime.patience import within

WEEK = timedelta(days=7)
COUNT_SECONDS = 5


def belongs(session: Session, mailing: Mailing) -> Sequence[ColumnElement[bool]]:
    """Members of the programme whose person is there, and of them whom the mailing means."""
    person = exists().where(MemberPerson.tenant_id == mailing.tenant_id, MemberPerson.member_id == Member.id)
    found: list[ColumnElement[bool]] = [
        Member.tenant_id == mailing.tenant_id,
        Member.programme_id == mailing.programme_id,
        person,
    ]
    if mailing.audience == "met":
        own = [one.id for one in partners_of(session, mailing.participant_id)]
        found.append(bought(mailing.tenant_id, own))
    elif mailing.segment_bit is not None:
        found.append(Member.segments.op("&")(1 << mailing.segment_bit) != 0)
    return found


def bought(tenant_id: int, partners: Sequence[int]) -> Exists:
    """Who has bought at one of the partners."""
    return exists().where(
        Purchase.tenant_id == tenant_id,
        Purchase.member_id == Member.id,
        Purchase.partner_id.in_(partners),
        Purchase.kind == OperationKind.PURCHASE,
    )


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


def size_of(session: Session, mailing: Mailing) -> int | None:
    """How many of the audience agree to advertising now; nothing where counting takes longer than `COUNT_SECONDS`."""
    asked = (
        select(func.count())
        .select_from(Member)
        .where(*belongs(session, mailing), agrees(mailing.tenant_id, ADVERTISING))
    )
    return within(session, COUNT_SECONDS, lambda: int(session.scalar(asked) or 0))
