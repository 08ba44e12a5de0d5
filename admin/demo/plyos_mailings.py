"""The café's communications plan: a mailing that went out, with its numbers, and one that waits for the programme."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.demo import plyos_terms
from coalition.mailings import sending
from coalition.mailings.actions import Plan, approve_mailing, offer_mailing, plan_mailing
from coalition.mailings.terms import MailingTerms
from coalition.members.actions import give_consent
from coalition.members.consents import ADVERTISING
from coalition.programmes.models import Programme
from tenants.actor import SYSTEM, Actor
from tenants.models import Staff
from tenants.permissions import OF_PARTICIPANTS
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

SENT_AGO, HOUR, NEVER_EVERY = 20, 12, 6
"""How many days ago the first one went out, at what hour, and every which member does not agree to advertising."""


def agree_to_advertising(session: Session, members: list[UUID]) -> None:
    """Most members agree to it, on the day on which the coalition opens."""
    most = MailingTerms().per_week
    for number, member_id in enumerate(members):
        if number % NEVER_EVERY != NEVER_EVERY - 1:
            give_consent(session, SYSTEM, member_id=member_id, topic=ADVERTISING, given=True, per_week=most)


def send_first(session: Session, programme: Programme, evening: datetime) -> None:
    """The evening before it goes out it is offered and approved; the next noon it goes."""
    day = evening.date() + timedelta(days=1)
    plan = Plan(*plyos_terms.MAILING_SENT, "notice", "all", day, HOUR, promotion=plyos_terms.CAFE)
    manager = _manager(session)
    one = plan_mailing(session, manager, programme_id=programme.id, plan=plan)
    offer_mailing(session, manager, mailing_id=one.id, revision=one.revision)
    approve_mailing(session, SYSTEM, mailing_id=one.id, revision=one.revision)
    with clock.stopped(one.starts_at):
        sending.move(session, one.id)
        sending.send_slice(session, one.id)


def offer_second(session: Session, programme: Programme, now: datetime) -> None:
    """One that waits: for those who know the café."""
    day = clock.business_day(programme.zone, now) + timedelta(days=3)
    plan = Plan(*plyos_terms.MAILING_OFFERED, "notice", "met", day, HOUR + 4)
    manager = _manager(session)
    one = plan_mailing(session, manager, programme_id=programme.id, plan=plan)
    offer_mailing(session, manager, mailing_id=one.id, revision=one.revision)


def _manager(session: Session) -> Actor:
    """Whoever manages the café."""
    login = next(
        login for login, _password, _name, whose in plyos_terms.MANAGERS if whose == plyos_terms.CAFE
    )
    found = session.scalars(
        select(Staff).where(Staff.tenant_id == tenant_of(session), Staff.login == login)
    ).one()
    return Actor("staff", id=found.id, permissions=OF_PARTICIPANTS, participant_id=found.participant_id)
