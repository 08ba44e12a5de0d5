"""Goodwill points: within every limit whoever gives at once, once for a request, undone once; reveals and notes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.care.actions import grant_points, note, undo_grant
from coalition.care.models import Goodwill, GoodwillDay, MemberNote
from coalition.care.queries import opened_note, room_for
from coalition.care.seeing import masked_email, masked_name
from coalition.care.terms import GoodwillTerms, goodwill_terms, set_goodwill_terms
from coalition.ledger.models import Account, Purpose, Transfer
from coalition.ledger.post import Cause, open_book
from coalition.ledger.queries import balance_of, transfers_for
from coalition.members.names import index_names, name_words
from coalition.programmes.queries import the_programme
from coalition.reports.audit import audit
from tenants.actor import SYSTEM, Actor
from tenants.permissions import Permission
from tenants.roles import built_in
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, Refusal
from tests.admin.world import PASSWORD
from tests.ledger.house import ZONE, House, new_member, open_another, open_house
from tests.people import hire

NOON = datetime(2026, 11, 22, 0, tzinfo=UTC)
TERMS = {"per_grant": 100, "per_member_month": 150, "per_agent_day": 200}


def agent(session: Session, login: str = "dora") -> Actor:
    """One of the staff who gives points."""
    permissions = {Permission.DESK_POINTS_GRANT, Permission.DESK_MEMBER_NOTE}
    staff = hire(session, login=login, name=login.title(), password=PASSWORD, permissions=permissions)
    session.flush()
    return Actor("staff", id=staff.id, permissions=frozenset(permissions))


def give(session: Session, who: Actor, member: UUID, points: int, request: UUID | None = None) -> Goodwill:
    return grant_points(
        session, who, member_id=member, points=points, reason="service", request=request or uuid4()
    )


def stop(session: Session, who: Actor, member: UUID, points: int) -> tuple[str, object]:
    with pytest.raises(Refusal) as no, session.begin_nested():
        give(session, who, member, points)
    return no.value.code, no.value.facts.get("most")


def limit(session: Session, house: House) -> None:
    set_goodwill_terms(session, SYSTEM, programme_id=house.programme, terms=dict(TERMS))


def broken(session: Session) -> list[str]:
    return [finding.rule for finding in audit(session) if finding.broken]


def test_points_are_an_award_of_the_payer_with_the_programmes_last_day(session: Session) -> None:
    house = open_house(session, expiry="days", expiry_count=30)
    set_goodwill_terms(session, SYSTEM, programme_id=house.programme, terms={"funder": "shop"})
    member, who = new_member(session, house), agent(session)
    with clock.stopped(NOON):
        row = give(session, who, member, 40)
    (moved,) = transfers_for(session, member, row.id)
    assert (moved.points, moved.from_account, moved.to_account) == (40, Account.ADJUSTED, Account.AVAILABLE)
    assert (moved.funder_id, moved.purpose) == (house.funders[1], Purpose.ADJUST)
    assert balance_of(session, member).available == 40
    assert broken(session) == []


def test_the_same_request_gives_once(session: Session) -> None:
    house = open_house(session)
    member, who, request = new_member(session, house), agent(session), uuid4()
    assert give(session, who, member, 40, request).id == give(session, who, member, 40, request).id
    assert balance_of(session, member).available == 40


def test_every_limit_says_what_is_left(session: Session) -> None:
    house = open_house(session)
    limit(session, house)
    member, other, third = (new_member(session, house) for _ in range(3))
    who = agent(session)
    assert stop(session, who, member, 101) == ("goodwill_per_grant", 100)
    give(session, who, member, 100)
    assert stop(session, who, member, 51) == ("goodwill_per_month", 50)
    give(session, who, other, 80)
    assert stop(session, who, third, 21) == ("goodwill_per_day", 20)
    assert balance_of(session, third).available == 0
    give(session, who, third, 20)
    terms = goodwill_terms(the_programme(session))
    day = clock.business_day(ZONE)
    assert room_for(session, terms, 0, member_id=third, staff_id=who.id, day=day) == (100, 130, 0)


def test_a_month_and_a_day_begin_anew(session: Session) -> None:
    house = open_house(session)
    limit(session, house)
    member, who = new_member(session, house), agent(session)
    with clock.stopped(datetime(2026, 12, 31, 11, tzinfo=UTC)):  # the last evening of the year in Kamchatka
        give(session, who, member, 100)
        give(session, who, member, 50)
        assert stop(session, who, member, 1) == ("goodwill_per_month", 0)
    with clock.stopped(datetime(2026, 12, 31, 13, tzinfo=UTC)):  # and an hour into the next
        give(session, who, member, 100)


def test_limits_are_whole_points_whatever_the_scale(session: Session) -> None:
    house = open_house(session, scale=2)
    limit(session, house)
    member, who = new_member(session, house), agent(session)
    assert stop(session, who, member, 100_01) == ("goodwill_per_grant", 100_00)
    give(session, who, member, 100_00)
    assert balance_of(session, member).available == 100_00


def test_taking_back_is_once_and_makes_room_again(session: Session) -> None:
    house = open_house(session)
    limit(session, house)
    member, who = new_member(session, house), agent(session)
    row = give(session, who, member, 100)
    for _ in range(2):
        undo_grant(session, who, member_id=member, goodwill_id=row.id)
    assert (balance_of(session, member).available, balance_of(session, member).debt) == (0, 0)
    assert session.scalars(select(GoodwillDay.points)).one() == 0
    give(session, who, member, 100)
    give(session, who, member, 50)
    assert broken(session) == []


def test_what_was_spent_meanwhile_becomes_a_debt(session: Session) -> None:
    house = open_house(session)
    member, who = new_member(session, house), agent(session)
    row = give(session, who, member, 100)
    book = open_book(session, member_id=member, zone=ZONE)
    book.spend(Cause(Purpose.ADJUST, uuid4(), clock.now()), 70, Account.ADJUSTED)
    undo_grant(session, who, member_id=member, goodwill_id=row.id)
    assert (balance_of(session, member).available, balance_of(session, member).debt) == (0, 70)
    assert broken(session) == []


def test_what_was_spent_is_not_freed_of_the_day(session: Session) -> None:
    house = open_house(session)
    limit(session, house)
    members, who = [new_member(session, house) for _ in range(4)], agent(session)
    for member in members[:2]:
        row = give(session, who, member, 100)
        book = open_book(session, member_id=member, zone=ZONE)
        book.spend(Cause(Purpose.ADJUST, uuid4(), clock.now()), 70, Account.ADJUSTED)
        undo_grant(session, who, member_id=member, goodwill_id=row.id)
    assert session.scalars(select(GoodwillDay.points)).one() == 140  # 30 of each came back
    assert stop(session, who, members[2], 61) == ("goodwill_per_day", 60)
    give(session, who, members[2], 60)
    assert stop(session, who, members[3], 1) == ("goodwill_per_day", 0)


def test_what_another_gave_or_on_an_earlier_day_is_taken_back_by_a_senior(session: Session) -> None:
    house = open_house(session)
    member, dora, eve = new_member(session, house), agent(session), agent(session, "eve")
    with clock.stopped(NOON):
        row = give(session, dora, member, 40)
        with pytest.raises(Forbidden, match="not_permitted"):
            undo_grant(session, eve, member_id=member, goodwill_id=row.id)
    with clock.stopped(NOON + timedelta(days=1)):
        with pytest.raises(Forbidden, match="not_permitted"):
            undo_grant(session, dora, member_id=member, goodwill_id=row.id)
        assert (balance_of(session, member).available, row.undone_at) == (40, None)
        senior = Actor("staff", id=eve.id, permissions=eve.permissions | {Permission.DESK_POINTS_UNDO})
        undo_grant(session, senior, member_id=member, goodwill_id=row.id)
    assert (balance_of(session, member).available, row.undone_by) == (0, eve.id)
    assert session.scalars(select(GoodwillDay.points)).one() == 0
    assert built_in()["senior-agent"].permissions - built_in()["agent"].permissions >= {
        Permission.DESK_POINTS_UNDO
    }


@pytest.mark.parametrize(
    "other", [{"points": 300}, {"reason": "gift"}, {"words": "Another talk"}], ids=lambda one: next(iter(one))
)
def test_the_same_request_with_something_else_is_refused(session: Session, other: dict[str, object]) -> None:
    house = open_house(session)
    member, who = new_member(session, house), agent(session)
    first: dict[str, object] = {"points": 40, "reason": "service", "words": "A talk", "request": uuid4()}
    grant_points(session, who, member_id=member, **first)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="request_reused"):
        grant_points(session, who, member_id=member, **first | other)  # type: ignore[arg-type]
    assert balance_of(session, member).available == 40


def test_only_staff_with_the_permission_give(session: Session) -> None:
    house = open_house(session)
    member, who = new_member(session, house), agent(session)
    for actor in (SYSTEM, Actor("staff", id=who.id, permissions=frozenset({Permission.DESK_MEMBER_READ}))):
        with pytest.raises(Forbidden):
            give(session, actor, member, 1)
    assert session.scalars(select(Goodwill)).all() == []


@pytest.mark.parametrize(
    "terms",
    [{"per_grant": 0}, {"per_grant": 500, "per_member_month": 100}, {"funder": "nobody"}, {"reasons": {}}],
)
def test_terms_that_cannot_be_are_refused(session: Session, terms: dict[str, object]) -> None:
    house = open_house(session)
    with pytest.raises(Refusal, match="goodwill_terms"):
        set_goodwill_terms(session, SYSTEM, programme_id=house.programme, terms=terms)
    assert goodwill_terms(the_programme(session)) == GoodwillTerms()


def at_once(works: Sequence[tuple[int, Actor, UUID, int]]) -> list[str]:
    """Each in its own transaction at the same moment: what became of them."""
    gate = Barrier(len(works))

    def work(tenant: int, who: Actor, member: UUID, points: int) -> str:
        gate.wait()
        try:
            with db.transaction(tenant) as session:
                give(session, who, member, points)
        except Refusal as no:
            return no.code
        return "given"

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(pool.map(lambda one: work(*one), works))


@pytest.mark.usefixtures("live_database")
def test_two_agents_at_once_never_pass_the_members_month() -> None:
    house = open_another()
    with db.transaction(house.tenant) as session:
        limit(session, house)
        member = new_member(session, house)
        agents = [agent(session, f"agent{number}") for number in range(4)]
    assert at_once([(house.tenant, who, member, 60) for who in agents]) == [
        *["given"] * 2,
        *["goodwill_per_month"] * 2,
    ]
    with db.transaction(house.tenant) as session:
        assert balance_of(session, member).available == 120
        assert broken(session) == []


@pytest.mark.usefixtures("live_database")
def test_one_agent_in_many_windows_never_passes_the_own_day() -> None:
    house = open_another()
    with db.transaction(house.tenant) as session:
        limit(session, house)
        members = [new_member(session, house) for _ in range(4)]
        who = agent(session)
    assert at_once([(house.tenant, who, member, 90) for member in members]) == [
        *["given"] * 2,
        *["goodwill_per_day"] * 2,
    ]
    with db.transaction(house.tenant) as session:
        given = select(func.sum(Transfer.points)).where(Transfer.purpose == Purpose.ADJUST)
        assert (session.scalar(given), session.scalars(select(GoodwillDay.points)).one()) == (180, 180)


@pytest.mark.usefixtures("live_database")
def test_undone_by_two_at_once_is_taken_once() -> None:
    house = open_another()
    with db.transaction(house.tenant) as session:
        member, who = new_member(session, house), agent(session)
        row = give(session, who, member, 90).id
    gate = Barrier(2)

    def undo(_: int) -> None:
        gate.wait()
        with db.transaction(house.tenant) as session:
            undo_grant(session, who, member_id=member, goodwill_id=row)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(undo, range(2)))
    with db.transaction(house.tenant) as session:
        assert (balance_of(session, member).available, balance_of(session, member).debt) == (0, 0)
        assert session.scalars(select(GoodwillDay.points)).one() == 0


def test_a_note_is_opened_only_by_the_tenants_key_and_holds_no_card(session: Session) -> None:
    house = open_house(session)
    member, who = new_member(session, house), agent(session)
    row = note(session, who, member_id=member, text=" Asks for a call ")
    assert (opened_note(session, row), b"Asks" in row.sealed) == ("Asks for a call", False)
    for text, code in (("", "note_empty"), ("x" * 1001, "note_long"), ("4111 1111 1111 1111", "card_number")):
        with pytest.raises(Refusal, match=code):
            note(session, who, member_id=member, text=text)
    assert len(session.scalars(select(MemberNote)).all()) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Семёнова-Тян-Шанская Анна П.", ["семенова-тян-шанская", "анна"]),
        ("  O’Neil  JOHN ", ["o'neil", "john"]),
        ("Анна Анна", ["анна"]),
        ("12345 -", []),
    ],
)
def test_words_of_a_name_are_compared_without_case_and_marks(name: str, words: list[str]) -> None:
    assert name_words(name) == words


def test_members_of_before_are_indexed_once(session: Session) -> None:
    house = open_house(session)
    member = new_member(session, house)
    session.connection().exec_driver_sql("delete from member_name")
    count, last = index_names(session)
    assert (count, last) == (1, member)
    assert index_names(session, after=last) == (0, None)
    assert index_names(session)[0] == 1


def test_masks_tell_no_more_than_they_should() -> None:
    assert masked_name("Ирина Ковалёва") == "И••• К•••"
    assert masked_email("irina@mail.example") == "ir•••@mail.example"
    assert masked_email("a@b.example") == "•••@b.example"
