"""Two tenants with the same data: whatever one is asked for with the other's names must not be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from charity.actions import add_document
from charity.giving import begin_giving
from charity.models import RoundUp
from charity.queries import funds, gathering
from coalition.backtests import jobs as backtest_jobs
from coalition.backtests.actions import start_backtest
from coalition.benefits.actions import add_benefit, use_code
from coalition.benefits.models import Benefit, Grant
from coalition.benefits.queries import grants_of
from coalition.cards.actions import issue_card, replace_card
from coalition.cards.enrolling import enrol_at_till
from coalition.cards.links import make_link
from coalition.cards.models import BlockReason, Card
from coalition.cards.queries import number_of
from coalition.care.actions import grant_points, note
from coalition.care.models import Goodwill, MemberNote
from coalition.care.terms import GoodwillTerms
from coalition.claims.actions import open_claim, take
from coalition.claims.attaching import attach
from coalition.claims.deciding import Proposal, decide
from coalition.claims.kinds import ClaimFacts
from coalition.claims.kinds import Kind as ClaimKind
from coalition.claims.models import ClaimFile
from coalition.draws.actions import open_draw
from coalition.draws.models import Draw
from coalition.ledger.models import Lot
from coalition.mailings.actions import Plan, offer_mailing, plan_mailing
from coalition.mailings.audience import audience_of, size_of
from coalition.mailings.models import MailingMember
from coalition.members import referring
from coalition.members.actions import enrol, give_consent
from coalition.members.facts import state_fact
from coalition.members.models import FactKind, Referral
from coalition.members.person import Person
from coalition.messages import sending
from coalition.messages.actions import send_text
from coalition.messages.models import What
from coalition.offers.models import Order
from coalition.papers import Brought
from coalition.partners.actions import add_partner, admit_participant, open_outlet
from coalition.partners.clients import add_client
from coalition.partners.models import ApiClient, Outlet, Partner
from coalition.partners.queries import outlet_by_code, partner_by_code, partners_by_code
from coalition.privacy.actions import register
from coalition.privacy.models import PrivacyRequest
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.promotions.case import Item, Receipt
from coalition.promotions.deposits import top_up
from coalition.promotions.levels import set_tiers
from coalition.promotions.life import begin_draft
from coalition.promotions.models import Holiday, OwnCategory
from coalition.promotions.queries import outlets_by_code
from coalition.redemption.actions import load_certificates, redeem
from coalition.redemption.models import Redemption, Reward
from coalition.redemption.payouts import make_register
from coalition.reports.counting import count_figures
from coalition.reports.exports.actions import ask_export
from coalition.reports.exports.jobs import write
from coalition.reports.filters import save_filter
from coalition.reports.models import Export, ReportSubscription, SavedFilter
from coalition.segments import refreshing
from coalition.segments.actions import retire_segment, save_segment
from coalition.settlement.answering import agree, answer, dispute, send
from coalition.settlement.closing import close
from coalition.settlement.joining import apply
from coalition.settlement.models import PaymentOrder, Statement, StatementPayment
from coalition.settlement.terms import set_operator, set_terms
from coalition.tickets.actions import answer as answer_ticket
from coalition.tickets.actions import open_ticket
from coalition.tickets.queries import letter_by_number
from coalition.transactions import anniversaries, overdue
from coalition.transactions.by_hand.models import HandOperation, source_of
from coalition.transactions.corrections import jobs as correction_jobs
from coalition.transactions.corrections.actions import approve_correction, begin_correction, send_correction
from coalition.transactions.corrections.models import Correction
from coalition.transactions.corrections.queries import correction_by_id
from coalition.transactions.drawing import draw_lots
from coalition.transactions.models import InboundFile, Purchase, PurchaseReturn, SuspectSale
from coalition.transactions.moved import note_moved
from coalition.transactions.of_orders.actions import name_seller
from coalition.transactions.of_orders.models import OrderSale
from coalition.transactions.profile_versions import add_profile
from coalition.transactions.recording import Told, record
from coalition.transactions.sales import sale_of
from coalition.transactions.two_channels.terms import set_same_sale_terms
from coalition.webhooks.actions import add_endpoint
from coalition.webhooks.delivering import deliver
from coalition.webhooks.kinds import MemberEnrolled
from coalition.webhooks.telling import Happened, tell
from tenants import own_password, support
from tenants.actions import open_tenant, rebrand
from tenants.actor import SYSTEM, Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.auth import second_factor, tokens
from tenants.auth.codes import send_code
from tenants.auth.sign_ins import sign_in
from tenants.models import OpeningDraft, Passkey, Sandbox, Staff, SwitchedOff
from tenants.permissions import EVERYTHING, OF_PARTICIPANTS, Permission
from tenants.provider import set_provider
from tenants.runtime import clock, db, idempotency
from tenants.runtime.db import TenantBase, tenant_of
from tenants.runtime.ids import new_id
from tenants.runtime.jobs import ask, ask_each
from tenants.runtime.models import OutboxJob
from tests.ledger.house import House, drain, forget_promotions
from tests.people import hire
from tests.redemption.shop import give, open_shop
from tests.transactions.bank import LONG_AGO, PROFILE, back, line, load, promotion
from tests.walls.malls import furnish_mall

JOBS = (anniversaries, backtest_jobs, correction_jobs, refreshing, sending)
MONTH = date(2026, 11, 1)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CAFES = {"code": "cafes", "name": {"ru": "Кафе", "en": "Cafés"}, "mcc": ["5814"]}
PASSWORD = "correct horse battery staple"
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z" fill="#1a5fb4"/></svg>'
NINA = {"a": "+79140000011", "b": "+79140000012"}
PHONE = {"a": "+79140000001", "b": "+79140000002"}


APPLICATION = {
    "inn": "7707083893", "kpp": "773601001", "ogrn": "1027700132195", "address": "A street", "about": "",
    "category": "cafe", "contact_name": "A", "email": "a@b.example", "phone": "+79215550102",
}  # fmt: skip


@dataclass(frozen=True)
class Furnished:
    """A tenant with a row in nearly every table, and the words that only its rows contain."""

    tenant: int
    marks: tuple[str, ...]
    arguments: dict[str, Any]


def furnish(letter: str) -> Furnished:
    """Open a tenant and let everything happen in it once."""
    forget_promotions()
    mark = f"mark-{letter}"
    with clock.stopped(NOW):
        house, campaign, member = _open(mark, letter)
        _runs_low(house, mark)
        _one_channel_pays(house, {"pays": "till"})
        _before_the_bank(house, mark, member)
        load(
            house,
            [
                line(f"{mark}-token", "2026-11-01", 5000, merchant=f"{mark} shop"),
                line(f"{mark}-token", "2026-11-02", 700, merchant=f"{mark} shop"),
                back(f"{mark}-token", "2026-11-03", 700, merchant=f"{mark} shop"),
                back(f"{mark}-token", "2026-11-03", 900, merchant=f"{mark} other"),
                line(f"{mark}-nobody", "2026-11-03", 700),
                line(f"{mark}-token", "2026-11-03", "x"),
                line(f"{mark}-token", "2026-10-31", 310, merchant=f"{mark} shop", reference=f"{mark}-rrn"),
                line(f"{mark}-token", "2026-10-31 12:10:00", 320, merchant=f"{mark} shop"),
            ],
        )
        _one_channel_pays(house, None)
        _spend(house, member, campaign)
        _at_the_till(house, mark, member)
    with clock.stopped(NOW + timedelta(hours=2)), db.transaction(house.tenant) as session:
        draw_lots(session, SYSTEM, code=f"{mark}-draw")
        late = Told("late", member, NOW, 300, f"{mark} shop")  # its ticket comes after the draw
        brought = Told("back", member, NOW, 300, f"{mark} hall", f"{mark}-shop", refund=True)
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[late, brought])
    with clock.stopped(NOW + timedelta(days=60)), db.transaction(house.tenant) as session:
        overdue.settle_overdue(session, house.programme)
        count_figures(session)
        _settled(session, house)
        note_moved(session, session.scalars(_own(PurchaseReturn, house)))
    with clock.stopped(NOW):
        arguments = _arguments(house, mark, letter, member) | _sign_ins(house, letter, member)
    with clock.stopped(NOW), db.transaction(house.tenant) as session:
        _operators_come(session, mark, arguments["staff_ids"][0])
        arguments["export_id"] = session.scalars(_own(Export, house)).one().id
        arguments["filter_id"] = session.scalars(_own(SavedFilter, house)).one().id
    return Furnished(house.tenant, (mark, str(member), PHONE[letter]), arguments)


def _operators_come(session: Session, mark: str, staff_id: UUID) -> None:
    """A file of a list, a filter, work that has stopped; an operator who was let in; what nobody knows is off."""
    keeper = Actor("staff", staff_id, EVERYTHING)
    conditions, form = {"show": "returned"}, "csv"
    export = ask_export(
        session, keeper, list_code="purchases", conditions=conditions, form=form, language="en"
    )
    write(session, str(export.id))
    save_filter(session, keeper, list_code="purchases", name=mark, conditions=conditions, shared=True)
    file_id = session.scalars(select(InboundFile.id).where(InboundFile.tenant_id == tenant_of(session))).one()
    work = ask(session, "files.finish", file_id=file_id)
    stopped = session.get_one(OutboxJob, (tenant_of(session), work))
    stopped.state, stopped.finished_at, stopped.error = "failed", NOW, mark
    support.grant(session, keeper, hours=1, reason=mark, role=None)
    support.let_in(session, operator_id=new_id(), name=mark)
    support.end(session, keeper)
    tenant_id = tenant_of(session)
    session.add(SwitchedOff(tenant_id=tenant_id, part="nothing"))
    session.add(
        OpeningDraft(
            tenant_id=tenant_id, id=new_id(), staff_id=staff_id, changed_at=NOW, template="bank", fields={}
        )
    )


def furnish_both() -> tuple[Furnished, Furnished]:
    """Two such tenants, which are sandboxes from then on."""
    both = furnish("a"), furnish("b")
    for one in both:
        with db.transaction(one.tenant) as session:
            session.add(Sandbox(tenant_id=one.tenant, terms_of=one.marks[0]))
    return both


def _settled(session: Session, house: House) -> None:
    """One participant operates the programme, the other one settles; November is closed."""
    told = {"programme_id": house.programme, "terms": {}}
    set_operator(session, SYSTEM, participant_id=house.funders[1], **told)
    payer = session.scalars(_own(Partner, house)).one().participant_id
    for participant_id in (house.funders[0], payer):
        set_terms(session, SYSTEM, participant_id=participant_id, since=MONTH, **told)
    close(session, SYSTEM, programme_id=house.programme, month=MONTH)
    _objected(session, house)


def _objected(session: Session, house: House) -> None:
    """Its statement was sent, a line of it disputed, and the objection accepted."""
    whose = {"programme_id": house.programme, "month": MONTH, "participant_id": house.funders[0]}
    send(session, SYSTEM, **whose)
    dispute(session, SYSTEM, side=1, place=1, words="less", minor=1, **whose)
    answer(session, SYSTEM, number=1, accept=True, words="yes", **whose)
    agree(session, SYSTEM, **whose)
    kept = {"tenant_id": house.tenant, **whose}
    session.add(
        PaymentOrder(message=1, made_at=NOW, pay_on=MONTH, reference="r", minor=1, parties={}, **kept)
    )
    session.add(StatementPayment(entry="e", paid_on=MONTH, minor=1, at=NOW, **kept))
    session.flush()


def _open(mark: str, letter: str) -> tuple[House, int, UUID]:
    with db.transaction(None) as session:
        open_tenant(session, slug=mark, hosts=[f"{mark}.localhost"])
        shop = open_shop(session)
        house = shop.house
        name = {"ru": mark, "en": mark}
        payer = admit_participant(session, SYSTEM, code=f"{mark}-payer", name=name)
        add_partner(
            session, SYSTEM, participant_id=payer.id, code=f"{mark}-shop", name=name, about={}, category="x",
            terminals=[(f"{mark}-mid", "")],
        )  # fmt: skip
        apply(session, form=APPLICATION | {"brand": mark, "legal_name": mark}, language="en")
        add_profile(session, SYSTEM, document=PROFILE)
        add_benefit(
            session, SYSTEM, programme_id=house.programme, code=f"{mark}-coupon", kind="coupon", name=name,
            terms={},
        )  # fmt: skip
        add_benefit(
            session, SYSTEM, programme_id=house.programme, code=f"{mark}-ticket", kind="ticket", name=name,
            terms={},
        )  # fmt: skip
        open_draw(
            session, SYSTEM, code=f"{mark}-draw", ticket=f"{mark}-ticket", name=name,
            prizes=[{"code": "main", "name": name, "count": 1}], closes_at=NOW + timedelta(hours=1),
        )  # fmt: skip
        ticket = {"kind": "benefit", "code": f"{mark}-ticket", "name": name}
        coupon = {"kind": "benefit", "code": f"{mark}-coupon", "name": name}
        for number, document in enumerate(
            [
                promotion({"kind": "percent", "rate": "10"}, limits={"per_month": "400"}),
                promotion({"kind": "fixed", "points": "5"}, once=True),
                promotion({"kind": "fixed", "points": "1"}, limits={"budget": "9"}),
                promotion({"kind": "fixed", "points": "1"}, trigger={"kind": "birthday"}),
                promotion({"kind": "fixed", "points": "1"}, gives=coupon, once=True),
                promotion({"kind": "fixed", "points": "1"}, gives=ticket),
                promotion(
                    {"kind": "both_sides", "friend": "1", "referrer": "1"}, trigger={"kind": "referral"}
                ),
            ]
        ):
            publish(
                session, SYSTEM, programme_id=house.programme, code=f"{mark}-{number}", document=document,
                starts_at=LONG_AGO,
            )  # fmt: skip
        begin_draft(
            session, SYSTEM, programme_id=house.programme, code=f"{mark}-0", document={"title": mark}
        )  # fmt: skip
        person = Person(f"Vera {mark}", PHONE[letter], f"{mark}@example.test", born_on=date(1990, 11, 23))
        member = enrol(
            session, SYSTEM, programme_id=house.programme, person=person, cards=[f"{mark}-token"],
            segments=[f"{mark}-segment"],
        )  # fmt: skip
        _staffed(session, mark)
        _cards(session, house, mark, letter, member.id)
        give_consent(session, SYSTEM, member_id=member.id, topic="terms", given=True)
        give(session, house, member.id, 2000)
        _cared_for(session, mark, member.id)
        give(session, house, member.id, 3, source="old/2", last_day=NOW.date() - timedelta(days=9))
        _friends_and_payers(session, house, mark, member.id)
    return house, shop.campaign, member.id


def _friends_and_payers(session: Session, house: House, mark: str, member: UUID) -> None:
    """A browser that the member came with, a friend whom she brought, and a payment of the bank."""
    referring.seen_on(session, member, mark)
    enrol(
        session, SYSTEM, programme_id=house.programme, person=Person(f"Olga {mark}"),
        referral_code=referring.code_of(session, member),
    )  # fmt: skip
    top_up(
        session, SYSTEM, programme_id=house.programme, participant_id=house.funders[0], unit="points", paid=10**6,
        request_id=mark, note=mark,
    )  # fmt: skip


def _cards(session: Session, house: House, mark: str, letter: str, member: UUID) -> None:
    """A card, the one that replaces it, and somebody who joined at a till."""
    card = issue_card(session, SYSTEM, member_id=member, active=True)
    replace_card(
        session, SYSTEM, programme_id=house.programme, number=number_of(session, card), reason=BlockReason.LOST
    )  # fmt: skip
    enrol_at_till(
        session, SYSTEM, programme_id=house.programme, source="till", reference=mark,
        fields={"name": f"Nina {mark}", "phone": NINA[letter]},
    )  # fmt: skip


def _staffed(session: Session, mark: str) -> None:
    """A brand, and somebody of the staff."""
    rebrand(
        session, SYSTEM, name={"ru": mark, "en": mark}, language="en", brand="#1a5fb4", accent="#c64600",
        corner="round", logo=LOGO, logo_dark=LOGO,
    )  # fmt: skip
    hire(session, login=f"{mark}-staff", name=mark, password=PASSWORD,
        permissions=[Permission.DESK_CLAIM_DECIDE, Permission.DESK_FILE_RECEIVE],
    )  # fmt: skip


def _cared_for(session: Session, mark: str, member: UUID) -> None:
    """Points of goodwill from one of the staff, and a note."""
    session.flush()
    staff = session.scalars(
        select(Staff).where(Staff.tenant_id == tenant_of(session), Staff.login == f"{mark}-staff")
    ).one()
    agent = Actor("staff", id=staff.id, permissions=EVERYTHING)
    register(session, agent, member_id=member, kind="copy")
    grant_points(
        session, agent, member_id=member, points=7, reason="gift", words=mark, request=UUID(int=7)
    )  # fmt: skip
    note(session, agent, member_id=member, text=mark)


def _sign_ins(house: House, letter: str, member: UUID) -> dict[str, Any]:
    """A code that was sent and a browser that is signed in, by the names that `tenants.auth` gives them."""
    with db.transaction(house.tenant) as session:
        sent = send_code(session, phone=PHONE[letter], member_id=member, address="10.0.0.1")
        assert sent is not None
        secret = sign_in(session, kind="member", subject_id=member)
        person = session.scalars(_own(Staff, house)).one()
        app = pyotp.TOTP(second_factor.begin(session, person))
        assert second_factor.confirm(session, person, app.at(clock.real_now()))
        sign_in(session, kind="staff", subject_id=person.id, address="10.0.0.2")
        _known_outside(session, person.id, f"mark-{letter}")
        return {
            "staff": person,
            **_asked(session, person.id, f"mark-{letter}"),
            "staff_id": person.id,
            "link_secret": own_password.make_link(session, SYSTEM, staff_id=person.id),
            "code_id": sent[0].id,
            "one_time_code": sent[1],
            "secret": secret,
            "login": f"mark-{letter}-staff",
            "password": PASSWORD,
            "address": "10.0.0.1",
        }


def _known_outside(session: Session, staff_id: UUID, mark: str) -> None:
    """The tenant's own provider of sign-ins, and a passkey of somebody's."""
    provider = {"issuer": f"https://{mark}.test", "client_id": mark, "client_secret": mark}
    set_provider(session, SYSTEM, **provider, groups={mark: "auditor"}, passwords=True)
    session.add(
        Passkey(
            tenant_id=tenant_of(session), id=mark.encode(), staff_id=staff_id, public_key=mark.encode(), counter=0,
            name=mark, made_at=NOW,
        )
    )  # fmt: skip


def _asked(session: Session, author_id: UUID, mark: str) -> dict[str, Any]:
    """A change that waits for a signature, and an earlier one of the same that is void."""
    author = Actor("staff", author_id, EVERYTHING)
    days = ({"off": True, "days": [f"2026-12-{day}"]} for day in (30, 31))
    void, _waits = (
        approvals.ask(session, author, Change("days_off", mark, {"off": False}, day)) for day in days
    )
    return {"author_id": author_id, "approval_id": void.id, "approval_subject": mark}


def _one_channel_pays(house: House, terms: dict[str, Any] | None) -> None:
    with db.transaction(house.tenant) as session:
        set_same_sale_terms(session, SYSTEM, programme_id=house.programme, terms=terms)


def _before_the_bank(house: House, mark: str, member: UUID) -> None:
    """A sale that the bank will tell, too, and one that may be the bank's."""
    at = datetime(2026, 10, 31, tzinfo=UTC)  # her first purchases, in every replay
    with db.transaction(house.tenant) as session:
        told = [
            Told("twice", member, at, 310_00, f"{mark} shop", receipt=Receipt(card_reference=f"{mark}-rrn")),
            Told("doubtful", member, at, 320_00, f"{mark} shop"),
        ]
        record(session, SYSTEM, programme_id=house.programme, source="till", told=told)


