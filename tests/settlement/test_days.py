"""Days are counted once, and a month of counted days is what the plain way says, whatever happened meanwhile."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from coalition.partners.actions import admit_participant
from coalition.programmes.queries import programme_by_id
from coalition.settlement.answering import answer, dispute, send
from coalition.settlement.closing import close
from coalition.settlement.days import count_days, count_settlement, since_of, span_of, sums_of
from coalition.settlement.drawing_up import drawn_up
from coalition.settlement.models import StatementLine
from coalition.settlement.returns import count_moved
from coalition.settlement.sums import Sum, Sums
from coalition.settlement.terms import set_terms, settlement_of, terms_in
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, jobs
from tenants.runtime.errors import Refusal
from tests.ledger.house import House, drain
from tests.settlement import plain
from tests.settlement.test_closing import CLOSED, hotel, sell
from tests.settlement.test_given_back import (
    BOTH,
    FIRST,
    NOVEMBER,
    OCTOBER,
    Coalition,
    bought,
    coalition,
    day,
    deposited,
    give,
    lines,
    returned,
)
from tests.settlement.test_once import closed, furnished

pytestmark = pytest.mark.usefixtures("house")
TERMS: tuple[dict[str, Any], ...] = (
    BOTH,
    {"pays": "spent", "turnover": "through", "fee": {"rate": "1.5", "of": "turnover"}},
    {"pays": "issued", "expired": "returned", "fee": {"rate": "2.5", "of": "awarded"}},
)
KINDS = "sale sale sale return return early early late late give pay terms join count count killed"
STEP = st.tuples(st.sampled_from(KINDS.split()), st.integers(2, 400), st.sampled_from((0, 0, 1, 3, 8)))


class _Killed(Exception):
    pass


def counted(house: House | Coalition, at: datetime, fails: bool = False) -> None:
    """The job, at that time; if it `fails`, after all its work."""
    with suppress(_Killed), clock.stopped(at), db.transaction(house.tenant) as session:
        count_settlement(session)
        if fails:
            raise _Killed


def kept(house: House | Coalition) -> str:
    """All that is counted, but for when."""
    with db.transaction(house.tenant) as session:
        return str(
            session.execute(
                text("""select (select jsonb_agg(to_jsonb(d) - 'counted_at' order by day) from settled_day d),
                (select jsonb_agg(to_jsonb(s) order by day, participant_id, kind) from settled_sum s),
                (select jsonb_agg(to_jsonb(r) order by return_id, number) from settled_return r),
                (select count(*) from moved_return)""")
            ).one()
        )


def number(house: House | Coalition, statement: str) -> int:
    with db.transaction(house.tenant) as session:
        return int(session.execute(text(statement)).scalar_one())


def termed(house: Coalition, who: str, month: date, at: datetime, terms: dict[str, Any]) -> None:
    told = {"programme_id": house.programme, "participant_id": house.who[who], "since": month}
    with clock.stopped(at), db.transaction(house.tenant) as session:
        set_terms(session, SYSTEM, terms=terms, **told)


def happens(house: Coalition, month: date, at: datetime, step: tuple[str, int, str]) -> None:
    """One thing; what is refused has not happened."""
    kind, size, name = step
    with suppress(Refusal):
        if kind == "sale":
            bought(house, size, size // 3 if size % 2 else 0, at, f"s{size % 5}")
        elif kind == "return":
            returned(house, size // 2, at, f"r{name}", original=f"s{size % 5}")
        elif kind == "early":
            returned(house, size // 4 + 1, at, f"e{name}", original=f"late{size % 3}")
        elif kind == "late":
            told = Told(f"late{size % 3}", house.member, FIRST, (100 + size) * 100, "shop", "shop")
            with clock.stopped(at), db.transaction(house.tenant) as session:
                record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
            with clock.stopped(at):
                drain(house.tenant)
        elif kind == "give":
            who = ("shop", "bank", "cafe")[size % 3]
            give(house, size, at.date() + timedelta(days=size % 20), at, who, number=int(name))
        elif kind == "pay":
            deposited(house, size, at)
        elif kind == "terms":
            termed(house, "shop", month, at, TERMS[size % len(TERMS)])
        elif kind == "join":
            termed(house, "cafe", month, at, {"pays": "spent"} if size % 2 else {})
        elif kind in ("count", "killed"):
            counted(house, at, fails=kind == "killed")


def month_of(house: Coalition, month: date, drawn: Callable[[Any, Sums], Any]) -> tuple[Any, Any]:
    """What the month's counted days say, and the plain way."""
    with db.transaction(house.tenant) as session:
        settlement_of(session, house.programme)
        programme, terms = (
            programme_by_id(session, house.programme),
            terms_in(session, house.programme, month),
        )
        plainly = plain.sums(session, programme, month, terms)
        count_days(session, programme, month, terms)
        count_moved(session, programme, span_of(programme, month), since_of(session, programme))
        return drawn(terms, sums_of(session, programme, month, terms)), drawn(terms, plainly)


