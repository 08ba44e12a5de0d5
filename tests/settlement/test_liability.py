"""What points stand for at the end of any past day is what a plain model had on that day, by month of earning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from coalition.ledger import holds
from coalition.ledger.models import Account, Purpose
from coalition.ledger.models import Lot as Kept
from coalition.ledger.post import Book, Cause, open_book
from coalition.programmes.queries import programme_by_id
from coalition.settlement.liability import Cohort, liability_on, worth
from tenants.runtime import clock, db
from tests.ledger.house import ZONE, House, balance, new_member, open_another

pytestmark = pytest.mark.usefixtures("house")
FIRST = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 0, tzinfo=UTC)  # in Kamchatka
STEP = st.tuples(
    st.sampled_from(("earn", "earn", "hold", "capture", "release", "cancel", "take", "wait")),
    st.integers(1, 200),
    st.sampled_from((0, 1, 1, 3, 9, 25)),
)


@dataclass(eq=False)
class Lot:
    """Points of a month until a day, and what became of them."""

    id: UUID
    month: date
    last: date
    given: int
    left: int
    burnt: int = 0
    held: int = 0
    spent: int = 0


@dataclass
class Model:
    """One member's points."""

    lots: list[Lot] = field(default_factory=list)
    held: dict[UUID, list[tuple[Lot, int]]] = field(default_factory=dict)
    captured: dict[UUID, list[tuple[Lot, int]]] = field(default_factory=dict)
    debt: int = 0

    def on(self, day: date) -> None:
        for lot in self.lots:
            if lot.left and lot.last < day:
                lot.burnt, lot.left = lot.burnt + lot.left, 0

    def use(self, points: int) -> list[tuple[Lot, int]]:
        found = []
        for lot in sorted(self.lots, key=lambda one: one.last):
            used = min(lot.left, points)
            if used:
                lot.left, points = lot.left - used, points - used
                found.append((lot, used))
        return found

    @property
    def available(self) -> int:
        return sum(lot.left for lot in self.lots)

    def pay(self) -> None:
        self.debt -= sum(used for _lot, used in self.use(min(self.debt, self.available)))

    def back(self, uses: list[tuple[Lot, int]], of: str, day: date) -> None:
        for lot, used in uses:
            setattr(lot, of, getattr(lot, of) - used)
            lot.left += used
        self.on(day)
        self.pay()

    def cohorts(self) -> Mapping[date, Cohort]:
        found: dict[date, Cohort] = {}
        for lot in self.lots:
            had = found.get(lot.month, Cohort(lot.month, 0, 0, 0, 0, 0))
            found[lot.month] = Cohort(
                lot.month, had.given + lot.given, had.left + lot.left, had.held + lot.held,
                had.spent + lot.spent, had.burnt + lot.burnt,
            )  # fmt: skip
        return found


def act(book: Book, model: Model, house: House, kind: str, size: int, day: date) -> None:
    if kind == "earn":
        last = day + timedelta(days=size % 37)
        while any(lot.last == last for lot in model.lots):
            last += timedelta(days=1)
        cause = Cause(Purpose.AWARD, uuid4(), clock.now())
        made = book.earn(cause, size, funder_id=house.funders[0], active_on=book.today, expires_on=last)
        model.lots.append(Lot(made.id, day.replace(day=1), last, size, size))
        model.pay()
    elif kind == "hold" and size <= model.available:
        number = uuid4()
        holds.hold(book, hold_id=number, points=size, expires_at=clock.now() + timedelta(days=400))
        model.held[number] = model.use(size)
        for lot, used in model.held[number]:
            lot.held += used
    elif kind in ("capture", "release") and model.held:
        number, uses = model.held.popitem()
        if kind == "capture":
            holds.capture(book, hold_id=number)
            for lot, used in uses:
                lot.held, lot.spent = lot.held - used, lot.spent + used
            model.captured[number] = uses
        else:
            holds.release(book, hold_id=number)
            model.back(uses, "held", day)
    elif kind == "cancel" and model.captured:
        number, uses = model.captured.popitem()
        holds.cancel(book, hold_id=number)
        model.back(uses, "spent", day)
    elif kind == "take" and model.lots:
        lot = model.lots[size % len(model.lots)]
        points = min(size, lot.given)
        _take(book, model, house, lot, points)


def _take(book: Book, model: Model, house: House, lot: Lot, points: int) -> None:
    """From the lot itself, then from what of it has burnt, then from what is there; else it is owed."""
    cause = Cause(Purpose.RETURN, uuid4(), clock.now())
    book.take_back(cause, points, funder_id=house.funders[0], first=[lot.id])
    own = min(lot.left, points)
    lost = min(lot.burnt, points - own)
    lot.left, lot.burnt = lot.left - own, lot.burnt - lost
    rest = points - own - lost
    model.debt += rest - sum(used for _lot, used in model.use(rest))


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=5, max_size=22))
def test_every_day_of_the_past_is_the_plain_models(steps: list[tuple[str, int, int]]) -> None:
    with clock.stopped(NOON):
        house = open_another()
        with db.transaction(house.tenant) as session:
            member = new_member(session, house)
    model, day = Model(), FIRST
    days: dict[date, tuple[Mapping[date, Cohort], int]] = {}
    for turn, (kind, size, later) in enumerate(steps):
        for _ in range(later):  # days on which nobody touches the member: what burns then is not booked
            model.on(day)
            days[day] = model.cohorts(), model.debt
            day += timedelta(days=1)
        model.on(day)
        moment = NOON + (day - FIRST) + timedelta(seconds=turn)
        with clock.stopped(moment), db.transaction(house.tenant) as session:
            if kind != "wait":
                act(open_book(session, member_id=member, zone=ZONE), model, house, kind, size, day)
        days[day] = model.cohorts(), model.debt
    with db.transaction(house.tenant) as session:
        programme = programme_by_id(session, house.programme)
        for asked, (cohorts, debt) in days.items():
            found = liability_on(session, programme, asked)
            assert {one.month: one for one in found.cohorts} == cohorts, asked
            assert found.debt == debt, asked
        whole = liability_on(session, programme, day).whole
        available, pending, held, _debt = balance(session, member)
        unbooked = sum(lot.remaining for lot in open_lots(session, member, day))
        assert (whole.left, whole.held) == (available + pending - unbooked, held)


