"""What one member's points do, in exact numbers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from coalition.ledger import holds
from coalition.ledger.actions import load_opening_lot
from coalition.ledger.audit import audit_ledger
from coalition.ledger.models import Account, Hold, Lot, LotUse, Purpose, Transfer
from coalition.ledger.post import Book, Cause, open_book
from coalition.ledger.queries import transfers_of
from coalition.members import sweep
from coalition.programmes.queries import the_programme
from tenants.actor import SYSTEM, Actor
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tests.ledger.house import ZONE, House, balance, lots, new_member, open_house

NOON = datetime(2026, 3, 1, 0, tzinfo=UTC)  # 1 March, 12:00 in Kamchatka
FIRST = date(2026, 3, 1)
NEVER = date(9999, 12, 31)
LATER = NOON + timedelta(minutes=15)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.stopped(NOON):
        yield


@pytest.fixture
def opened(session: Session) -> House:
    return open_house(session)


@pytest.fixture
def member(session: Session, opened: House) -> UUID:
    return new_member(session, opened)


@pytest.fixture
def book(session: Session, member: UUID) -> Book:
    return open_book(session, member_id=member, zone=ZONE)


def reopen(book: Book) -> Book:
    book.session.flush()
    return open_book(book.session, member_id=book.balance.member_id, zone=ZONE)


def earn(book: Book, points: int, last_day: date = NEVER, active_on: date = FIRST, funder: int = 1) -> UUID:
    cause = Cause(Purpose.AWARD, new_id(), clock.now())
    return book.earn(cause, points, funder_id=funder, active_on=active_on, expires_on=last_day).id


def now(book: Book) -> tuple[int, int, int, int]:
    book.session.flush()
    assert [finding for finding in audit_ledger(book.session) if finding.broken] == []
    return balance(book.session, book.balance.member_id)


def left(book: Book, *ids: UUID) -> list[int]:
    book.session.flush()
    found = lots(book.session, book.balance.member_id)
    return [found[lot][0] for lot in ids]


def state(book: Book) -> object:
    """Everything that a refusal must leave alone."""
    book.session.flush()
    tables = (Transfer, LotUse, Lot, Hold)
    counts = [len(book.session.scalars(select(table)).all()) for table in tables]
    return now(book), lots(book.session, book.balance.member_id), counts


def test_points_that_burn_first_are_spent_first(book: Book) -> None:
    late, never, soon = earn(book, 10, date(2026, 5, 1)), earn(book, 10), earn(book, 10, date(2026, 4, 1))
    book.spend(Cause(Purpose.HOLD, new_id(), NOON), 15, Account.HELD)
    assert left(book, soon, late, never) == [0, 5, 10]


def test_of_points_that_burn_together_the_earlier_earned_are_spent_first(book: Book) -> None:
    last_day = date(2026, 5, 1)
    newer = earn(book, 10, last_day)
    with clock.stopped(NOON - timedelta(days=1)):
        older = earn(book, 10, last_day)
    book.spend(Cause(Purpose.HOLD, new_id(), NOON), 12, Account.HELD)
    assert left(book, older, newer) == [0, 8]


def test_debt_is_paid_by_the_next_points(book: Book) -> None:
    book.take_back(Cause(Purpose.RETURN, new_id(), NOON), 30, funder_id=1)
    assert now(book) == (0, 0, 0, 30)
    first, second = earn(book, 20), earn(book, 25)
    assert now(book) == (15, 0, 0, 0)
    assert left(book, first, second) == [0, 15]


def test_pending_points_pay_debt_only_when_their_day_has_come(book: Book) -> None:
    book.take_back(Cause(Purpose.RETURN, new_id(), NOON), 30, funder_id=1)
    earn(book, 40, active_on=FIRST + timedelta(days=2))
    assert now(book) == (0, 40, 0, 30)
    with clock.stopped(NOON + timedelta(days=2)):
        assert now(reopen(book)) == (10, 0, 0, 0)


def test_debt_is_paid_by_what_activated_first_even_when_nobody_looked_meanwhile(book: Book) -> None:
    book.take_back(Cause(Purpose.RETURN, new_id(), NOON), 10, funder_id=1)
    kept = earn(book, 10, active_on=FIRST + timedelta(days=5))
    burnt = earn(book, 10, FIRST + timedelta(days=3), active_on=FIRST + timedelta(days=2))
    with clock.stopped(NOON + timedelta(days=9)):
        book = reopen(book)
        assert now(book) == (10, 0, 0, 0)
        assert left(book, burnt, kept) == [0, 10]


def test_a_return_takes_its_own_lot_first_then_what_burns_first_then_debt(book: Book) -> None:
    soon, own = earn(book, 10, date(2026, 4, 1)), earn(book, 10)
    book.take_back(Cause(Purpose.RETURN, new_id(), NOON), 13, funder_id=1, first=[own])
    assert (left(book, own, soon), now(book)) == ([0, 7], (7, 0, 0, 0))
    book.take_back(Cause(Purpose.RETURN, new_id(), NOON), 9, funder_id=1, first=[own])
    assert (left(book, own, soon), now(book)) == ([0, 0], (0, 0, 0, 2))


def test_a_return_takes_its_own_lot_before_it_is_active(book: Book) -> None:
    earn(book, 10)
    own = earn(book, 10, active_on=FIRST + timedelta(days=3))
    book.take_back(Cause(Purpose.RETURN, new_id(), NOON), 4, funder_id=1, first=[own])
    assert now(book) == (10, 6, 0, 0)


@pytest.mark.parametrize(
    ("at", "available"),
    [
        (datetime(2026, 3, 31, 11, 59, 59, tzinfo=UTC), 10),  # 31 March, 23:59:59 in Kamchatka
        (datetime(2026, 3, 31, 12, tzinfo=UTC), 0),  # 1 April, 00:00
    ],
)
def test_points_burn_at_the_end_of_their_last_day_in_the_zone_of_the_bank(
    book: Book, at: datetime, available: int
) -> None:
    earn(book, 10, date(2026, 3, 31))
    with clock.stopped(at):
        assert now(reopen(book)) == (available, 0, 0, 0)


def test_the_burning_is_booked_at_the_midnight_it_happened(book: Book) -> None:
    lot = earn(book, 10, date(2026, 3, 31))
    with clock.stopped(NOON + timedelta(days=60)):
        now(reopen(book))
        burnt = transfers_of(book.session, book.balance.member_id)[0]
    assert (burnt.cause_id, burnt.occurred_at) == (lot, datetime(2026, 3, 31, 12, tzinfo=UTC))
    assert (burnt.from_account, burnt.to_account, burnt.points) == (Account.AVAILABLE, Account.EXPIRED, 10)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 3, 3, 11, 59, 59, tzinfo=UTC), (0, 10, 0, 0)),
        (datetime(2026, 3, 3, 12, tzinfo=UTC), (10, 0, 0, 0)),
    ],
)
def test_points_activate_at_the_first_moment_of_their_day(
    book: Book, at: datetime, expected: tuple[int, ...]
) -> None:
    earn(book, 10, active_on=date(2026, 3, 4))
    with clock.stopped(at):
        assert now(reopen(book)) == expected


def test_points_that_activate_and_burn_while_nobody_looks_do_both(book: Book) -> None:
    earn(book, 10, date(2026, 3, 10), active_on=date(2026, 3, 5))
    with clock.stopped(NOON + timedelta(days=30)):
        assert now(reopen(book)) == (0, 0, 0, 0)
        purposes = [moved.purpose for moved in transfers_of(book.session, book.balance.member_id)]
    assert purposes == [Purpose.EXPIRE, Purpose.ACTIVATE, Purpose.AWARD]


def test_released_points_return_to_their_very_lots(book: Book) -> None:
    soon, late, key = earn(book, 10, date(2026, 4, 1)), earn(book, 10), new_id()
    holds.hold(book, hold_id=key, points=15, expires_at=LATER)
    assert (now(book), left(book, soon, late)) == ((5, 0, 15, 0), [0, 5])
    holds.release(book, hold_id=key)
    assert (now(book), left(book, soon, late)) == ((20, 0, 0, 0), [10, 10])


def test_points_released_after_their_last_day_burn_at_once(book: Book) -> None:
    soon, late, key = earn(book, 10, date(2026, 4, 1)), earn(book, 10), new_id()
    holds.hold(book, hold_id=key, points=15, expires_at=LATER)
    with clock.stopped(datetime(2026, 4, 2, 12, tzinfo=UTC)):
        book = reopen(book)
        holds.release(book, hold_id=key)
        assert (now(book), left(book, soon, late)) == ((10, 0, 0, 0), [0, 10])


def test_points_can_burn_again_after_they_were_given_back_twice(book: Book) -> None:
    first, second = new_id(), new_id()
    earn(book, 10, date(2026, 4, 1))
    for key in (first, second):
        holds.hold(book, hold_id=key, points=5, expires_at=LATER)
    with clock.stopped(datetime(2026, 4, 2, 12, tzinfo=UTC)):
        for key in (first, second):
            book = reopen(book)
            holds.release(book, hold_id=key)
        assert now(book) == (0, 0, 0, 0)


def test_a_cancelled_redemption_returns_to_its_very_lots_and_pays_debt(book: Book) -> None:
    soon, late, key = earn(book, 10, date(2026, 4, 1)), earn(book, 10), new_id()
    holds.hold(book, hold_id=key, points=20, expires_at=LATER)
    holds.capture(book, hold_id=key)
    assert now(book) == (0, 0, 0, 0)
    book.take_back(Cause(Purpose.RETURN, new_id(), NOON), 4, funder_id=1)
    holds.cancel(book, hold_id=key)
    assert (now(book), left(book, soon, late)) == ((16, 0, 0, 0), [6, 10])


def test_more_than_there_is_is_refused_and_nothing_is_changed(book: Book) -> None:
    earn(book, 10)
    earn(book, 10, active_on=FIRST + timedelta(days=1))
    before = state(book)
    with pytest.raises(Refusal) as refused:
        holds.hold(book, hold_id=new_id(), points=11, expires_at=LATER)
    assert (refused.value.code, refused.value.facts) == (
        "not_enough_points",
        {"available": 10, "asked": 11},
    )
    assert state(book) == before


@pytest.mark.parametrize("ended", [holds.capture, holds.release])
@pytest.mark.parametrize("again", [holds.capture, holds.release])
def test_a_hold_ends_once(book: Book, ended: object, again: object) -> None:
    key = new_id()
    earn(book, 10)
    holds.hold(book, hold_id=key, points=6, expires_at=LATER)
    ended(book, hold_id=key)  # type: ignore[operator]
    before = state(book)
    with pytest.raises(Conflict, match="hold_not_open"):
        again(book, hold_id=key)  # type: ignore[operator]
    assert state(book) == before


def test_a_hold_that_never_was_cannot_end(book: Book) -> None:
    with pytest.raises(NotFound, match="hold_unknown"):
        holds.release(book, hold_id=new_id())


def test_the_same_cause_gives_once_whatever_it_gives(book: Book) -> None:
    cause = Cause(Purpose.AWARD, new_id(), NOON)
    book.earn(cause, 10, funder_id=1, active_on=FIRST, expires_on=NEVER)
    book.session.flush()
    book.session.expunge_all()
    book = reopen(book)
    with pytest.raises(IntegrityError, match="_pkey"), book.session.begin_nested():
        book.earn(cause, 20, funder_id=1, active_on=FIRST, expires_on=date(2026, 5, 1))


def test_nobody_can_overdraw_even_by_mistake(book: Book) -> None:
    with pytest.raises(IntegrityError, match="balance_not_negative_check"), book.session.begin_nested():
        book.pass_on(Cause(Purpose.ADJUST, new_id(), NOON), 1, Account.HELD, Account.ADJUSTED)


def test_a_transfer_moves_something_somewhere(book: Book) -> None:
    with pytest.raises(IntegrityError, match="transfer_moves_check"), book.session.begin_nested():
        book.pass_on(Cause(Purpose.ADJUST, new_id(), NOON), 0, Account.ADJUSTED, Account.AVAILABLE)


def opening(session: Session, actor: Actor, member_id: UUID) -> Transfer:
    return load_opening_lot(
        session,
        actor,
        member_id=member_id,
        zone=ZONE,
        points=70,
        funder_id=2,
        expires_on=date(2026, 4, 1),
        as_of=date(2026, 1, 31),
        source="old-crm/1",
    )


def test_r7_an_opening_balance_is_a_dated_lot_of_its_own(book: Book, member: UUID) -> None:
    made = opening(book.session, SYSTEM, member)
    book.session.flush()
    lot = book.session.scalars(select(Lot)).one()
    assert (lot.points, lot.funder_id, lot.expires_on, lot.pending) == (70, 2, date(2026, 4, 1), False)
    assert made.occurred_at == datetime(2026, 1, 30, 12, tzinfo=UTC)
    assert now(book) == (70, 0, 0, 0)


def test_r7_an_opening_balance_is_loaded_once(book: Book, member: UUID) -> None:
    opening(book.session, SYSTEM, member)
    before = state(book)
    with pytest.raises(Conflict, match="opening_lot_known"):
        opening(book.session, SYSTEM, member)
    assert state(book) == before


def test_an_opening_balance_needs_a_permission(book: Book, member: UUID) -> None:
    before = state(book)
    with pytest.raises(Forbidden):
        opening(book.session, Actor("staff"), member)
    assert state(book) == before


def test_what_is_due_can_be_seen_before_it_is_done(book: Book, session: Session) -> None:
    earn(book, 10, date(2026, 3, 2))
    earn(book, 7, active_on=date(2026, 3, 3))
    session.flush()
    programme = the_programme(session)
    with clock.stopped(NOON + timedelta(days=1)):
        assert sweep.due(session, programme) == sweep.Due("p", 0, 0, 0, 0, 0)
    with clock.stopped(NOON + timedelta(days=2)):
        assert sweep.due(session, programme) == sweep.Due("p", 1, 7, 1, 10, 1)
        before = state(book)
        sweep.due(session, programme)
        assert state(book) == before
        sweep.settle(session, ZONE, [str(book.balance.member_id)])
        assert (now(book), sweep.due(session, programme)) == ((7, 0, 0, 0), sweep.Due("p", 0, 0, 0, 0, 0))


def test_the_audit_finds_what_is_broken(book: Book, session: Session) -> None:
    earn(book, 10)
    session.flush()
    book.balance.available = 11
    session.flush()
    broken = {finding.rule for finding in audit_ledger(session) if finding.broken}
    assert broken == {"balance = its transfers", "lots left = balance"}