def _at_the_till(house: House, mark: str, member: UUID) -> None:
    """A sale with its receipt, facts that promotions ask for, days off, a birthday, a backtest and a correction."""
    with db.transaction(house.tenant) as session:
        partner = partners_by_code(session)[f"{mark}-shop"]
        open_outlet(session, SYSTEM, partner_id=partner, code=f"{mark}-till", name={"en": mark}, zone="UTC")
        session.add(Holiday(tenant_id=house.tenant, day=NOW.date()))
        session.add(OwnCategory(tenant_id=house.tenant, code="cafes", document=CAFES))
        _segments(session, house, mark)
        state_fact(session, SYSTEM, member_id=member, kind=FactKind.ATTRIBUTE, name=mark, value=mark)
        receipt = Receipt((Item(mark, 1000, 500),), outlet=outlets_by_code(session)[f"{mark}-till"])
        told = Told(mark, member, NOW, 500, f"{mark} shop", receipt=receipt)
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
        start_backtest(
            session, SYSTEM, programme_id=house.programme, code=f"{mark}-0",
            document=promotion(
                {"kind": "fixed", "points": "9"}, limits={"first_members": 1, "budget": "9"},
                where=[{"kind": "hours", "spans": [{"start": "00:00", "end": "23:59"}]}],
            ),
            first_day=NOW.date() - timedelta(days=40), last_day=NOW.date(),
        )  # fmt: skip
        ask(session, "occasions.calendar")
        for referral in session.scalars(_own(Referral, house)):
            ask_each(session, "referrals.settle", referral.member_id)
    drain(house.tenant)
    with db.transaction(house.tenant) as session:
        code = _coupon(session, member)
        use_code(session, SYSTEM, code=code, quantity=1, request_id=mark)
        document = promotion({"kind": "fixed", "points": "9"}, limits={"budget": "9"}) | {"icon": mark}
        days = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 5)}
        begin_correction(session, SYSTEM, code=f"{mark}-2", document=document, **days)
    drain(house.tenant)
    with db.transaction(house.tenant) as session:
        send_correction(session, SYSTEM, correction_id=1)
        approve_correction(session, SYSTEM, correction_id=1)
    drain(house.tenant)
    with db.transaction(house.tenant) as session:  # one that waits for its signature
        document = promotion({"kind": "fixed", "points": "8"}, limits={"budget": "9"}) | {"icon": mark}
        waits = begin_correction(session, SYSTEM, code=f"{mark}-2", document=document, **days).id
    drain(house.tenant)
    with db.transaction(house.tenant) as session:
        send_correction(session, SYSTEM, correction_id=waits)
    with db.transaction(house.tenant) as session:
        activation = {"condition": {"kind": "purchases", "count": 9}, "within_days": 9}
        publish(
            session, SYSTEM, programme_id=house.programme, code=f"{mark}-waits", starts_at=LONG_AGO,
            document=promotion({"kind": "fixed", "points": "1"}, activation=activation),
        )  # fmt: skip
        told = Told("waits", member, NOW, 100, f"{mark} shop")
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])