def statements(terms: Any, sums: Sums) -> Any:
    """The lines of all, by participant."""
    found: dict[int, dict[str, Sum]] = {who: {} for who in terms}
    for (who, kind), one in sums.items():
        found[who][kind] = one
    return {who: drawn_up(terms[who], found[who], (100, 1), 2200) for who in terms}


def objected(house: Coalition, at: datetime) -> None:
    """The shop disputes October's first line, if it has one, and is right."""
    whose = {"programme_id": house.programme, "month": OCTOBER, "participant_id": house.who["shop"]}
    with clock.stopped(at), db.transaction(house.tenant) as session:
        query = select(StatementLine).where(StatementLine.participant_id == house.who["shop"])
        line = session.scalars(query.order_by(StatementLine.side, StatementLine.place)).first()
        if line is not None:
            send(session, SYSTEM, **whose)
            told = {"side": line.side, "place": line.place, "minor": line.minor - 7, "words": "less"}
            dispute(session, SYSTEM, **whose, **told)
            answer(session, SYSTEM, **whose, number=1, accept=True, words="")


@pytest.mark.slow
@example(
    first=0,
    october=[
        ("early", 6, 0),
        ("early", 7, 0),
        ("count", 2, 3),
        ("late", 6, 1),
        ("pay", 300, 0),
        ("sale", 42, 0),
    ],
    november=[("return", 12, 0), ("count", 2, 3), ("late", 7, 1)],
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.integers(0, 2),
    october=st.lists(STEP, min_size=3, max_size=12),
    november=st.lists(STEP, min_size=2, max_size=10),
)
def test_months_of_counted_days_are_what_the_plain_way_says(
    house: None, first: int, october: list[Any], november: list[Any]
) -> None:
    place = coalition(TERMS[first], earns=True, expiry="days", expiry_count=9)
    with clock.stopped(day(1)), db.transaction(place.tenant) as session:
        cafe = admit_participant(session, SYSTEM, code="cafe", name={"ru": "c", "en": "c"})
    place = Coalition(place.tenant, place.programme, {**place.who, "cafe": cafe.id}, place.member)
    turn = 0
    for month, steps, until in ((OCTOBER, october, day(2, 11)), (NOVEMBER, november, day(2, 12))):
        at = datetime(month.year, month.month, 3, 2, tzinfo=UTC)
        for kind, size, later in steps:
            turn, at = turn + 1, min(at + timedelta(days=later, minutes=7), until - timedelta(days=2))
            happens(place, month, at, (kind, size, str(turn)))
        with clock.stopped(until):
            found, expected = month_of(place, month, statements)
            assert found == expected
        lines_of = lines(place, month)
        assert lines(place, month) == lines_of
        if month == OCTOBER:
            objected(place, until + timedelta(hours=1))
    ids = "select count(*) from transfer t join purchase p on p.id = t.cause_id where t.purpose = 1 and"
    assert number(place, f"{ids} left(t.id::text, 13) <> left(p.id::text, 13)") == 0
    assert number(place, f"{ids} t.booked_at <> p.booked_at") == 0


def test_a_day_is_counted_when_it_is_over_for_an_hour_and_never_again() -> None:
    house = hotel()
    sell(house, 10_000_00, 8_000_00)
    days = "select count(*) from settled_day"
    counted(house, datetime(2026, 10, 1, 12, 59, tzinfo=UTC))  # the second began at noon
    assert number(house, days) == 0
    counted(house, datetime(2026, 10, 1, 13, tzinfo=UTC))
    assert number(house, days) == 1
    counted(house, CLOSED)
    counted(house, CLOSED)
    before = kept(house)
    assert number(house, days) == 32  # October's, and November's first
    counted(house, CLOSED + timedelta(hours=1))
    assert kept(house) == before
    counted(house, CLOSED + timedelta(hours=2), fails=True)
    assert kept(house) == before


