"""Figures of days: equal to the ledger whatever happened and whenever it was counted; each event on its own day."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from coalition.ledger.models import Account, Balance, Purpose
from coalition.ledger.post import Cause, open_book
from coalition.programmes.terms import NEVER
from coalition.promotions.budgets import release, set_budget
from coalition.promotions.models import Promotion
from coalition.reports.audit import audit
from coalition.reports.counting import count_figures
from coalition.reports.figures import Budget, Moved, budgets, days, members
from coalition.reports.models import FiguresCount, PointsDay
from tenants.runtime import clock, db
from tests.ledger.house import ZONE, House, new_member, open_another, open_house
from tests.transactions.bank import back, join, line, load, open_bank, per_step

pytestmark = pytest.mark.usefixtures("house")

FIRST = datetime(2026, 11, 2, 3, tzinfo=clock.zone("UTC"))  # 15:00 in Kamchatka
RULE = "counted days = their transfers"


def moved(session: Session, day: date) -> Moved:
    found = days(session, day, day)
    assert found is not None
    return found.moved


def what_members_have(session: Session) -> int:
    columns = Balance.available + Balance.pending + Balance.held - Balance.debt
    return int(session.scalar(select(func.coalesce(func.sum(columns), 0))) or 0)


def broken(session: Session) -> list[int]:
    return [one.broken for one in audit(session) if one.rule == RULE]


def test_nothing_is_told_before_it_was_counted(session: Session) -> None:
    open_house(session)
    assert days(session, date(2026, 11, 1), date(2026, 11, 2)) is None
    assert members(session) is None


def test_late_purchases_and_returns_change_the_days_they_happened_on() -> None:
    with clock.stopped(FIRST):
        bank = open_bank([per_step()])
        member = join(bank, "one")
        load(bank, [line("one", "2026-11-02", 1000, reference="a")])
        with db.transaction(bank.tenant) as session:
            count_figures(session)
            assert moved(session, date(2026, 11, 2)) == Moved(issued=10)
    with clock.stopped(FIRST + timedelta(days=7)):
        load(
            bank,
            [line("one", "2026-11-03", 500, reference="late"), back("one", "2026-11-05", 1000, original="a")],
        )
        with db.transaction(bank.tenant) as session:
            count_figures(session)
            told = [moved(session, date(2026, 11, number)) for number in (2, 3, 4, 5, 9)]
            assert told == [Moved(10), Moved(5), Moved(), Moved(-10), Moved()]
            found = days(session, date(2026, 11, 4), date(2026, 11, 9))
            assert found is not None
            assert (found.before, found.liability) == (Moved(15), 5)
            assert found.liability == what_members_have(session)
            assert found.counted_at == clock.now()
            assert member


def test_a_second_count_changes_nothing_and_looks_only_at_what_is_not_final() -> None:
    with clock.stopped(FIRST):
        bank = open_bank([per_step()])
        join(bank, "one")
        load(bank, [line("one", "2026-11-02", 1000)])
    with clock.stopped(FIRST + timedelta(days=3)), db.transaction(bank.tenant) as session:
        count_figures(session)
        count_figures(session)
        assert session.get_one(FiguresCount, bank.tenant).open_from == date(2026, 11, 5)
        assert moved(session, date(2026, 11, 2)) == Moved(10)
        session.execute(text("update points_day set points = 11"))
        count_figures(session)
        assert moved(session, date(2026, 11, 2)) == Moved(11)  # a final day is not read again
        assert broken(session) == [1]


def test_what_is_booked_in_the_hour_after_midnight_to_the_day_before_is_counted() -> None:
    midnight = datetime(2026, 11, 3, 12, 30, tzinfo=clock.zone("UTC"))  # 00:30 in Kamchatka, on the 4th
    house = open_another()
    with clock.stopped(midnight), db.transaction(house.tenant) as session:
        count_figures(session)
        assert session.get_one(FiguresCount, house.tenant).open_from == date(2026, 11, 3)
    with clock.stopped(midnight - timedelta(hours=1)), db.transaction(house.tenant) as session:
        _give(session, house, 40)  # its transaction ends later than it booked
    with clock.stopped(midnight + timedelta(minutes=5)), db.transaction(house.tenant) as session:
        count_figures(session)
        assert moved(session, date(2026, 11, 3)) == Moved(issued=40)


def test_another_zone_means_other_days() -> None:
    house = open_another()
    with clock.stopped(FIRST), db.transaction(house.tenant) as session:
        _give(session, house, 40)
    with clock.stopped(FIRST + timedelta(days=3)), db.transaction(house.tenant) as session:
        count_figures(session)
        session.execute(text("update programme set zone = 'Pacific/Honolulu'"))
        session.expire_all()
        count_figures(session)
        assert moved(session, date(2026, 11, 1)) == Moved(issued=40)  # 17:00 the day before, in Honolulu
        assert moved(session, date(2026, 11, 2)) == Moved()


def test_another_tenant_sees_none_of_it() -> None:
    one, two = open_another(), open_another()
    with clock.stopped(FIRST):
        with db.transaction(one.tenant) as session:
            _give(session, one, 40)
        for house in (one, two):
            with db.transaction(house.tenant) as session:
                count_figures(session)
        with db.transaction(two.tenant) as session:
            assert moved(session, date(2026, 11, 2)) == Moved()
            assert session.scalar(select(func.count()).select_from(PointsDay)) == 0


def test_members_are_active_by_what_they_did_not_by_what_time_does() -> None:
    house = open_another()
    with db.transaction(house.tenant) as session:
        with clock.stopped(FIRST):
            new_member(session, house)
            _give(session, house, 40)
        with clock.stopped(FIRST + timedelta(days=30)):
            count_figures(session)
            found = members(session)
            assert found is not None
            assert (found.day, found.members, found.active) == (date(2026, 12, 2), 2, 1)
        with clock.stopped(FIRST + timedelta(days=31)):
            count_figures(session)
            found = members(session)
            assert found is not None
            assert (found.members, found.active) == (2, 0)


def test_a_day_that_began_with_nobody_is_counted_again_until_somebody_is_active() -> None:
    house = open_another()
    with db.transaction(house.tenant) as session, clock.stopped(FIRST):
        count_figures(session)
        before = members(session)
        new_member(session, house)
        _give(session, house, 40)
        count_figures(session)
        after = members(session)
        assert before is not None
        assert after is not None
        assert (before.active, after.members, after.active) == (0, before.members + 2, 1)


def test_who_becomes_active_later_in_the_day_is_counted_within_an_hour() -> None:
    house = open_another()
    with db.transaction(house.tenant) as session:
        with clock.stopped(FIRST):
            _give(session, house, 40)
            count_figures(session)
        with clock.stopped(FIRST + timedelta(minutes=55)):
            _give(session, house, 40)
            count_figures(session)
            assert _active(session) == 1  # of this hour it is counted already
            count_figures(session, anew=True)
            assert _active(session) == 2
            _give(session, house, 40)
        with clock.stopped(FIRST + timedelta(hours=1)):
            count_figures(session)
            assert _active(session) == 3


def test_what_happened_long_ago_makes_nobody_active_today() -> None:
    with clock.stopped(FIRST):
        bank = open_bank([per_step()])
        join(bank, "one")
        join(bank, "two")
    with clock.stopped(FIRST + timedelta(days=31)):
        load(
            bank,
            [
                line("one", "2026-11-02", 1000, reference="old"),
                line("two", "2026-11-03", 1000, reference="new"),
            ],
        )
        with db.transaction(bank.tenant) as session:
            count_figures(session)
            assert _active(session) == 1


def _active(session: Session) -> int:
    found = members(session)
    assert found is not None
    return found.active


def test_a_budget_ends_at_the_pace_of_two_weeks() -> None:
    bank = open_bank([per_step()])
    with db.transaction(bank.tenant) as session:
        promotion = session.scalars(select(Promotion)).one()
        set_budget(session, promotion, 1000)
        with clock.stopped(FIRST):
            count_figures(session)
            assert budgets(session, date(2026, 11, 2)) == [Budget(promotion.id, "p0", 1000, 0, False, None)]
        release(session, promotion.id, -60)  # what a purchase takes
        with clock.stopped(FIRST + timedelta(days=3)):
            count_figures(session)
            (found,) = budgets(session, date(2026, 11, 5))
            # 60 in three days: the 940 that are left last 47 days more
            assert found == Budget(promotion.id, "p0", 1000, 60, True, date(2026, 12, 22))
            assert found.hundredths == 600
            assert budgets(session, date(2026, 11, 30)) == []


def _give(session: Session, house: House, points: int) -> None:
    book = open_book(session, member_id=new_member(session, house), zone=ZONE)
    cause = Cause(Purpose.OCCASION, uuid4(), clock.now())
    book.earn(cause, points, funder_id=house.funders[0], active_on=book.today, expires_on=NEVER)
    session.flush()


steps = st.lists(
    st.tuples(
        st.sampled_from(["earn", "take", "goodwill", "count"]),
        st.integers(1, 50),
        st.integers(0, 9),  # days ago that it happened
        st.integers(0, 2),  # days until the next step
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_figures_are_what_the_ledger_says(session: Session, steps: list[tuple[str, int, int, int]]) -> None:
    """Whatever was booked, with counts between: liability is what members have, and every day is the ledger's own."""
    with session.begin_nested() as undone:
        house = open_house(session)
        member = new_member(session, house)
        now = FIRST
        for kind, points, ago, rest in steps:
            with clock.stopped(now):
                book = open_book(session, member_id=member, zone=ZONE)
                cause = Cause(Purpose.OCCASION, uuid4(), now - timedelta(days=ago))
                if kind == "count":
                    count_figures(session)
                elif kind == "take":
                    book.take_back(cause, points, funder_id=house.funders[0])
                else:
                    source = Account.ADJUSTED if kind == "goodwill" else Account.ISSUED
                    book.earn(
                        cause, points, funder_id=house.funders[0], active_on=book.today, expires_on=NEVER,
                        source=source,
                    )  # fmt: skip
                session.flush()
            now += timedelta(days=rest)
        with clock.stopped(now):
            count_figures(session)
            found = days(session, FIRST.date() - timedelta(days=10), now.date() + timedelta(days=1))
        assert found is not None
        assert found.before == Moved()
        assert found.liability == what_members_have(session)
        by_day = dict(
            session.execute(
                text(
                    "select (occurred_at at time zone :zone)::date, sum(case when from_account in (10, 13) then points"
                    " when to_account in (10, 13) then -points else 0 end) from transfer group by 1"
                ),
                {"zone": ZONE},
            ).all()
        )
        told = {day: one.liability for day, one in found.days if one.liability}
        assert told == {day: total for day, total in by_day.items() if total}
        assert broken(session) == [0]
        undone.rollback()