def _coupon(session: Session, member: UUID) -> str:
    """The code of the member's coupon."""
    return next(one.code for one in grants_of(session, member) if one.code)


def _segments(session: Session, house: House, mark: str) -> None:
    """One that has criteria, and one that nobody may name any more."""
    for code in (f"{mark}-all", f"{mark}-gone"):
        save_segment(
            session, SYSTEM, programme_id=house.programme, code=code,
            document={"title": mark, "all_of": [{"kind": "balance", "at_least": "0"}]},
        )  # fmt: skip
    retire_segment(session, SYSTEM, code=f"{mark}-gone")
    levels = [
        {"code": mark, "ru": mark, "en": mark, "above": "0"},
        {"code": "gold", "ru": "З", "en": "G", "above": "9"},
    ]
    set_tiers(session, SYSTEM, programme_id=house.programme, document={"levels": levels})
    publish(
        session, SYSTEM, programme_id=house.programme, code=f"{mark}-for-all",
        document=promotion({"kind": "fixed", "points": "1"}, conditions={"segments": [f"{mark}-all"]}),
    )  # fmt: skip


def _runs_low(house: House, mark: str) -> None:
    """Fewer certificates than somebody wants to be told of, and one that nobody took in time."""
    with db.transaction(house.tenant) as session:
        load_certificates(
            session, SYSTEM, reward_code="gift", codes=[f"{mark}-old"], valid_to=NOW.date() - timedelta(days=9)
        )  # fmt: skip
        session.scalars(_own(Reward, house).where(Reward.code == "gift")).one().alert_below = 9


