"""A programme in Kamchatka with two companies that plan mailings, somebody who decides, and a gateway for texts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.mailings import sending
from coalition.mailings.actions import Plan, approve_mailing, offer_mailing, plan_mailing
from coalition.mailings.models import Mailing, MailingMember
from coalition.mailings.queries import mailing_by_id
from coalition.members.actions import enrol, note_consent
from coalition.members.person import Person
from coalition.partners.actions import add_partner
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.permissions import EVERYTHING, OF_PARTICIPANTS
from tenants.runtime import db, settings
from tenants.staff import invite_staff
from tests.ledger.house import House, open_house
from tests.people import hire
from tests.webhooks.receiver import Receiver, receiving

EVENING = datetime(2026, 11, 19, 6, tzinfo=UTC)  # six in the evening in Kamchatka
DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 0, 1, tzinfo=UTC)  # noon there, the day after
NIGHT = datetime(2026, 11, 20, 9, tzinfo=UTC)  # nine in the evening


class Town:
    """Numbers of what was opened, in the tenant of a session."""

    def __init__(self, session: Session) -> None:
        self.house: House = open_house(session)
        self.tenant, self.programme = self.house.tenant, self.house.programme
        self.cafe, self.shop = self.house.funders
        self.anna, self.ivan = (
            self._person(session, login, whose) for login, whose in (("anna", self.cafe), ("ivan", self.shop))
        )
        found = hire(session, login="dora", name="D", password="a long password", permissions=EVERYTHING)
        self.dora = Actor("staff", found.id, EVERYTHING)
        for code, whose in (("cafe", self.cafe), ("stand", self.shop)):
            name = {"ru": code, "en": code}
            add_partner(
                session, SYSTEM, participant_id=whose, code=code, name=name, about=name, category="cafe"
            )
        session.flush()

    def _person(self, session: Session, login: str, participant: int) -> Actor:
        found = invite_staff(
            session, SYSTEM, login=login, name=login, password="a long password",
            roles=["partner-manager"], participant_id=participant,
        )  # fmt: skip
        return Actor("staff", found.id, OF_PARTICIPANTS, participant_id=participant)

    def member(
        self, session: Session, number: int, *, agrees: bool = True, phone: bool = True, **facts: Any
    ) -> UUID:
        """Somebody who agreed to advertising, with a phone."""
        person = Person(name=f"Vera {number}", phone=f"+7914{number:07}" if phone else None)
        found = enrol(session, SYSTEM, programme_id=self.programme, person=person, **facts).id
        if agrees:
            note_consent(session, found, "ads")
        return found

    def buys(self, session: Session, member: UUID, partner: str, at: datetime, number: int = 1) -> None:
        told = Told(f"{member}-{partner}-{number}", member, at, 100_00, "counter", partner)
        record(session, SYSTEM, programme_id=self.programme, source="till", told=[told])

    def planned(self, session: Session, by: Actor | None = None, **changed: Any) -> Mailing:
        """A draft of the café's, for the next noon; `changed` says what of it is another."""
        return plan_mailing(
            session, by or self.anna, programme_id=self.programme, plan=replace(PLAN, **changed)
        )

    def approved(self, session: Session, by: Actor | None = None, **changed: Any) -> int:
        """One that is offered and let out."""
        author = by or self.anna
        one = self.planned(session, author, **changed)
        offer_mailing(session, author, mailing_id=one.id, revision=1)
        approve_mailing(session, self.dora, mailing_id=one.id, revision=1)
        return one.id


PLAN = Plan("Утренний кофе", "Второй кофе в подарок до конца недели", "notice", "all", DAY, 12)


def sent_out(tenant: int, *mailings: int) -> None:
    """Begin what is due and go through all members."""
    for mailing_id in mailings:
        with db.transaction(tenant) as session:
            sending.move(session, mailing_id)
        while True:
            with db.transaction(tenant) as session:
                if session.get_one(Mailing, (tenant, mailing_id)).state != "sending":
                    break
                sending.send_slice(session, mailing_id)


def went_to(session: Session, mailing_id: int) -> set[UUID]:
    """To whom it went."""
    return set(session.scalars(select(MailingMember.member_id).where(MailingMember.mailing_id == mailing_id)))


def figures(mailing: Mailing) -> tuple[int, int, int, int, int, int]:
    """Looked at; left out without consent, over the limit, without a phone; sent, failed."""
    return (
        mailing.looked_at, mailing.no_consent, mailing.over_limit, mailing.without_phone, mailing.sent,
        mailing.failed,
    )  # fmt: skip


@contextmanager
def gateway(status: int = 202) -> Iterator[Receiver]:
    """A gateway that this deployment sends texts by."""
    before = settings.current()
    with receiving(status=status) as receiver:
        settings.use(replace(before, sms_url=receiver.url))
        try:
            yield receiver
        finally:
            settings.use(before)


def one(session: Session, mailing_id: int) -> Mailing:
    """Whoever's it is."""
    return mailing_by_id(session, mailing_id, None)
