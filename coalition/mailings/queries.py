"""Reads of mailings. A participant's reach ends at its own; `whose` is None for the programme's people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from coalition.mailings.models import BOUGHT_DAYS, Mailing, MailingMember
from coalition.mailings.wording import as_read
from coalition.members.consents import ADVERTISING, has_agreed
from coalition.messages.models import TextMessage
from coalition.messages.sending import ADVERTISING_KEPT
from coalition.partners.queries import participant_by_id, partners_of
from coalition.programmes.queries import programme_by_id
from coalition.promotions.kinds import OperationKind
from coalition.settlement.terms import terms_in
from coalition.transactions.models import Purchase
from tenants.hosts import hosts_of
from tenants.models import Branding
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.language import LANGUAGES

NOTICES_MOST = 50
NOTICE_DAYS = ADVERTISING_KEPT.days
"""A notice is there as long as it is known that its text was sent."""
SHOWN = ("sending", "sent", "done")
"""States in which members read a mailing in their place."""
PLACE = "notices"
"""Where in her place a member reads advertising and refuses more of it."""


@dataclass(frozen=True)
class Notice:
    """A mailing as it went to a member: when, and all that she reads."""

    at: datetime
    text: str


def mailing_by_id(session: Session, mailing_id: int, whose: int | None) -> Mailing:
    """A mailing; NotFound("mailing_unknown"), also for another participant's."""
    found = session.get(Mailing, (tenant_of(session), mailing_id))
    if found is None or whose not in (None, found.participant_id):
        raise NotFound("mailing_unknown")
    return found


def mailings_between(
    session: Session, first: datetime, after: datetime, whose: int | None
) -> Sequence[Mailing]:
    """What begins from one moment on and before another, by its hour."""
    query = (
        select(Mailing)
        .where(Mailing.tenant_id == tenant_of(session), Mailing.starts_at >= first, Mailing.starts_at < after)
        .order_by(Mailing.starts_at, Mailing.id)
    )
    if whose is not None:
        query = query.where(Mailing.participant_id == whose)
    return session.scalars(query).all()


def mailings_offered(session: Session) -> int:
    """How many wait for the programme."""
    query = select(func.count()).where(Mailing.tenant_id == tenant_of(session), Mailing.state == "offered")
    return int(session.scalar(query) or 0)


def bought_after(session: Session, mailing: Mailing) -> int:
    """How many of those to whom it went bought at its company within `BOUGHT_DAYS` days after, as told by now."""
    own = [one.id for one in partners_of(session, mailing.participant_id)]
    came = exists().where(
        Purchase.tenant_id == MailingMember.tenant_id,
        Purchase.member_id == MailingMember.member_id,
        Purchase.partner_id.in_(own),
        Purchase.kind == OperationKind.PURCHASE,
        Purchase.occurred_at >= MailingMember.at,
        Purchase.occurred_at < MailingMember.at + timedelta(days=BOUGHT_DAYS),
    )
    query = select(func.count()).where(
        MailingMember.tenant_id == tenant_of(session), MailingMember.mailing_id == mailing.id, came
    )
    return int(session.scalar(query) or 0)


def notices_of(session: Session, member_id: UUID) -> Sequence[Notice]:
    """What went to a member in the last `NOTICE_DAYS` days, the newest first, `NOTICES_MOST` at most.

    What is a text, too, is there once the text has left, and while it waits if she agrees still.
    """
    tenant_id = tenant_of(session)
    states = ("sent", "waiting") if has_agreed(session, member_id, ADVERTISING) else ("sent",)
    left = exists().where(
        TextMessage.tenant_id == tenant_id,
        TextMessage.id == MailingMember.message_id,
        TextMessage.state.in_(states),
    )
    rows = session.execute(
        select(MailingMember.at, Mailing)
        .join(
            Mailing,
            (Mailing.tenant_id == MailingMember.tenant_id) & (Mailing.id == MailingMember.mailing_id),
        )
        .where(
            MailingMember.tenant_id == tenant_id,
            MailingMember.member_id == member_id,
            MailingMember.at > clock.now() - timedelta(days=NOTICE_DAYS),
            Mailing.state.in_(SHOWN),
            (Mailing.channel == "notice") | left,
        )
        .order_by(MailingMember.at.desc(), Mailing.id.desc())
        .limit(NOTICES_MOST)
    ).all()
    return [Notice(at, text_of(session, mailing)) for at, mailing in rows]


def advertiser_of(session: Session, mailing: Mailing) -> str:
    """The legal name that members read: as it was approved, else as the terms of settlement have it, or the tenant."""
    if mailing.advertiser:
        return mailing.advertiser
    zone = programme_by_id(session, mailing.programme_id).zone
    month: date = clock.business_day(zone).replace(day=1)
    terms = terms_in(session, mailing.programme_id, month).get(mailing.participant_id)
    owner = participant_by_id(session, mailing.participant_id)
    named = terms.legal.name if terms is not None else ""
    return named or str(owner.name.get(LANGUAGES[0]) or owner.code)


def text_of(session: Session, mailing: Mailing) -> str:
    """All that a member reads, in the tenant's language."""
    brand = session.get(Branding, tenant_of(session))
    lang = brand.language if brand else LANGUAGES[0]
    host = next(iter(hosts_of(session)), "")
    return as_read(lang, mailing.words, advertiser_of(session, mailing), f"https://{host}/{PLACE}")