def open_lots(session: Any, member: UUID, day: date) -> list[Any]:
    """Lots whose last day has passed and whose burning is not booked yet."""
    return list(session.scalars(select(Kept).where(Kept.member_id == member, Kept.expires_on < day)))


def test_a_month_in_words_of_its_figures() -> None:
    one = Cohort(FIRST, given=3000, left=1000, held=200, spent=1100, burnt=500)
    assert (one.owed, one.other, one.breakage) == (1200, 200, 1667)
    assert Cohort(FIRST, 0, 0, 0, 0, 0).breakage == 0


def test_points_that_come_back_as_new_ones_are_less_spent_in_their_own_month() -> None:
    """40 of June are spent, their day passes, and in July a return gives 40 back for ten days more."""
    with clock.stopped(NOON):
        house = open_another(value_minor=250, value_points=1)
        with db.transaction(house.tenant) as session:
            member = new_member(session, house)
            book = open_book(session, member_id=member, zone=ZONE)
            cause = Cause(Purpose.AWARD, uuid4(), clock.now())
            last = date(2026, 6, 20)
            book.earn(cause, 40, funder_id=house.funders[0], active_on=book.today, expires_on=last)
            number = uuid4()
            holds.hold(book, hold_id=number, points=40, expires_at=clock.now() + timedelta(days=90))
            holds.capture(book, hold_id=number)
    with clock.stopped(NOON + timedelta(days=35)), db.transaction(house.tenant) as session:
        book = open_book(session, member_id=member, zone=ZONE)
        cause = Cause(Purpose.CANCEL, uuid4(), clock.now())
        holds.cancel_part(book, hold_id=number, cause=cause, stands=40, left=0, over_until=date(2026, 7, 16))
    july = date(2026, 7, 1)
    with db.transaction(house.tenant) as session:
        programme = programme_by_id(session, house.programme)
        assert liability_on(session, programme, date(2026, 7, 5)).cohorts == [Cohort(FIRST, 40, 0, 0, 40, 0)]
        found = liability_on(session, programme, date(2026, 7, 16))
        assert found.cohorts == [Cohort(july, 0, 40, 0, -40, 0), Cohort(FIRST, 40, 0, 0, 40, 0)]
        assert (found.whole.owed, worth(programme, found.whole.owed)) == (40, 100_00)
        assert liability_on(session, programme, date(2026, 7, 17)).cohorts[0] == Cohort(
            july, 0, 0, 0, -40, 40
        )


def test_what_is_set_aside_is_owed_until_the_day_on_which_it_is_taken() -> None:
    number = uuid4()
    with clock.stopped(NOON):
        house = open_another()
        with db.transaction(house.tenant) as session:
            member = new_member(session, house)
            book = open_book(session, member_id=member, zone=ZONE)
            cause = Cause(Purpose.AWARD, uuid4(), clock.now())
            book.earn(
                cause, 40, funder_id=house.funders[0], active_on=book.today, expires_on=date(2027, 1, 1)
            )
            holds.hold(book, hold_id=number, points=30, expires_at=clock.now() + timedelta(days=90))
    with clock.stopped(NOON + timedelta(days=2)), db.transaction(house.tenant) as session:
        holds.capture(open_book(session, member_id=member, zone=ZONE), hold_id=number)
    with db.transaction(house.tenant) as session:
        programme = programme_by_id(session, house.programme)
        assert liability_on(session, programme, date(2026, 6, 2)).cohorts == [Cohort(FIRST, 40, 10, 30, 0, 0)]
        assert liability_on(session, programme, date(2026, 6, 3)).cohorts == [Cohort(FIRST, 40, 10, 0, 30, 0)]


def test_another_programme_and_another_tenant_owe_nothing_of_it() -> None:
    with clock.stopped(NOON):
        house, other = open_another(), open_another()
        with db.transaction(house.tenant) as session:
            book = open_book(session, member_id=new_member(session, house), zone=ZONE)
            cause = Cause(Purpose.ADJUST, uuid4(), clock.now())
            told = {"funder_id": house.funders[0], "source": Account.ADJUSTED}
            book.earn(cause, 7, active_on=book.today, expires_on=date(2027, 1, 1), **told)
    with db.transaction(other.tenant) as session:
        assert liability_on(session, programme_by_id(session, other.programme), FIRST).cohorts == []
    with db.transaction(house.tenant) as session:
        assert liability_on(session, programme_by_id(session, house.programme), FIRST).whole.left == 7
        before = FIRST - timedelta(days=1)
        assert liability_on(session, programme_by_id(session, house.programme), before).cohorts == []
