"""The ledger agrees with a plain model of dicts and lists, whatever is done to it and however time passes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from coalition.ledger import conditional, holds
from coalition.ledger.actions import load_opening_lot
from coalition.ledger.audit import audit_ledger
from coalition.ledger.models import Purpose
from coalition.ledger.post import Book, Cause, open_books
from coalition.members.sweep import sweep
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import new_id
from tests.ledger.house import ZONE, balance, drain, lots, new_member, open_another

pytestmark = pytest.mark.slow
HELD_FOR = timedelta(hours=36)


@dataclass
class PlainLot:
    """Points of one origin."""

    id: UUID
    active_on: date
    last_day: date
    left: int
    pending: bool
    lapsed: int = 0
    burnt: int = 0
    after: list["PlainLot"] = field(default_factory=list)


@dataclass
class PlainHold:
    """Points set aside, and where they came from."""

    until: datetime
    uses: list[tuple[PlainLot, int]]
    state: str = "open"

    @property
    def points(self) -> int:
        return sum(points for _, points in self.uses)


@dataclass
class Plain:
    """One member's points, day by day."""

    today: date
    lots: list[PlainLot] = field(default_factory=list)
    holds: dict[UUID, PlainHold] = field(default_factory=dict)
    debt: int = 0

    @property
    def available(self) -> int:
        return sum(lot.left for lot in self.lots if not lot.pending)

    @property
    def balance(self) -> tuple[int, int, int, int]:
        pending = sum(lot.left for lot in self.lots if lot.pending)
        held = sum(hold.points for hold in self.holds.values() if hold.state == "open")
        return self.available, pending, held, self.debt

    def in_order(self) -> list[PlainLot]:
        return sorted(self.lots, key=lambda lot: (lot.last_day, lot.id))

    def take(self, points: int, among: list[PlainLot]) -> list[tuple[PlainLot, int]]:
        uses = []
        for lot in among:
            used = min(lot.left, points)
            if used:
                lot.left -= used
                points -= used
                uses.append((lot, used))
        return uses

    def repay(self) -> None:
        paid = min(self.debt, self.available)
        self.take(paid, [lot for lot in self.in_order() if not lot.pending])
        self.debt -= paid

    def burn(self) -> None:
        for lot in self.lots:
            if lot.last_day < self.today:
                if lot.pending:
                    lot.lapsed += lot.left
                else:
                    lot.burnt += lot.left
                lot.left = 0

    def live_until(self, day: date) -> None:
        while self.today < day:
            self.today += timedelta(days=1)
            for lot in self.in_order():
                if lot.pending and lot.active_on <= self.today:
                    lot.pending = False
                    self.repay()
            self.burn()

    def earn(self, lot: PlainLot) -> None:
        self.lots.append(lot)
        self.repay()

    def take_back(self, points: int, own: PlainLot) -> None:
        """Of its own lots what is left goes first, and what has burnt, for which nobody owes anything."""
        for lot in (own, *own.after):
            points -= sum(used for _, used in self.take(points, [lot]))
            again = min(lot.burnt, points)
            lot.burnt -= again
            points -= again
        taken = self.take(points, [lot for lot in self.in_order() if not lot.pending])
        self.debt += points - sum(used for _, used in taken)

    def take_back_waiting(self, points: int, own: PlainLot) -> None:
        """What waits goes first, then what lapsed, for which nobody owes anything, then what it has become."""
        points -= sum(used for _, used in self.take(points, [own]))
        again = min(own.lapsed, points)
        own.lapsed -= again
        self.take_back(points - again, own)

    def meet(self, own: PlainLot, born: PlainLot) -> None:
        own.left = own.lapsed = 0
        own.after.append(born)
        self.earn(born)

    def give_back(self, hold: PlainHold, state: str) -> None:
        for lot, points in hold.uses:
            lot.left += points
        hold.state = state
        self.burn()
        self.repay()


