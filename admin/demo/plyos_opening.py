"""The invented coalition is opened and lives through its first weeks, each day under its own date."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from admin.demo import opening, plyos_terms
from admin.demo.network import EVERY, SINCE, told
from admin.demo.plyos import Calendar, Sale, brought_back, plyos_base, sales_of
from admin.demo.plyos_mailings import SENT_AGO, agree_to_advertising, offer_second, send_first
from admin.demo.plyos_month import close_month
from charity.actions import admit_fund, begin_campaign
from coalition.cards.actions import issue_card
from coalition.ledger.queries import balance_of
from coalition.members.actions import enrol, give_consent, segment_mask
from coalition.partners.actions import add_partner, admit_participant, open_outlet
from coalition.partners.queries import participants_by_code
from coalition.programmes.actions import open_programme
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.promotions.case import Outlet, Receipt
from coalition.redemption.actions import redeem
from coalition.redemption.paying import set_pay_terms
from coalition.settlement import joining
from coalition.settlement.terms import set_operator, set_terms
from coalition.transactions.recording import Told, record
from coalition.transactions.tills import Shown, sell
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.runtime import clock
from tenants.staff import invite_staff

SOURCE = "plyos-tills"
POINTS_LEAST = 20
"""Fewer are not worth asking for at a till."""
CERTIFICATES_EVERY = 9
"""Days between two days on which a certificate is taken."""


def open_plyos(session: Session, now: datetime, lived: Callable[[int], None], *, network: bool) -> Programme:
    """The coalition on its first day, then every day until now; `lived` is told of each. One transaction of all.

    With `network` members order in shops of a network, for which leave to call this machine is needed.
    """
    calendar = Calendar.of(now)
    evenings = list(calendar.evenings())
    with clock.stopped(evenings[0].replace(hour=8)):
        programme = _open(session, calendar)
        members = _members(session, programme)
    days = _Days(session, programme, members)
    begins = datetime.combine(calendar.today - SINCE, evenings[0].timetz())
    with told(session, members, begins) if network else nullcontext() as story:
        for number, evening in enumerate(evenings):
            with clock.stopped(evening):
                if evening.date() >= calendar.month:
                    days.live(evening)
                ago = (calendar.today - evening.date()).days
                if ago == SENT_AGO:
                    send_first(session, programme, evening)
                if story and evening >= begins and ago % EVERY == 0:
                    story.look(evening, ago)
            lived(number + 1)
        if story:
            with clock.stopped(now):
                story.end(now)
    with clock.stopped(now):
        close_month(session, programme, calendar.month)
        offer_second(session, programme, now)
        joining.apply(session, form=plyos_terms.APPLICATION, language="ru")
    return programme


def _open(session: Session, calendar: Calendar) -> Programme:
    open_tenant(session, slug="plyos", hosts=["plyos.localhost"])
    opening.dress(session, plyos_terms.BRAND)
    programme = open_programme(session, SYSTEM, **plyos_terms.PROGRAMME)
    for code, name in plyos_terms.PARTICIPANTS.items():
        admit_participant(session, SYSTEM, code=code, name=name)
    _shops(session)
    segment_mask(session, plyos_terms.BANKS)  # promotions name them before the first client comes
    for code, document in plyos_terms.promotions():
        publish(
            session, SYSTEM, programme_id=programme.id, code=code, document=document, starts_at=clock.now()
        )
    set_pay_terms(session, SYSTEM, programme_id=programme.id, terms=plyos_terms.PAYING)
    owners = participants_by_code(session)
    for place, (code, whose, points, roubles, pool, name, about) in enumerate(plyos_terms.CERTIFICATES):
        opening.certificate(
            session, programme, owners[whose], place, code, points, roubles * 100, pool, name, about
        )
    fund = admit_fund(session, SYSTEM, participant_id=owners[plyos_terms.OPERATOR], **plyos_terms.FUND)
    last_day = calendar.today + timedelta(days=plyos_terms.CAMPAIGN_DAYS)
    begin_campaign(session, SYSTEM, fund_id=fund.id, ends_on=last_day, **plyos_terms.CAMPAIGN)
    _settling(session, programme, calendar)
    return programme


def _shops(session: Session) -> None:
    owners = participants_by_code(session)
    for shop in plyos_terms.SHOPS:
        partner = add_partner(
            session,
            SYSTEM,
            participant_id=owners[shop.code],
            code=shop.code,
            name=shop.name,
            about=shop.about,
            category=shop.category,
            icon=shop.icon,
            terminals=[(outlet.mid, tid) for outlet in shop.outlets for tid in outlet.tids],
        )
        for outlet in shop.outlets:
            open_outlet(
                session,
                SYSTEM,
                partner_id=partner.id,
                code=outlet.code,
                name={"ru": outlet.ru, "en": outlet.en},
                zone=plyos_terms.PROGRAMME["zone"],
            )
    for login, password, name, whose in plyos_terms.MANAGERS:
        invite_staff(
            session,
            SYSTEM,
            login=login,
            name=name,
            password=password,
            roles=[joining.MANAGER],
            participant_id=owners[whose],
        )


def _settling(session: Session, programme: Programme, calendar: Calendar) -> None:
    owners = participants_by_code(session)
    set_operator(
        session,
        SYSTEM,
        programme_id=programme.id,
        participant_id=owners[plyos_terms.OPERATOR],
        terms=plyos_terms.OPERATOR_TERMS,
    )
    for code, terms in plyos_terms.SETTLING.items():
        set_terms(
            session,
            SYSTEM,
            programme_id=programme.id,
            participant_id=owners[code],
            since=calendar.month,
            terms=terms,
        )


def _members(session: Session, programme: Programme) -> list[UUID]:
    found = []
    for row in plyos_base():
        one = enrol(
            session,
            SYSTEM,
            programme_id=programme.id,
            person=row.person,
            cards=row.cards,
            segments=row.segments,
            account_opened_on=row.account_opened_on,
        )
        issue_card(session, SYSTEM, member_id=one.id, active=True)
        give_consent(session, SYSTEM, member_id=one.id, topic="terms", given=True)
        found.append(one.id)
    agree_to_advertising(session, found)
    opening.bring_segments(session, programme, plyos_base(), plyos_terms.SEGMENTS)
    return found


@dataclass(frozen=True)
class _Days:
    """What happens at the tills, day by day."""

    session: Session
    programme: Programme
    members: list[UUID]

    def live(self, evening: datetime) -> None:
        """Sales of a day, returns, and now and then a certificate."""
        day = evening.date()
        sold = sales_of(day)
        told = [self._told(one) for one in [*sold, *brought_back(day)] if not one.pays]
        record(self.session, SYSTEM, programme_id=self.programme.id, source=SOURCE, told=told)
        for sale in sold:
            if sale.pays:
                self._sell(sale)
        if day.toordinal() % CERTIFICATES_EVERY == 0:
            self._certificate(day.toordinal())

    def _sell(self, sale: Sale) -> None:
        """A sale that points pay a part of, where there are enough of them."""
        told = self._told(sale)
        has = balance_of(self.session, told.member_id).available
        most = min(
            has, sale.kopecks * int(plyos_terms.PAYING["percent"]) // 100 // self.programme.value_minor
        )
        sell(
            self.session, SYSTEM, programme_id=self.programme.id, source=SOURCE, told=told,
            points=most if most >= POINTS_LEAST else 0, shown=Shown.CARD,
        )  # fmt: skip

    def _certificate(self, number: int) -> None:
        code, points = plyos_terms.CERTIFICATES[number // CERTIFICATES_EVERY % 2][::2][:2]
        rich = next(
            (one for one in self.members[1:] if balance_of(self.session, one).available >= points), None
        )
        if rich is not None:
            redeem(
                self.session, SYSTEM, member_id=rich, reward_code=code, choice={},
                request_id=f"demo-certificate-{number}",
            )  # fmt: skip

    def _told(self, sale: Sale) -> Told:
        outlet = Outlet(sale.outlet.code, "", "", "", plyos_terms.PROGRAMME["zone"])
        return Told(
            sale.reference,
            self.members[sale.member],
            sale.at,
            sale.kopecks,
            sale.outlet.ru,
            sale.shop.code,
            receipt=Receipt(outlet=outlet, channel="till"),
            refund=bool(sale.undoes),
            original=sale.undoes or None,
        )