def _spend(house: House, member: UUID, campaign: int) -> None:
    wishes: list[tuple[str, dict[str, int]]] = [
        ("cashback", {"points": 100}), ("gift", {}), ("fund-kind", {"points": 50, "campaign": campaign}),
    ]  # fmt: skip
    with db.transaction(house.tenant) as session:
        for reward, choice in wishes:
            redeem(session, SYSTEM, member_id=member, reward_code=reward, choice=choice, request_id=reward)
        session.flush()
        make_register(session, SYSTEM, payee="cashback")


def _before_it_was_live(correction: Correction) -> Correction:
    """The same correction, of days on which its promotion was not there."""
    kept = {
        name: getattr(correction, name) for name in ("tenant_id", "programme_id", "promotion_id", "asked_at")
    }
    return Correction(**kept, first_day=date(2009, 1, 1), last_day=date(2009, 1, 2))


def _calling(house: House, mark: str) -> str:
    """A client that calls the API, a token that it gave up, and an answer it may have again; returns its secret."""
    with db.transaction(house.tenant) as session:
        client, secret = add_client(
            session, SYSTEM, name=mark, programme_id=house.programme, participant_id=house.funders[0],
            scopes=["members:read"],
        )  # fmt: skip
        tokens.revoke(session, {"jti": f"{mark}-gone", "exp": int(NOW.timestamp())})
        idempotency.keep(session, idempotency.Request(client.id, mark, b"1"), 201, b"{}")
        return secret