class Points(RuleBasedStateMachine):
    """One member; every rule is one transaction of its own."""

    earned = Bundle("earned")
    waiting = Bundle("waiting")
    held = Bundle("held")
    captured = Bundle("captured")

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 2, 26, 10, tzinfo=UTC)
        self.house = open_another()
        self.plain = Plain(clock.business_day(ZONE, self.now))
        with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
            self.member = new_member(session, self.house)
        self.settled = True

    def book(self, session: db.Session, *, whole: bool = False) -> Book:
        return open_books(session, members=[self.member], zone=ZONE, whole=whole)[self.member]

    @rule(target=earned, points=st.integers(1, 60), delay=st.integers(0, 4), days=st.integers(0, 9))
    def earn(self, points: int, delay: int, days: int) -> PlainLot:
        active = self.plain.today + timedelta(days=delay)
        last_day = active + timedelta(days=days) if days else date(9999, 12, 31)
        with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
            made = self.book(session).earn(
                Cause(Purpose.AWARD, new_id(), self.now), points, funder_id=self.house.funders[points % 2],
                active_on=active, expires_on=last_day,
            )  # fmt: skip
            lot = PlainLot(made.id, active, last_day, points, delay > 0)
        self.plain.earn(lot)
        self.settled = True
        return lot

    @rule(points=st.integers(1, 60), days=st.integers(0, 9))
    def open_with_a_balance(self, points: int, days: int) -> None:
        last_day = self.plain.today + timedelta(days=days)
        with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
            made = load_opening_lot(
                session, SYSTEM, member_id=self.member, zone=ZONE, points=points, expires_on=last_day,
                funder_id=self.house.funders[0], as_of=self.plain.today, source=f"old/{new_id()}",
            )  # fmt: skip
            lot = PlainLot(made.id, self.plain.today, last_day, points, pending=False)
        self.plain.earn(lot)
        self.settled = True

    @rule(lot=earned, points=st.integers(1, 80))
    def take_back(self, lot: PlainLot, points: int) -> None:
        with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
            cause = Cause(Purpose.RETURN, new_id(), self.now)
            self.book(session).take_back(cause, points, funder_id=self.house.funders[0], first=[lot.id])
        self.plain.take_back(points, lot)
        self.settled = True

    @rule(target=waiting, points=st.integers(1, 60), days=st.integers(0, 6))
    def earn_on_a_condition(self, points: int, days: int) -> PlainLot:
        last_day = self.plain.today + timedelta(days=days)
        with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
            made = self.book(session).earn(
                Cause(Purpose.AWARD, new_id(), self.now), points, funder_id=self.house.funders[0],
                active_on=date.max, expires_on=last_day,
            )  # fmt: skip
            lot = PlainLot(made.id, date.max, last_day, points, pending=True)
        self.plain.earn(lot)
        self.settled = True
        return lot

    @rule(lot=waiting, days=st.integers(0, 9))
    def the_condition_is_met(self, lot: PlainLot, days: int) -> None:
        last_day, points = self.plain.today + timedelta(days=days), lot.left + lot.lapsed
        with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
            book = self.book(session, whole=True)
            known = {one.id for one in book.lots}
            conditional.meet(
                book, next(one for one in book.lots if one.id == lot.id), at=self.now, expires_on=last_day
            )
            born = [one.id for one in book.lots if one.id not in known]
        assert len(born) == (points > 0)
        for number in born:
            self.plain.meet(lot, PlainLot(number, self.plain.today, last_day, points, pending=False))
        self.settled = True

    @rule(lot=waiting, points=st.integers(1, 80))
    def take_back_what_waits(self, lot: PlainLot, points: int) -> None:
        with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
            cause, book = Cause(Purpose.RETURN, new_id(), self.now), self.book(session, whole=True)
            first = conditional.recall(book, [lot.id], {lot.id}, points)
            book.take_back(cause, points, funder_id=self.house.funders[0], first=first)
        self.plain.take_back_waiting(points, lot)
        self.settled = True

    @rule(target=held, points=st.integers(1, 80))
    def hold(self, points: int) -> object:
        key = new_id()
        try:
            with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
                holds.hold(self.book(session), hold_id=key, points=points, expires_at=self.now + HELD_FOR)
        except Refusal as refusal:
            said = (refusal.code, refusal.facts)
        else:
            said = None
        if points > self.plain.available:
            assert said == ("not_enough_points", {"available": self.plain.available, "asked": points})
            return multiple()
        assert said is None
        ready = [lot for lot in self.plain.in_order() if not lot.pending]
        self.plain.holds[key] = PlainHold(self.now + HELD_FOR, self.plain.take(points, ready))
        self.settled = True
        return key

    @rule(target=captured, key=consumes(held))
    def capture(self, key: UUID) -> object:
        if not self._end(key, "open", holds.capture):
            return multiple()
        self.plain.holds[key].state = "captured"
        return key

    @rule(key=consumes(held))
    def release(self, key: UUID) -> None:
        if self._end(key, "open", holds.release):
            self.plain.give_back(self.plain.holds[key], "released")

    @rule(key=captured)
    def cancel(self, key: UUID) -> None:
        if self._end(key, "captured", holds.cancel):
            self.plain.give_back(self.plain.holds[key], "released")

    def _end(self, key: UUID, wanted: str, action: object) -> bool:
        """Do it; True when it was possible. A refusal must be for the state the model knows."""
        state = self.plain.holds[key].state
        try:
            with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
                action(self.book(session), hold_id=key)  # type: ignore[operator]
        except Refusal as refusal:
            said = (refusal.code, refusal.facts)
        else:
            said = None
            self.settled = True
        assert said == (None if state == wanted else ("hold_not_open", {"state": state}))
        return said is None

    @rule(hours=st.integers(1, 150))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.plain.live_until(clock.business_day(ZONE, self.now))
        self.settled = False

    @rule()
    def the_house_sweeps(self) -> None:
        with clock.stopped(self.now):
            with db.transaction(self.house.tenant) as session:
                sweep(session)
            drain(self.house.tenant)
        self.settled = True

    @invariant()
    def they_agree(self) -> None:
        with clock.stopped(self.now), db.transaction(self.house.tenant) as session:
            assert [finding.rule for finding in audit_ledger(session) if finding.broken] == []
            if self.settled:
                assert balance(session, self.member) == self.plain.balance
                assert lots(session, self.member) == {
                    lot.id: (lot.left, lot.pending and lot.left > 0) for lot in self.plain.lots
                }


def test_the_ledger_agrees_with_a_plain_model(house: None) -> None:
    run_state_machine_as_test(
        Points,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        ),
    )
