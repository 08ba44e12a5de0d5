"""Members, masked, their loyalty cards, and texts to their phones."""

from collections.abc import Sequence

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from coalition.cards.models import Card, CardState
from coalition.care.seeing import masked_email, masked_name
from coalition.ledger.models import Balance
from coalition.members.models import Member, MemberPerson
from coalition.members.person import PLACE, Person
from coalition.messages.models import TextMessage
from coalition.reports.lists import base
from coalition.reports.lists.base import Column, Pill, Points, Register, State, Value
from tenants.branding.formats import masked_phone
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.language import translate
from tenants.translations import N_
from tenants.vault import vault_of

CARDS = {
    CardState.ISSUED: (N_("not activated"), "wait", "hourglass-split"),
    CardState.ACTIVE: (N_("works"), "good", "check-circle"),
    CardState.BLOCKED: (N_("blocked"), "bad", "slash-circle"),
}
TEXTS = {
    "waiting": (N_("Waits its turn"), "wait", "hourglass-split"),
    "sent": (N_("Handed to the gateway"), "good", "check-circle"),
    "failed": (N_("Was not sent"), "bad", "exclamation-triangle-fill"),
}
_BALANCE = and_(Balance.tenant_id == Member.tenant_id, Balance.member_id == Member.id)
_PERSON = and_(MemberPerson.tenant_id == Member.tenant_id, MemberPerson.member_id == Member.id)


def _members(session: Session, rows: Sequence[Member], w: Words) -> Sequence[Sequence[Value]]:
    ids, tenant_id, vault = [row.id for row in rows], tenant_of(session), vault_of(session)
    balances = {
        one.member_id: one
        for one in session.scalars(
            select(Balance).where(Balance.tenant_id == tenant_id, Balance.member_id.in_(ids))
        )
    }
    people = session.execute(
        select(MemberPerson.member_id, MemberPerson.sealed).where(
            MemberPerson.tenant_id == tenant_id, MemberPerson.member_id.in_(ids)
        )
    )
    sealed = dict(people.all())
    erased, found = translate(w.lang, "Erased"), list[Sequence[Value]]()
    for row in rows:
        balance = balances.get(row.id)
        person = (
            Person.unpacked(vault.open(sealed[row.id], PLACE, row.id)) if row.id in sealed else Person(erased)
        )
        found.append(
            (
                base.Member(row.id, masked_name(person.name) if row.id in sealed else erased),
                base.Member(row.id).told,
                masked_phone(person.phone) if person.phone else None,
                masked_email(person.email) if person.email else None,
                w.day_of(row.enrolled_at),
                Points(balance.available if balance else 0),
                Points(balance.debt if balance else 0),
            )
        )
    return found


MEMBERS = Register(
    "all_members",
    N_("All members"),
    Permission.DESK_MEMBER_READ,
    Member,
    (
        Column(N_("Name")),
        Column(N_("Member"), wide=True),
        Column(N_("Phone")),
        Column(N_("E-mail"), wide=True),
        Column(N_("Member since"), wide=True),
        Column(N_("Available"), number=True),
        Column(N_("Debt"), number=True, wide=True),
    ),
    _members,
    pills=(
        Pill("points", N_("With points"), exists().where(_BALANCE, Balance.available > 0)),
        Pill("debt", N_("In debt"), exists().where(_BALANCE, Balance.debt > 0)),
        Pill("erased", N_("Erased"), ~exists().where(_PERSON)),
    ),
)


def _cards(_session: Session, rows: Sequence[Card], w: Words) -> Sequence[Sequence[Value]]:
    found = list[Sequence[Value]]()
    for card in rows:
        text, tone, icon = CARDS[card.state]
        found.append(
            (
                base.Member(card.member_id, f"••\u00a0{card.last_four}"),
                base.Member(card.member_id),
                State(translate(w.lang, text), tone, icon),
                card.issued_at,
                card.activated_at,
                card.blocked_at,
            )
        )
    return found


CARD_LIST = Register(
    "cards",
    N_("Cards"),
    Permission.DESK_CARD_READ,
    Card,
    (
        Column(N_("Card")),
        Column(N_("Member"), wide=True),
        Column(N_("State")),
        Column(N_("Issued on")),
        Column(N_("Activated on"), wide=True),
        Column(N_("Blocked on"), wide=True),
    ),
    _cards,
    pills=(
        Pill("issued", N_("Not activated"), Card.activated_at.is_(None) & Card.blocked_at.is_(None)),
        Pill("active", N_("Active cards"), Card.activated_at.is_not(None) & Card.blocked_at.is_(None)),
        Pill("blocked", N_("Blocked"), Card.blocked_at.is_not(None)),
    ),
    by_day=True,
)


def _texts(_session: Session, rows: Sequence[TextMessage], w: Words) -> Sequence[Sequence[Value]]:
    found = list[Sequence[Value]]()
    for one in rows:
        text, tone, icon = TEXTS[one.state]
        found.append(
            (
                one.made_at,
                translate(w.lang, "SMS"),
                State(translate(w.lang, text), tone, icon),
                one.until,
                one.finished_at,
                str(one.status) if one.status is not None else None,
            )
        )
    return found


MESSAGES = Register(
    "messages",
    N_("Messages"),
    Permission.DESK_MESSAGE_READ,
    TextMessage,
    (
        Column(N_("Asked for")),
        Column(N_("Channel")),
        Column(N_("State")),
        Column(N_("Of use until"), wide=True),
        Column(N_("Finished"), wide=True),
        Column(N_("Answer of the gateway"), wide=True),
    ),
    _texts,
    pills=tuple(
        Pill(code, title, TextMessage.state == code)
        for code, title in (
            ("waiting", N_("Waiting")),
            ("sent", N_("Handed over")),
            ("failed", N_("Not sent")),
        )
    ),
    by_day=True,
    of_members=False,
)