def test_one_month_that_is_open_is_counted_at_a_run() -> None:
    house = hotel()
    december = datetime(2026, 12, 2, 3, tzinfo=UTC)
    counted(house, december)
    assert number(house, "select count(*) from settled_day") == 31
    counted(house, december)
    assert number(house, "select count(*) from settled_day") == 61


def test_days_of_closed_months_are_forgotten_and_their_statements_are_not() -> None:
    house = hotel()
    sell(house, 10_000_00)
    with clock.stopped(CLOSED):
        first = closed(house)
    counted(house, CLOSED)
    assert number(house, "select count(*) from settled_day where day < '2026-11-01'") == 0
    assert number(house, "select count(*) from settled_sum") == 0
    with clock.stopped(CLOSED):
        assert closed(house) == first


def test_days_are_counted_anew_by_other_terms_and_not_by_other_words() -> None:
    house = coalition(BOTH, earns=True)
    bought(house, 1000, 0, day(3))
    counted(house, day(10))
    at = "select max(extract(day from counted_at at time zone 'UTC')) from settled_day"
    termed(house, "shop", OCTOBER, day(11), BOTH | {"contract": "7/2026"})
    counted(house, day(11, hour=1))
    assert number(house, f"{at} where day < '2026-10-10'") == 10
    termed(house, "shop", OCTOBER, day(12), BOTH | {"fee": {"rate": "3", "of": "awarded"}})
    counted(house, day(12))
    assert number(house, f"{at} where day < '2026-10-10'") == 12
    assert lines(house)["fee"] == (1, 0, 30_00)


def test_terms_that_change_after_the_last_count_are_those_of_the_statement() -> None:
    house = coalition(BOTH, earns=True)
    bought(house, 1000, 0, day(3))
    counted(house, day(1, 11))
    termed(house, "shop", OCTOBER, day(1, 11), {"pays": "spent", "fee": {"rate": "3", "of": "turnover"}})
    assert lines(house) == {"fee": (1, 0, 30_00)}


def test_only_returns_that_move_after_their_booking_are_looked_at_again() -> None:
    house = coalition(BOTH, earns=True)
    moved = "select count(*) from moved_return"
    bought(house, 1000, 0, day(3))
    returned(house, 400, day(4), "r1")
    assert number(house, moved) == 0  # it found its sale as it was booked
    returned(house, 300, day(5), "r2", original="late")
    counted(house, day(10))
    assert number(house, "select sum(awarded) from settled_return") == -400_00
    told = Told("late", house.member, day(2), 300_00, "shop", "shop")
    with clock.stopped(day(11)), db.transaction(house.tenant) as session:
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
    drain(house.tenant)
    assert number(house, moved) == 1
    counted(house, day(12))
    assert number(house, moved) == 0
    assert number(house, "select sum(awarded) from settled_return") == -700_00
    assert number(house, "select sum(turnover) from settled_return") == -700_00
    assert lines(house)["fee_back"] == (2, 0, -14_00)


def test_moves_in_a_programme_that_does_not_settle_are_forgotten() -> None:
    house = coalition(BOTH, earns=True)
    with db.transaction(house.tenant) as session:
        session.execute(text("delete from party_terms"))
        session.execute(text("delete from settlement"))
    returned(house, 300, day(5), "r2", original="late")
    told = Told("late", house.member, day(2), 300_00, "shop", "shop")
    with clock.stopped(day(11)), db.transaction(house.tenant) as session:
        record(session, SYSTEM, programme_id=house.programme, source="till", told=[told])
    drain(house.tenant)
    assert number(house, "select count(*) from moved_return") == 1
    counted(house, day(12))
    assert number(house, "select count(*) from moved_return") == 0


def test_the_count_is_among_the_schedules() -> None:
    assert jobs.Schedule("settlement.count", 3600) in jobs.schedules()


def test_closing_asks_for_nothing_that_was_counted() -> None:
    """A month whose days are counted is closed by their sums: no day is counted again."""
    house = furnished()
    counted(house, CLOSED)
    before = kept(house)
    with clock.stopped(CLOSED), db.transaction(house.tenant) as session:
        close(session, SYSTEM, programme_id=house.programme, month=OCTOBER)
    assert kept(house) == before
