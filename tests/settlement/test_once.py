"""A month is closed once: twice at the same time, after a kill, and whatever is booked meanwhile."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from sqlalchemy import func, select

from coalition.settlement.closing import close
from coalition.settlement.days import count_settlement
from coalition.settlement.models import SettledDay, SettledReturn, Statement, StatementLine
from coalition.settlement.queries import statements_of
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.settlement.test_closing import CLOSED, OCTOBER, SALE, hotel, sell


def furnished() -> House:
    """The hotel with a sale and a return."""
    house = hotel()
    member = sell(house, 10_000_00, 8_000_00)
    sell(
        house,
        1_000_00,
        at=SALE + timedelta(days=1),
        member=member,
        refund=True,
        original=f"{SALE:%m%d%H%M}-0",
    )
    return house


def digests(house: House) -> list[bytes]:
    with db.transaction(house.tenant) as session:
        return [one.digest for one in statements_of(session, house.programme, OCTOBER)]


def closed(house: House) -> list[bytes]:
    with db.transaction(house.tenant) as session:
        found = close(session, SYSTEM, programme_id=house.programme, month=OCTOBER)
        return [one.digest for one in found]


def rows(house: House) -> tuple[int, int, int]:
    with db.transaction(house.tenant) as session:
        counted = (
            session.scalar(select(func.count()).select_from(one)) for one in (Statement, StatementLine)
        )
        return (*counted, session.scalar(select(func.count()).select_from(SettledReturn)))  # type: ignore[return-value]


def counted(house: House) -> None:
    with db.transaction(house.tenant) as session:
        count_settlement(session)


def days(house: House) -> int:
    with db.transaction(house.tenant) as session:
        return session.scalar(select(func.count()).select_from(SettledDay)) or 0


def test_two_that_close_at_once_get_one_statement(live_database: Settings) -> None:
    house, together = furnished(), Barrier(4)

    def one(_number: int) -> list[bytes]:
        together.wait(timeout=30)
        return closed(house)

    with clock.stopped(CLOSED), ThreadPoolExecutor(4) as threads:
        found = list(threads.map(one, range(4)))
    assert len(found[0]) == 1
    assert found == [digests(house)] * 4
    assert rows(house) == (1, 6, 1)


def test_a_closing_that_is_killed_leaves_nothing_and_the_next_says_the_same(live_database: Settings) -> None:
    house, twin = furnished(), furnished()
    with clock.stopped(CLOSED):
        undisturbed = closed(twin)
    for _round in range(2):
        drawing = subprocess.Popen(
            [sys.executable, "-m", "tests.settlement.closing_apart", str(house.tenant), str(house.programme)],
            env=live_database.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert drawing.stdin is not None
        assert drawing.stdout is not None
        try:
            assert drawing.stdout.readline() == b"drawn up\n"
            assert digests(house) == []
        finally:
            drawing.kill()
            drawing.wait()
            drawing.stdin.close()
            drawing.stdout.close()
    with clock.stopped(CLOSED):
        assert closed(house) == undisturbed  # it waits for what is left of the killed one
    assert (digests(house), rows(house)) == (undisturbed, rows(twin))


def test_many_that_count_and_close_at_once_count_each_day_once(live_database: Settings) -> None:
    house, twin, together = furnished(), furnished(), Barrier(4)

    def one(which: int) -> None:
        together.wait(timeout=30)
        if which % 2:
            counted(house)
        else:
            closed(house)

    with clock.stopped(CLOSED):
        counted(twin)
        undisturbed = closed(twin)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(one, range(4)))
    assert digests(house) == undisturbed
    assert rows(house) == rows(twin)


def test_a_count_that_is_killed_leaves_nothing_and_the_next_says_the_same(live_database: Settings) -> None:
    house, twin = furnished(), furnished()
    counting = subprocess.Popen(
        [sys.executable, "-m", "tests.settlement.counting_apart", str(house.tenant)],
        env=live_database.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert counting.stdin is not None
    assert counting.stdout is not None
    try:
        assert counting.stdout.readline() == b"counted\n"
        assert days(house) == 0
    finally:
        counting.kill()
        counting.wait()
        counting.stdin.close()
        counting.stdout.close()
    with clock.stopped(CLOSED):
        counted(house)
        counted(house)
        assert days(house) == 32
        assert closed(house) == closed(twin)