def _told(house: House, mark: str, member: UUID) -> UUID:
    """An endpoint where nobody listens, and what it was told, a link and a text; returns the endpoint's id."""
    with db.transaction(house.tenant) as session:
        endpoint, _ = add_endpoint(
            session, SYSTEM, url=f"http://127.0.0.1:9/{mark}", kinds=["member.enrolled"],
            programme_id=house.programme, participant_id=house.funders[0],
        )  # fmt: skip
        joined = Happened(MemberEnrolled(member_id=member), member, NOW)
        tell(session, session.scalars(_own(Programme, house)).one(), joined)
        deliver(session, endpoint_id=str(endpoint.id))
        card = session.scalars(_own(Card, house).where(Card.replaces.is_not(None))).one()
        make_link(session, SYSTEM, programme_id=house.programme, number=number_of(session, card))
        programme = session.scalars(_own(Programme, house)).one()
        send_text(
            session,
            programme,
            what=What.SIGN_IN,
            member_id=member,
            phone=PHONE["a"],
            message=mark,
            until=NOW,
        )
        return endpoint.id


def _disputed(house: House, mark: str, member: UUID) -> dict[str, Any]:
    """A claim with a file that somebody of the staff has decided, and one that is open."""
    with db.transaction(house.tenant) as session:
        staff = session.scalars(_own(Staff, house)).one()
        oleg, claims = Actor("staff", id=staff.id, permissions=EVERYTHING), []
        for amount in (100, 200):
            facts = ClaimFacts(shop=mark, day=NOW.date(), amount=amount)
            claims.append(
                open_claim(
                    session, SYSTEM, member_id=member, kind=ClaimKind.NOT_CREDITED, words=mark, facts=facts
                )
            )
        brought = [Brought(f"{mark}.pdf", b"%PDF-1.7\n%%EOF")]
        attach(session, SYSTEM, member_id=member, claim_id=claims[0].id, brought=brought)
        take(session, oleg, number=claims[0].number)
        proposal = Proposal("grant", mark, "en", points=1, funder_id=house.funders[0])
        decide(session, oleg, number=claims[0].number, proposal=proposal)
        return {
            "claim": claims[0],
            "claim_id": claims[0].id,
            "claim_number": claims[0].number,
            "claim_file_id": session.scalars(_own(ClaimFile, house)).one().id,
            "officer_id": staff.id,
            "view": "all",
            "figures_by": "kind",
            "figures_since": LONG_AGO,
        }


