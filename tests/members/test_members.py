"""Members: enrolled once, found by what is theirs, and nothing personal in the clear."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

import coalition.transactions.joining
import coalition.transactions.unmatched  # noqa: F401  the job that a linked card asks for
from coalition.members.actions import edit_profile, enrol, give_consent, link_card, segment_mask
from coalition.members.models import Member
from coalition.members.person import Person
from coalition.members.queries import consents_of, handles_of, member_by_handle, person_of
from migrations import tables
from tenants.actor import SYSTEM, Actor, member
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tests.ledger.house import House, balance, open_house

VERA = Person(name="Вера Тестова", phone="+79140000147", email="vera@example.test")


@pytest.fixture
def house_of(session: Session) -> House:
    return open_house(session)


@pytest.fixture
def vera(session: Session, house_of: House) -> Member:
    return enrol(session, SYSTEM, programme_id=house_of.programme, person=VERA, cards=["token-1", "token-2"])


def count(session: Session, table: str) -> int:
    session.flush()
    return int(session.execute(text(f"select count(*) from {table}")).scalar_one())


def test_a_member_is_found_by_everything_that_is_hers(session: Session, vera: Member) -> None:
    for value in ("token-1", "token-2", " +79140000147 ", "vera@example.test"):
        assert member_by_handle(session, value) is vera
    with pytest.raises(NotFound, match="member_unknown"):
        member_by_handle(session, "token-3")
    assert [handle.hint for handle in handles_of(session, vera.id)] == ["", "", "0147", "test"]
    assert (person_of(session, vera.id), balance(session, vera.id)) == (VERA, (0, 0, 0, 0))


@pytest.mark.parametrize(
    ("person", "cards", "kind"),
    [
        (Person(name="X", phone=VERA.phone), [], "phone"),
        (Person(name="X", email=VERA.email), [], "email"),
        (Person(name="X"), ["token-2"], "card_token"),
    ],
)
def test_what_is_hers_cannot_be_anothers(
    session: Session, house_of: House, vera: Member, person: Person, cards: list[str], kind: str
) -> None:
    with pytest.raises(Conflict, match=rf"handle_taken \(kind={kind}\)"), session.begin_nested():
        enrol(session, SYSTEM, programme_id=house_of.programme, person=person, cards=cards)
    assert (count(session, "member"), count(session, "handle")) == (1, 4)


def test_who_joined_on_a_day_has_been_a_member_since_it_began(session: Session, house_of: House) -> None:
    today = clock.business_day("Asia/Kamchatka")
    since = date(2026, 1, 5)
    enrolled = {"programme_id": house_of.programme, "person": Person("X")}
    joined = enrol(session, SYSTEM, **enrolled, joined_on=since)  # type: ignore[arg-type]
    assert joined.enrolled_at == datetime(2026, 1, 4, 12, tzinfo=UTC)
    enrol(session, SYSTEM, **enrolled, joined_on=today)  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="bad_date"), session.begin_nested():
        enrol(session, SYSTEM, **enrolled, joined_on=today + timedelta(days=1))  # type: ignore[arg-type]
    assert count(session, "member") == 2


def test_a_card_is_linked_once(session: Session, vera: Member) -> None:
    first = link_card(session, SYSTEM, member_id=vera.id, token="token-9")
    assert link_card(session, SYSTEM, member_id=vera.id, token="token-9") is first
    assert count(session, "handle") == 5


def test_lines_that_waited_are_looked_for_though_another_row_of_the_base_was_refused(
    session: Session, house_of: House
) -> None:
    with pytest.raises(Refusal), session.begin_nested():
        enrol(session, SYSTEM, programme_id=house_of.programme, person=VERA, cards=["t-1"])
        raise Refusal("another_reason")
    for number in (2, 3):
        person = Person(name="X")
        with session.begin_nested():
            enrol(session, SYSTEM, programme_id=house_of.programme, person=person, cards=[f"t-{number}"])
    asked = "select count(*) from outbox where name = 'purchases.post_unmatched'"
    session.flush()
    assert session.execute(text(asked)).scalar_one() == 1


def test_enrolling_needs_a_permission(session: Session, house_of: House) -> None:
    for actor in (Actor("staff"), member(new_id())):
        with pytest.raises(Forbidden):
            enrol(session, actor, programme_id=house_of.programme, person=VERA)
    assert count(session, "member") == 0


def test_nothing_personal_stands_in_the_clear(session: Session, vera: Member) -> None:
    session.flush()
    written = "\n".join(
        row[0]
        for name in tables.tenant_tables()
        for row in session.execute(text(f"select t::text from {name} t"))
    )
    for word in ("Вера", "9140000147", "vera@", "token-1"):
        assert word not in written
        assert word.encode().hex() not in written


def test_an_email_that_nobody_has_shown_to_be_hers_is_kept_but_finds_nobody(
    session: Session, vera: Member
) -> None:
    changed = edit_profile(session, member(vera.id), member_id=vera.id, email=" New@Example.test ")
    assert changed.email == "new@example.test"
    session.flush()
    assert person_of(session, vera.id).email == "new@example.test"
    assert member_by_handle(session, "vera@example.test") is vera
    with pytest.raises(NotFound):
        member_by_handle(session, "new@example.test")
    with pytest.raises(Forbidden):
        edit_profile(session, member(new_id()), member_id=vera.id, email=None)


@pytest.mark.parametrize("email", ["x", "@x", "x@", "a b@c", "a@b\n@c", "a" * 250 + "@b.test"])
def test_what_is_no_email_is_refused(session: Session, vera: Member, email: str) -> None:
    with pytest.raises(Refusal, match="email_invalid"):
        edit_profile(session, SYSTEM, member_id=vera.id, email=email)
    assert person_of(session, vera.id) == VERA


def test_the_newest_word_on_a_topic_holds_and_none_is_lost(session: Session, vera: Member) -> None:
    for given in (True, False):
        give_consent(session, member(vera.id), member_id=vera.id, topic="sms", given=given)
    give_consent(session, member(vera.id), member_id=vera.id, topic="email", given=True)
    session.flush()
    assert consents_of(session, vera.id) == {"sms": False, "email": True}
    assert count(session, "consent") == 3


def test_segments_are_bits_up_to_63(session: Session, house_of: House) -> None:
    assert segment_mask(session, ["b", "a"]) == 3
    session.flush()
    assert (segment_mask(session, ["a"]), segment_mask(session, ["b", "c"])) == (1, 6)
    with pytest.raises(Refusal, match="too_many_segments"):
        segment_mask(session, [f"s{number}" for number in range(61)])
