"""docs/files-and-order.md, sentence by sentence: what depends on the order of files, and what does not."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import permutations
from uuid import UUID

import pytest

from coalition.transactions.receiving import receive
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, jobs
from tests.ledger.house import House, drain
from tests.transactions.bank import (
    COLUMNS,
    back,
    balances,
    join,
    line,
    load,
    open_bank,
    per_step,
    points_of,
    promotion,
    query,
)

pytestmark = pytest.mark.usefixtures("house")
CARD = "token-vera"
WELCOME = {
    "kind": "tenure",
    "bands": [
        {"years": 0, "points": "50"},
        {"years": 1, "points": "75"},
        {"years": 3, "points": "100"},
    ],
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)):
        yield


@pytest.fixture
def bank() -> House:
    return open_bank([promotion(WELCOME, once=True)])


@pytest.fixture
def vera(bank: House) -> UUID:
    """A client who reaches three years on 10 November."""
    return join(bank, CARD, account_opened_on=date(2023, 11, 10))


def receive_lines(bank: House, *lines: str) -> int:
    with db.transaction(bank.tenant) as session:
        content = io.BytesIO("\n".join([",".join(COLUMNS), *lines, ""]).encode())
        return receive(session, SYSTEM, profile_code="cards", name="f", stream=content).file.id


def test_first_is_the_earliest_of_a_file_whatever_line_it_stands_on(bank: House, vera: UUID) -> None:
    load(bank, [line(CARD, "2026-11-10", 9), line(CARD, "2026-11-09", 9), line(CARD, "2026-11-11", 9)])
    assert points_of(bank, vera) == 75


def test_first_is_the_first_booked_of_several_files(bank: House, vera: UUID) -> None:
    load(bank, [line(CARD, "2026-11-10", 9)])
    load(bank, [line(CARD, "2026-11-09", 9)])
    assert points_of(bank, vera) == 100


@pytest.mark.parametrize("hurried", [0, 1, 2])
def test_files_are_posted_in_the_order_they_were_received_however_fast_the_workers_are(
    bank: House, vera: UUID, hurried: int
) -> None:
    days = ("2026-11-10", "2026-11-09", "2026-11-08")
    numbers = [receive_lines(bank, line(CARD, day, 9)) for day in days]
    rows = query(bank, "select id, arguments ->> 'file_id' from outbox where state = 'asked' order by id")
    first = next(asked for asked, file in rows if int(file) == numbers[hurried])
    jobs.perform(bank.tenant, str(first))
    drain(bank.tenant)
    assert points_of(bank, vera) == 100
    assert query(bank, "select distinct state from inbound_file") == [("done",)]


def test_a_file_of_which_nothing_could_be_read_does_not_stop_the_next(bank: House, vera: UUID) -> None:
    for lines in ([line(CARD, "2026-11-10", "x")], [line(CARD, "2026-11-09", 9)], ["x"]):
        receive_lines(bank, *lines)
    drain(bank.tenant)
    assert points_of(bank, vera) == 75
    assert query(bank, "select distinct state from inbound_file") == [("done",)]


def test_w1_a_full_return_frees_it_for_the_next_booked(bank: House, vera: UUID) -> None:
    load(bank, [line(CARD, "2026-11-08", 9, merchant="a")])
    assert points_of(bank, vera) == 75
    load(bank, [back(CARD, "2026-11-10", 4, merchant="a")])
    assert points_of(bank, vera) == 75
    load(bank, [back(CARD, "2026-11-10", 5, merchant="a")])
    assert points_of(bank, vera) == 0
    load(bank, [line(CARD, "2026-11-12", 9, merchant="c")])
    assert points_of(bank, vera) == 100
    load(bank, [line(CARD, "2026-11-13", 9, merchant="d")])
    assert points_of(bank, vera) == 100


def test_what_was_second_is_first_when_the_first_is_returned(bank: House, vera: UUID) -> None:
    """As it would have been, had the return been known before the second purchase."""
    load(bank, [line(CARD, "2026-11-08", 9, merchant="a"), line(CARD, "2026-11-10", 9, merchant="b")])
    assert points_of(bank, vera) == 75
    load(bank, [back(CARD, "2026-11-12", 9, merchant="a")])
    assert points_of(bank, vera) == 100
    load(bank, [line(CARD, "2026-11-13", 9, merchant="d")])
    assert points_of(bank, vera) == 100


def test_once_goes_where_the_returns_leave_it(bank: House, vera: UUID) -> None:
    """A return leaves the first purchase for a later one at its shop, when another purchase has earned it meanwhile."""
    load(bank, [line(CARD, "2026-11-01", 9, merchant="a"), back(CARD, "2026-11-09", 9, merchant="a")])
    assert points_of(bank, vera) == 0
    load(bank, [line(CARD, "2026-11-12", 9, merchant="b")])
    assert points_of(bank, vera) == 100
    load(
        bank, [line(CARD, "2026-11-08", 9, merchant="a")]
    )  # the return is this one's: the first stands again
    assert points_of(bank, vera) == 75
    load(bank, [back(CARD, "2026-11-15", 9, merchant="a")])  # the first's again
    assert points_of(bank, vera) == 100
    load(bank, [back(CARD, "2026-11-16", 9, merchant="b")])
    assert points_of(bank, vera) == 0
    load(bank, [line(CARD, "2026-11-17", 9, merchant="c")])
    assert points_of(bank, vera) == 100


def test_once_returns_to_the_purchase_that_a_return_leaves(bank: House, vera: UUID) -> None:
    load(bank, [line(CARD, "2026-11-01", 9, merchant="a"), back(CARD, "2026-11-09", 9, merchant="a")])
    assert points_of(bank, vera) == 0
    load(bank, [line(CARD, "2026-11-08", 9, merchant="a")])  # earns nothing: it is the one returned
    assert points_of(bank, vera) == 75
    load(bank, [back(CARD, "2026-11-15", 9, merchant="a")])
    assert points_of(bank, vera) == 0


LINES = (
    line(CARD, "2026-11-03", 700, merchant="a"),
    line(CARD, "2026-11-04", "1250.50", merchant="a"),
    line(CARD, "2026-11-05", 300, merchant="b", kind="S"),
    back(CARD, "2026-11-06", 700, merchant="a"),
)
OFFERS = (
    per_step("3", limits={"per_month": "30", "per_purchase": "25"}),
    promotion({"kind": "percent", "rate": "2.5"}, conditions={"amount_from": "500"}),
    promotion(
        {"kind": "fixed", "points": "5"}, conditions={"kinds": ["service"]}, limits={"per_month": "20"}
    ),
)


def test_without_counting_every_order_of_files_gives_the_same() -> None:
    found = set()
    for order in permutations(LINES):
        bank = open_bank(OFFERS)
        vera = join(bank, CARD)
        for one in order:
            load(bank, [one])
        found.add((balances(bank)[vera], *map(tuple, query(bank, "select counts::text from counter_sheet"))))
    # 1,250.50 keeps 25 of 36 points (the purchase's limit) and 2.5 %; the service keeps 5.
    assert found == {((25 + 31 + 5, 0, 0, 0), ("{25,5}",))}