def _written(house: House, mark: str) -> dict[str, Any]:
    """A question of a participant's, answered, each with a file."""
    with db.transaction(house.tenant) as session:
        staff = session.scalars(_own(Staff, house)).one()
        theirs = Actor("staff", staff.id, OF_PARTICIPANTS, participant_id=house.funders[0])
        paper = Brought(f"{mark}.pdf", b"%PDF-1.7\n%%EOF")
        ticket = open_ticket(session, theirs, subject=mark, words=mark, brought=paper)
        reply = {"ticket_id": ticket.id, "words": mark, "brought": paper}
        answer_ticket(session, Actor("staff", staff.id, EVERYTHING), **reply)
        letter = letter_by_number(session, ticket.id, 1)
        return {
            "ticket": ticket, "ticket_id": ticket.id, "ticket_state": ticket.state, "whose": None,
            "letter": letter, "letter_number": 1,
        }  # fmt: skip


def _mailed(house: House, mark: str, member: UUID) -> dict[str, Any]:
    """A mailing of the partner's that went to the member, who bought there since, and one that waits to be decided."""
    with db.transaction(house.tenant) as session:
        staff = session.scalars(_own(Staff, house)).one()
        owner = session.scalars(_own(Partner, house)).one().participant_id
        theirs = Actor("staff", staff.id, OF_PARTICIPANTS, participant_id=owner)
        plan = Plan("Coffee", "Coffee is cheap", "notice", "all", NOW.date() + timedelta(days=9), 12)
        gone, waits = (
            plan_mailing(session, theirs, programme_id=house.programme, plan=plan) for _ in range(2)
        )
        for one in (gone, waits):
            offer_mailing(session, theirs, mailing_id=one.id, revision=1)
        gone.advertiser, gone.state = mark, "done"
        went = {"tenant_id": house.tenant, "member_id": member, "mailing_id": gone.id}
        session.add(MailingMember(**went, at=NOW - timedelta(days=1)))
        cup = Told("cup", member, NOW, 90, f"{mark} counter", f"{mark}-shop")
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[cup])
        size_of(session, audience_of(waits))
        session.flush()
        return {
            "mailing": waits, "mailing_id": waits.id, "mailing_done": gone,
            "mailing_first": NOW, "mailing_after": NOW + timedelta(days=30),
        }  # fmt: skip


