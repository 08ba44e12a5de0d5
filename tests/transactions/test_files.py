"""A file of lines: what becomes of each, and that nothing is counted twice."""

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from coalition.transactions.receiving import receive
from coalition.transactions.results import result_path
from coalition.transactions.staging import cards_per_chunk
from tenants.actor import SYSTEM, Actor
from tenants.runtime import clock, db, files
from tenants.runtime.errors import Forbidden
from tests.ledger.house import House, drain
from tests.transactions.bank import (
    COLUMNS,
    back,
    balances,
    join,
    line,
    load,
    load_bytes,
    open_bank,
    per_step,
    points_of,
    query,
    totals,
)  # fmt: skip

NOVEMBER = datetime(2026, 11, 22, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture(autouse=True)
def november() -> object:
    with clock.stopped(NOVEMBER):
        yield


@pytest.fixture
def bank() -> House:
    return open_bank([per_step()])


@pytest.fixture
def vera(bank: House) -> UUID:
    return join(bank, "token-vera")


def test_lines_become_points(bank: House, vera: UUID) -> None:
    file = load(bank, [line("token-vera", "2026-11-01", "199.99"), line("token-vera", "2026-11-02", "1234")])
    assert (totals(file), file.points, file.state) == ((2, 2, 0, 0, 0), 13, "done")
    assert balances(bank)[vera] == (13, 0, 0, 0)


def test_two_equal_lines_of_a_file_are_two_purchases(bank: House, vera: UUID) -> None:
    file = load(bank, [line("token-vera", "2026-11-01", 100)] * 2)
    assert (totals(file), points_of(bank, vera)) == ((2, 2, 0, 0, 0), 2)


def test_the_same_bytes_under_another_name_are_one_file(bank: House, vera: UUID) -> None:
    content = (
        b"card,at,amount,merchant,mcc,kind,reference,original\ntoken-vera,2026-11-01 09:00:00,100,s,,P,,\n"
    )
    first = load_bytes(bank, content)
    with db.transaction(bank.tenant) as session:
        file = io.BytesIO(content)
        again = receive(session, SYSTEM, profile_code="cards", name="other.csv", stream=file)
    assert (again.already, again.file.id, drain(bank.tenant)) == (True, first.id, 0)
    assert points_of(bank, vera) == 1


@pytest.mark.parametrize(
    ("name", "stored"), [("\udcd0\udce5.csv", "??.csv"), ("a\0b.csv", "ab.csv"), ("a" * 300, "a" * 200)]
)
def test_any_name_of_a_file_can_be_kept(bank: House, name: str, stored: str) -> None:
    content = ",".join(COLUMNS) + "\n" + line("token-vera", "2026-11-01", 100) + "\n"
    assert load_bytes(bank, content.encode(), name=name).name == stored


@pytest.mark.parametrize("lines", [0, 19_999, 1_000_000, 8_000_000, 40_000_000, 10**9])
@pytest.mark.parametrize("cards", [1, 799, 100_003, 5_000_000])
def test_a_file_is_parted_into_no_more_chunks_than_may_be_open(lines: int, cards: int) -> None:
    chunks = cards // cards_per_chunk(lines, cards)
    assert 0 <= chunks <= min(400, max(1, lines // 20_000))


def test_chunks_grow_only_when_they_would_be_too_many() -> None:
    assert [cards_per_chunk(lines, 800_000) for lines in (8_000_000, 40_000_000)] == [2000, 2000]
    assert cards_per_chunk(1_000_000, 800_000) == 16_000


def test_the_same_batch_under_other_bytes_adds_nothing(bank: House, vera: UUID) -> None:
    lines = [line("token-vera", f"2026-11-{day:02}", 100) for day in (1, 1, 2, 3)]
    lines.append(back("token-vera", "2026-11-04", 100))
    load(bank, lines)
    before = balances(bank)
    file = load(bank, lines[::-1])
    assert (totals(file), file.points) == ((5, 0, 5, 0, 0), 0)
    assert balances(bank) == before


def test_a_third_equal_line_in_a_longer_batch_is_the_only_new_one(bank: House, vera: UUID) -> None:
    lines = [line("token-vera", "2026-11-01", 100)] * 2
    load(bank, lines)
    file = load(bank, [*lines, *lines[:1]])
    assert (totals(file), points_of(bank, vera)) == ((3, 1, 2, 0, 0), 3)


def test_a_reference_is_one_purchase_whatever_else_the_line_says(bank: House, vera: UUID) -> None:
    file = load(
        bank,
        [
            line("token-vera", "2026-11-01", 100, reference="r1"),
            line("token-vera", "2026-11-02", 500, reference="r1"),
            line("token-vera", "2026-11-02", 500, reference="r2"),
        ],
    )
    again = load(bank, [line("token-vera", "2026-11-09", 900, reference="r2")])
    assert (totals(file), totals(again)) == ((3, 2, 1, 0, 0), (1, 0, 1, 0, 0))
    assert points_of(bank, vera) == 6


def test_a_refund_may_carry_the_reference_of_its_purchase(bank: House, vera: UUID) -> None:
    file = load(
        bank,
        [
            line("token-vera", "2026-11-01", 300, reference="r1"),
            back("token-vera", "2026-11-02", 300, reference="r1", original="r1"),
        ],
    )
    assert (totals(file), points_of(bank, vera)) == ((2, 2, 0, 0, 0), 0)


def test_a_new_line_among_known_ones_is_found(bank: House, vera: UUID) -> None:
    """Only some keys are probed first; one known line that was not probed must not be posted again."""
    lines = [line("token-vera", "2026-11-01 12:00:00", 100 + number) for number in range(100)]
    load(bank, lines[37:38])
    file = load(bank, lines)
    assert (totals(file), points_of(bank, vera)) == ((100, 99, 1, 0, 0), 100)


def test_lines_wait_for_their_card_and_are_posted_when_it_is_linked(bank: House, vera: UUID) -> None:
    file = load(bank, [line("token-olga", "2026-11-01", 700), line("token-vera", "2026-11-01", 100)])
    assert totals(file) == (2, 1, 0, 1, 0)
    olga = join(bank, "token-olga")
    assert (points_of(bank, olga), points_of(bank, vera)) == (7, 1)
    assert query(bank, "select lines, posted, unmatched, points from inbound_file") == [(2, 2, 0, 8)]


def test_a_line_that_waits_is_known(bank: House) -> None:
    lines = [line("token-olga", "2026-11-01", 700)]
    load(bank, lines)
    again = load(bank, [*lines, line("token-olga", "2026-11-02", 100)])
    assert totals(again) == (2, 0, 1, 1, 0)
    assert points_of(bank, join(bank, "token-olga")) == 8


def test_a_line_that_waited_and_came_again_is_posted_once(bank: House) -> None:
    lines = [line("token-olga", "2026-11-01", 700)]
    load(bank, lines)
    olga = join(bank, "token-olga")
    again = load(bank, [*lines, line("token-olga", "2026-11-02", 100)])
    assert (totals(again), points_of(bank, olga)) == ((2, 1, 1, 0, 0), 8)


@pytest.mark.parametrize(("days", "points"), [(30, 7), (31, 0)])
def test_lines_wait_as_long_as_the_window_is_open(bank: House, days: int, points: int) -> None:
    load(bank, [line("token-olga", "2026-11-01", 700)])
    bought = datetime(2026, 11, 1, 0, tzinfo=UTC)
    with clock.stopped(bought + timedelta(days=days)):
        assert points_of(bank, join(bank, "token-olga")) == points


def test_a_refund_that_waited_for_its_card_undoes_its_purchase(bank: House) -> None:
    load(bank, [back("token-olga", "2026-11-02", 300)])
    load(bank, [line("token-olga", "2026-11-01", 700)])
    assert points_of(bank, join(bank, "token-olga")) == 4


def test_a_line_that_cannot_be_read_is_rejected_and_the_others_count(bank: House, vera: UUID) -> None:
    file = load(
        bank,
        [line("token-vera", "2026-11-01", "NaN"), line("token-vera", "2026-11-01", 100), "token-vera,x"],
    )
    assert (totals(file), points_of(bank, vera)) == ((3, 1, 0, 0, 2), 1)


def test_the_bank_gets_back_what_became_of_each_line(bank: House, vera: UUID) -> None:
    file = load(
        bank,
        [
            line("token-vera", "2026-11-01", 250),
            line("token-nobody", "2026-11-01", 250),
            line("token-vera", "2026-11-01", "1e400"),
            line("token-vera", "2026-11-02", 100, reference="r"),
            line("token-vera", "2026-11-03", 100, reference="r"),
        ],
    )
    rows = result_path(bank.tenant, file.id).read_text().splitlines()
    assert rows[:2] == ["lines,posted,duplicate,unmatched,rejected,points", "5,2,1,1,1,3"]
    assert [row.split(",")[:3] for row in rows[4:]] == [
        ["2", "posted", "2"],
        ["3", "unmatched", "0"],
        ["5", "posted", "1"],
        ["6", "duplicate", "0"],
        ["4", "rejected", "0"],
    ]


def test_nothing_of_the_posting_is_left_on_the_disk_but_the_result(bank: House, vera: UUID) -> None:
    file = load(bank, [line("token-vera", "2026-11-01", 250)])
    folder = files.folder(bank.tenant, "inbound", str(file.id))
    assert [path.name for path in folder.iterdir()] == ["result.csv"]


def test_a_file_needs_a_permission(bank: House) -> None:
    with pytest.raises(Forbidden), db.transaction(bank.tenant) as session:
        receive(session, Actor("staff"), profile_code="cards", name="f", stream=io.BytesIO(b"x"))
    assert query(bank, "select count(*) from inbound_file") == [(0,)]
