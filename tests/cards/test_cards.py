"""Cards: what happens to them is kept, nobody without permission changes them, and twice is once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import coalition.transactions.joining  # noqa: F401  the jobs that a card and a member ask for
from coalition.cards.actions import activate_card, block_card, issue_card, replace_card, unblock_card
from coalition.cards.enrolling import enrol_at_till
from coalition.cards.models import BlockReason, Card, CardEvent, CardState, Enrolment
from coalition.cards.numbers import card_number, is_of_the_pool
from coalition.cards.queries import card_by_number, card_of, cards_of, events_of, number_of
from coalition.members.models import Member
from tenants.actor import SYSTEM, Actor
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING, Permission
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.ledger.house import House, new_member, open_house

CLIENT = Actor("client", permissions=frozenset({Permission.DESK_CARD_EDIT}), client_id="client_1")
NOT_CARDS = Actor(
    "client", permissions=EVERYTHING - {Permission.DESK_CARD_EDIT, Permission.DESK_MEMBER_ENROL}
)
LOST = BlockReason.LOST


@pytest.fixture
def shop(session: Session) -> House:
    return open_house(session)


@pytest.fixture
def vera(session: Session, shop: House) -> UUID:
    return new_member(session, shop)


def told(session: Session, card: Card) -> list[tuple[str, str | None, str]]:
    return [(one.state, one.reason, one.by) for one in events_of(session, card.member_id)[card.id]]


def count(session: Session, table: Any) -> int | None:
    return session.scalar(select(func.count()).select_from(table))


def test_a_card_keeps_who_brought_it_to_which_state_and_why(
    session: Session, shop: House, vera: UUID
) -> None:
    card = issue_card(session, SYSTEM, member_id=vera)
    number = number_of(session, card)
    assert (card.state, is_of_the_pool(number)) == (CardState.ISSUED, True)
    for _ in range(2):
        assert activate_card(session, CLIENT, programme_id=shop.programme, number=number) is card
        block = (
            block_card(session, CLIENT, programme_id=shop.programme, number=number, reason=LOST)
            if _
            else None
        )
    assert block is card
    assert told(session, card) == [
        ("issued", None, "system"), ("active", None, "client client_1"), ("blocked", "lost", "client client_1"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="card_blocked"):
        activate_card(session, CLIENT, programme_id=shop.programme, number=number)
    assert card_of(session, vera) is None


def test_the_house_takes_no_number_that_it_makes_itself(session: Session, shop: House, vera: UUID) -> None:
    with pytest.raises(Refusal, match="card_number_foreign"):
        issue_card(session, SYSTEM, member_id=vera, number=card_number(5, b"key"))
    assert count(session, Card) == 0


def test_the_trail_tells_once_who_blocked_unblocked_and_replaced_a_card(
    session: Session, shop: House, vera: UUID
) -> None:
    card = issue_card(session, SYSTEM, member_id=vera, active=True)
    known: dict[str, Any] = {"programme_id": shop.programme, "number": number_of(session, card)}
    for _ in range(2):
        block_card(session, SYSTEM, **known, reason=LOST)
    for _ in range(2):
        unblock_card(session, SYSTEM, **known)
    new = replace_card(session, SYSTEM, **known, reason=BlockReason.DAMAGED)
    block_card(session, CLIENT, programme_id=shop.programme, number=number_of(session, new), reason=LOST)
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.verb.like("card.%")).order_by(AuditEntry.number)
    )
    assert [(one.verb, one.subject, one.before, one.after) for one in entries] == [
        ("card.issue", f"member {vera}", None, {"card": str(card.id)}),
        ("card.block", f"member {vera}", None, {"card": str(card.id), "why": "lost"}),
        ("card.unblock", f"member {vera}", None, {"card": str(card.id)}),
        ("card.replace", f"member {vera}", {"card": str(card.id)}, {"card": str(new.id), "why": "damaged"}),
    ]


def test_a_replaced_card_names_its_successor(session: Session, shop: House, vera: UUID) -> None:
    old = issue_card(session, SYSTEM, member_id=vera, active=True)
    new = replace_card(
        session, CLIENT, programme_id=shop.programme, number=number_of(session, old), reason=LOST
    )
    assert (old.state, new.state, new.replaces, new.member_id) == ("blocked", "issued", old.id, vera)
    assert [card.id for card in cards_of(session, vera)] == [new.id, old.id]
    assert card_by_number(session, shop.programme, number_of(session, new)) is new


def test_a_card_of_another_programme_is_unknown(session: Session, shop: House, vera: UUID) -> None:
    number = number_of(session, issue_card(session, SYSTEM, member_id=vera))
    with pytest.raises(NotFound, match="card_unknown"):
        block_card(session, CLIENT, programme_id=shop.programme + 1, number=number, reason=LOST)
    assert count(session, CardEvent) == 1


def test_nobody_changes_cards_without_permission(session: Session, shop: House, vera: UUID) -> None:
    number = number_of(session, issue_card(session, SYSTEM, member_id=vera))
    for action in (
        lambda: issue_card(session, NOT_CARDS, member_id=vera),
        lambda: activate_card(session, NOT_CARDS, programme_id=shop.programme, number=number),
        lambda: block_card(session, NOT_CARDS, programme_id=shop.programme, number=number, reason=LOST),
        lambda: unblock_card(session, CLIENT, programme_id=shop.programme, number=number),
        lambda: replace_card(session, NOT_CARDS, programme_id=shop.programme, number=number, reason=LOST),
        lambda: enrol_at_till(
            session, NOT_CARDS, programme_id=shop.programme, source="s", reference="1", fields={}
        ),
    ):
        with pytest.raises(Forbidden):
            action()
    assert (count(session, Card), count(session, CardEvent), count(session, Enrolment)) == (1, 1, 0)


def test_a_reference_is_its_sources_own(session: Session, shop: House) -> None:
    asked = {"programme_id": shop.programme, "reference": "1"}
    first = enrol_at_till(session, SYSTEM, **asked, source="a", fields={"phone": "+79140000147"})  # type: ignore[arg-type]
    assert enrol_at_till(session, SYSTEM, **asked, source="a", fields={}) is first  # type: ignore[arg-type]
    other = enrol_at_till(session, SYSTEM, **asked, source="b", fields={"phone": "+79140000148"})  # type: ignore[arg-type]
    assert (other is first, count(session, Member)) == (False, 2)