def _gives(session: Session, member: UUID, purchase: UUID) -> dict[str, Any]:
    """A fund that is a participant, with a document; what the member gives to it, and what a purchase left."""
    fund = funds(session)[0]
    owner = session.scalars(select(Partner).where(Partner.tenant_id == fund.tenant_id)).one().participant_id
    fund.participant_id = owner
    make_register(session, SYSTEM, payee=f"fund:{fund.code}")
    gift = {"points": 10, "campaign": gathering(session, fund.id, NOW.date()).id}  # type: ignore[union-attr]
    redeem(session, SYSTEM, member_id=member, reward_code="fund-kind", choice=gift, request_id="another")
    paper = add_document(session, SYSTEM, fund_id=fund.id, name="charter.pdf", content=b"%PDF-1.4\n%%EOF\n")
    begin_giving(session, SYSTEM, member_id=member, fund_id=fund.id, kind="round", points=10)
    left = {"tenant_id": fund.tenant_id, "member_id": member, "purchase_id": purchase, "fund_id": fund.id}
    session.add(RoundUp(**left, points=3, noted_on=NOW.date()))
    session.flush()
    return {"fund_id": fund.id, "document_id": paper.id}


def _ordered(session: Session, member: UUID, orders: Sequence[UUID], sale: UUID) -> None:
    """A sale that is one order, and may be another one."""
    name_seller(session, SYSTEM, shop_id=1, name="some seller")
    one, other = orders
    for number, told in ((one, {"why": "several"}), (other, {"rule": "sale", "pays": "sale"})):
        row = {"tenant_id": tenant_of(session), "member_id": member, "order_id": number, "sale_id": sale}
        session.add(OrderSale(**row, found_at=NOW, **told))
    session.get_one(Order, (tenant_of(session), member, other)).stands_back = True
    session.flush()


def _by_hand(house: House, mark: str, member: UUID) -> dict[str, Any]:
    """A sale that a partner's person entered by hand, and that she has figures mailed."""
    with db.transaction(house.tenant) as session:
        shop, outlet = partner_by_code(session, f"{mark}-shop"), outlet_by_code(session, f"{mark}-till")
        source, number = source_of(shop.participant_id), f"{mark}-hand"
        sale = Told(number, member, NOW, 100, mark, shop.code)
        record(session, SYSTEM, programme_id=house.programme, source=source, told=[sale])
        sold = sale_of(session, source=source, reference=number)
        person = session.scalars(_own(Staff, house)).first()
        assert sold
        assert person
        key, day = UUID(int=sold.id.int ^ 1), NOW.date()
        session.add(
            HandOperation(
                tenant_id=house.tenant, member_id=member, id=key, participant_id=shop.participant_id,
                outlet_id=outlet.id, staff_id=person.id, what="sale", number=number, amount=100,
                cause_id=sold.id, day=day, at=NOW,
            )
        )  # fmt: skip
        session.add(
            ReportSubscription(
                tenant_id=house.tenant, staff_id=person.id, address=f"https://{mark}/", since=NOW
            )
        )
        return {
            "hand_number": number, "hand_key": key, "hand_members": [member], "hand_causes": [sold.id],
            "hand_staff": person.id, "hand_day": day,
        }  # fmt: skip


def _arguments(house: House, mark: str, letter: str, member: UUID) -> dict[str, Any]:
    """Arguments by the names that queries give them."""
    client_secret = _calling(house, mark)
    endpoint_id = _told(house, mark, member)
    disputed = _disputed(house, mark, member) | _written(house, mark) | _mailed(house, mark, member)
    shopped = furnish_mall(house, mark, member, NOW) | _by_hand(house, mark, member)
    with db.transaction(house.tenant) as session:
        purchase = session.scalars(
            _own(Purchase, house).where(Purchase.member_id == member).order_by(Purchase.occurred_at)
        ).first()
        cards = session.scalars(_own(Card, house).where(Card.member_id == member)).all()
        card = next(one for one in cards if one.replaces is None)
        made = {
            r.choice.get("campaign", 0) + r.reward_id * 100: r
            for r in session.scalars(_own(Redemption, house))
        }
        by_reward = [made[key] for key in sorted(made)]  # cashback, gift, donation
        doubt = session.scalars(_own(SuspectSale, house)).one()
        _ordered(session, member, shopped["order_ids"], doubt.sale_id)
        given = _gives(session, member, doubt.sale_id)
        return {
            "request_id": session.scalars(_own(PrivacyRequest, house)).one().id,
            "goodwill": session.scalars(_own(Goodwill, house)).one(),
            "goodwill_id": session.scalars(_own(Goodwill, house)).one().id,
            "note": session.scalars(_own(MemberNote, house)).one(),
            "terms": GoodwillTerms(),
            "scale": 0,
            "zone": "UTC",
            "region": "RU",
            "text": mark,
            "token_text": f"{mark}-token",
            "day": NOW.date() + timedelta(days=1),  # it is past midnight in Kamchatka
            "last_day": NOW.date() - timedelta(days=20),
            "amount": 1,
            "limit": 9,
            "staff_id": session.scalars(_own(Goodwill, house)).one().staff_id,
            **disputed,
            **shopped,
            **given,
            "reward_code": "gift",
            "outlet_code": f"{mark}-till",
            "partner_id": session.scalars(_own(Partner, house)).one().id,
            "outlet_id": session.scalars(_own(Outlet, house).where(Outlet.code == f"{mark}-till")).one().id,
            "reward_id": 2,
            "sale_id": doubt.sale_id,
            "line_id": doubt.line_id,
            "order_id": shopped["order_ids"][0],
            "purchases": [sale.id for sale in session.scalars(_own(Purchase, house))],
            "member_id": member,
            "value": f"{mark}-token",
            "phone": PHONE[letter],
            "programme_id": house.programme,
            "programme": session.scalars(_own(Programme, house)).one(),
            "purchase_id": purchase.id,
            "cause_id": purchase.id,
            "redemption_id": by_reward[0].id,
            "donation_id": by_reward[2].id,
            "redemption": by_reward[0],
            "draw": session.scalars(_own(Draw, house)).one(),
            "draw_code": f"{mark}-draw",
            "draw_id": 1,
            "benefit": session.scalars(_own(Benefit, house).where(Benefit.code == f"{mark}-coupon")).one(),
            "benefit_code": f"{mark}-coupon",
            "benefit_id": 2,
            "grant": session.scalars(_own(Grant, house).where(Grant.code_digest.is_not(None))).one(),
            "grant_code": _coupon(session, member),
            "certificate": by_reward[1],
            "card": card,
            "number": number_of(session, card),
            "register_id": 1,
            "draft_id": 1,
            "lot_ids": [lot.id for lot in session.scalars(_own(Lot, house))],
            "staff_ids": [staff.id for staff in session.scalars(_own(Staff, house))],
            "file_id": 1,
            "file": session.scalars(_own(InboundFile, house)).one(),
            "ids": [1, 2],
            "kind": "cashback",
            "code": "gift",
            "actor": SYSTEM,
            "members": [member],
            "backtest_id": 1,
            "correction_id": 1,
            "found": correction_by_id(session, 1),
            "correction": _before_it_was_live(correction_by_id(session, 1).correction),
            "client_id": session.scalars(_own(ApiClient, house)).one().id,
            "client_secret": client_secret,
            "endpoint_id": endpoint_id,
            "source": "till",
            "reference": mark,
            "causes": list(
                session.scalars(select(Correction.cause).where(Correction.tenant_id == house.tenant))
            ),
            "promotion_id": 3,
            "promotion_code": f"{mark}-0",
            "partner_code": f"{mark}-shop",
            "segment_code": f"{mark}-all",
            "size": 1,
            "month": MONTH,
            "participant_id": house.funders[0],
            "owner_id": session.scalars(_own(Partner, house)).one().participant_id,
            "side": 1,
            "place": 1,
            "statement": session.scalars(_own(Statement, house)).one(),
            "published": [],
            "version": 0,
        }


def _own(model: type[TenantBase], house: House) -> Any:
    return select(model).where(model.tenant_id == house.tenant)
